"""A table of deployments as CSV: ``deployed_at,version`` and whatever else it holds."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pyarrow as pa

from perfkit import tables
from perfkit.formats.lines import count_lines, cut_csv
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.requests.happenings import AT, VERSIONS, deployment
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FORMAT"]

_DELIMITERS = ",;\t"


def recognises(head: bytes) -> Recognition:
    """Recognise a header with a time of deployment and a version."""
    names = set(_header(head)[0])
    sure = bool(names & set(AT)) and bool(names & set(VERSIONS))
    return Recognition(confidence=0.95 if sure else 0.0, reason="the columns of deployments")


def parse(chunk: Chunk) -> Parsed:
    """Parse deployments; a row without a time is rejected."""
    data, notes = to_utf8(chunk.data)
    header, delimiter = _header(chunk.head)
    found, bad = [], []
    for number, row in _rows(data, delimiter):
        if chunk.first and number == 1:
            continue
        told = deployment(dict(zip(header, row, strict=False)))
        if told is not None:
            found.append((number, told, delimiter.join(row)))
        elif any(row):
            bad.append(BadLine.of(number, "it has no time or no version", ",".join(row).encode()))
    times = read_times([told["at"] for _, told, _ in found], chunk.zone)
    events = tables.from_columns(
        "events",
        {
            "at": times.array,
            "kind": pa.repeat(pa.scalar("deploy"), len(found)),
            "message": pa.array([told["message"] for _, told, _ in found], pa.string()),
            "line": pa.array([number for number, _, _ in found], pa.int64()),
            "attributes": pa.array([raw.encode() for _, _, raw in found], pa.binary()),
        },
    )
    lines = count_lines(data)
    return Parsed(
        tables={"events": events} if found else {},
        rejected=kept(bad),
        rejected_lines=len(bad),
        irrelevant=lines - len(found) - len(bad),
        lines=lines,
        notes=(*notes, *([zone_note(chunk.zone)] if times.naive else [])),
    )


def _header(head: bytes) -> tuple[list[str], str]:
    line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace")
    delimiter = max(_DELIMITERS, key=line.count)
    return next((row for _, row in _rows(line.encode(), delimiter)), []), delimiter


def _rows(data: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line that it begins at; one that is no CSV has a single value."""
    lines = data.decode().replace("\r", " ").split("\n")
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    while (begin := reader.line_num + 1) <= count_lines(data):
        try:
            yield begin, [value.strip() for value in next(reader)]
        except csv.Error as error:
            yield begin, [str(error)]


FORMAT = Format(
    name="deployments-csv",
    title="deployments (CSV)",
    recognises=recognises,
    cut=cut_csv,
    parse=parse,
)
