"""k6 ``--out csv``: one point a line; the columns behind the first three are the script's tags.

``metric_name,timestamp,metric_value,<system tags, sorted>,extra_tags,metadata``. Times are whole
seconds since 1970 unless ``timeFormat`` says otherwise (unix_milli, unix_micro, unix_nano,
rfc3339, rfc3339_nano): which, is told by their size. Values are in ms as in k6's JSON. A line
begins a record when it begins with a name and a time: what is broken costs only itself.

Checked: output/csv/output.go, config.go and time_format_gen.go of grafana/k6.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

from perfkit.formats.lines import count_lines
from perfkit.formats.load_tests.k6_points import COUNTED, DURATION, Facts, Points, facts
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.recording import Note

__all__ = ["FORMAT"]

_FIRST = ("metric_name", "timestamp", "metric_value")
_HEADER = ",".join([*_FIRST, ""]).encode()
_START = re.compile(
    rb'[^,"\n]{1,128},(?:[0-9]{9,19}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}[^,\n]{1,6}),'
)
_KEPT = frozenset({DURATION.encode(), *(name.encode() for name in COUNTED)})
_TAGS = ("method", "name", "url", "status", "error", "error_code", "expected_response")
_TRACE = re.compile(r"(?:^|&)trace_id=([0-9a-fA-F]+)(?:&|$)")
#: Digits of seconds since 1970 until 5138.
_SECONDS_DIGITS = 11
_WHOLE_SECONDS = Note(
    kind="time_resolution",
    message="k6 wrote times in whole seconds: when within its second a request ended, and in "
    "which order requests did, is unknown. Write them with --out csv=result.csv and "
    "K6_CSV_TIME_FORMAT=unix_micro",
)
_CUT_OFF = "it is no point of k6, or cut off"


def recognises(head: bytes) -> Recognition:
    """Recognise the first columns of the header."""
    sure = head.startswith(_HEADER)
    return Recognition(confidence=1.0 if sure else 0.0, reason="the columns of k6's CSV output")


def cut(data: bytes) -> int:
    """Return where the last record begins (``Format.cut``)."""
    end = len(data)
    while (feed := data.rfind(b"\n", 0, end)) >= 0:
        if _START.match(data, feed + 1):
            return feed + 1
        end = feed
    return 0


def parse(chunk: Chunk) -> Parsed:
    """Parse the points of requests and of the load."""
    reader = _Reader(chunk.head or chunk.data)
    for number, line in enumerate(chunk.data.split(b"\n")[: count_lines(chunk.data)], start=1):
        reader.take(number, line)
    reader.close()
    contents, notes = reader.points.tables(chunk.zone)
    return replace(
        reader.parsed(),
        tables=contents,
        lines=count_lines(chunk.data),
        notes=(*notes, *[_WHOLE_SECONDS] * reader.coarse),
    )


class _Reader:
    """Puts lines together to records, and makes points of those that are kept."""

    def __init__(self, head: bytes) -> None:
        self.points, self.coarse = Points(), False
        names = head.partition(b"\n")[0].decode("utf-8", "replace").strip().split(",")
        self._columns = [*_FIRST, *names[len(_FIRST) :]]
        self._rejected: list[BadLine] = []
        self._rejected_lines = self._irrelevant = 0
        self._facts: dict[tuple[str, ...], Facts] = {}
        self._record: list[bytes] = []
        self._begin, self._open = 0, False

    def take(self, number: int, line: bytes) -> None:
        """Take one line: it begins a record, or goes on with one that has an open quote."""
        if _START.match(line):
            self.close()
            self._record, self._begin = [line], number
            self._open = line.count(b'"') % 2 == 1
        elif self._open:
            self._record.append(line)
            self._open = line.count(b'"') % 2 == 0
        else:
            self._other(number, line)

    def _other(self, number: int, line: bytes) -> None:
        if line.strip() and not line.startswith(_HEADER):
            self._reject(BadLine.of(number, _CUT_OFF, line), 1)
        else:
            self._irrelevant += 1

    def close(self) -> None:
        """End the record that was begun."""
        lines, self._record = self._record, []
        if not lines:
            return
        if lines[0].partition(b",")[0] not in _KEPT:
            self._irrelevant += len(lines)
            return
        raw = b"\n".join(lines).removesuffix(b"\r")
        fields = None if self._open else _fields(raw)
        self._open = False
        if fields is None or len(fields) != len(self._columns):
            self._reject(BadLine.of(self._begin, _CUT_OFF, raw), len(lines))
        else:
            self._point(raw, dict(zip(self._columns, fields, strict=True)))

    def _reject(self, bad: BadLine, lines: int) -> None:
        self._rejected.append(bad)
        self._rejected_lines += lines

    def _point(self, raw: bytes, row: dict[str, str]) -> None:
        time, value = row["timestamp"], _number(row["metric_value"])
        digits = time.isdecimal()
        self.coarse |= len(time) <= _SECONDS_DIGITS if digits else "." not in time
        at = int(time) if digits else time
        if row["metric_name"] == DURATION:
            trace = _TRACE.search(f"{row.get('metadata', '')}&{row.get('extra_tags', '')}")
            about = self._about(tuple(row.get(tag, "") for tag in _TAGS))
            self.points.request(self._begin, raw, at, value, about, trace and trace[1])
        else:
            self.points.reading(self._begin, raw, at, row["metric_name"], value)

    def _about(self, values: tuple[str, ...]) -> Facts:
        if values not in self._facts:
            self._facts[values] = facts(dict(zip(_TAGS, values, strict=True)))
        return self._facts[values]

    def parsed(self) -> Parsed:
        """Return the account of lines."""
        return Parsed(
            rejected=kept(self._rejected),
            rejected_lines=self._rejected_lines,
            irrelevant=self._irrelevant,
        )


def _fields(raw: bytes) -> list[str] | None:
    text = raw.decode("utf-8", "replace")
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader(io.StringIO(text, newline="")), None)
    except csv.Error:
        return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


FORMAT = Format(
    name="k6-csv",
    title="k6 points (CSV)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
