"""CSV exports of log services, known by the names of their columns.

CloudWatch Logs Insights (``@timestamp,@message,@logStream``, times in UTC), Kibana's Discover
(``"@timestamp",message``, times in the zone of the browser unless set otherwise), Splunk
(``_raw``, ``_time``), Datadog (``Date,Host,Service,Message`` or ``Content``), Azure Log Analytics
(``TimeGenerated [UTC]``), Grafana (``Time``, ``Line``), Google Cloud (``timestamp``,
``textPayload``). A record counts as a line, the header is the first.

Checked: examples of each in public code; the services' manuals do not describe the columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from perfkit.formats.lines import cut_csv
from perfkit.formats.model import BadLine, Recognition, kept
from perfkit.formats.text import to_utf8
from perfkit.ingest.envelopes.model import Envelope, Ints, Unwrapped
from perfkit.ingest.envelopes.moments import from_any
from perfkit.ingest.envelopes.order import oldest_first
from perfkit.ingest.envelopes.rows import pieces, rows_of
from perfkit.ingest.envelopes.services.azure_log_analytics import MESSAGES, STREAMS

__all__ = ["ENVELOPE"]


class _Layout(NamedTuple):
    """Columns of a service: of ``messages`` and ``times`` the first there is counts."""

    needs: tuple[str, ...]
    messages: tuple[str, ...]
    times: tuple[str, ...]
    streams: tuple[str, ...]
    utc: bool = True


@dataclass(frozen=True)
class _Carry:
    """The header's line, and how many records came before."""

    header: bytes
    records: int


_LAYOUTS = (
    _Layout(("@timestamp",), ("@message",), ("@timestamp",), ("@logStream", "@log")),
    _Layout(
        ("@timestamp",),
        ("event.original", "message", "log"),
        ("@timestamp",),
        (
            "kubernetes.pod.name",
            "kubernetes.container.name",
            "container.name",
            "host.name",
            "service.name",
        ),
        utc=False,
    ),
    _Layout(("_time",), ("_raw",), ("_time",), ("host", "source"), utc=False),
    _Layout(("Date", "Host", "Service"), ("Message", "Content"), ("Date",), ("Host", "Service")),
    _Layout((), MESSAGES, ("TimeGenerated [UTC]", "TimeGenerated"), STREAMS),
    _Layout(("Line",), ("Line",), ("tsNs", "Time"), (), utc=False),
    _Layout(
        ("timestamp",),
        ("textPayload", "jsonPayload.message"),
        ("timestamp",),
        ("resource.labels.pod_name", "resource.labels.container_name"),
    ),
)
_MOST_NAMES = 2


def recognises(head: bytes) -> Recognition:
    """Recognise the names of the columns."""
    header = _header(head)
    found = header is not None and b"\n" in head and _layout(header) is not None
    return Recognition(
        confidence=0.93 if found else 0.0, reason="columns of a log service's export"
    )


def unwrap(data: bytes, carry: _Carry | None) -> Unwrapped:
    """Take the messages out."""
    if carry is None:
        first = data.find(b"\n") + 1 or len(data)
        carry, data, header = _Carry(data[:first], 1), data[first:], 1
    else:
        header = 0
    names = _header(carry.header)
    layout = _layout(names) if names else None
    if names is None or layout is None:
        bad = BadLine.of(1, "its columns are no export's", carry.header)
        return Unwrapped(rejected=(bad,), rejected_lines=1, lines=1, carry=carry)
    return _unwrapped(to_utf8(data)[0], names, layout, carry, header)


def _unwrapped(
    data: bytes, names: list[str], layout: _Layout, carry: _Carry, header: int
) -> Unwrapped:
    table, wrong = _read(data, names)
    bad = [
        BadLine.of(header + row, "it has another number of columns", text) for row, text in wrong
    ]
    lines = header + table.num_rows + len(bad)
    number = np.setdiff1d(np.arange(header + 1, lines + 1), [item.line for item in bad])
    message = _column(table, layout.messages)
    good = np.flatnonzero(pc.greater(pc.binary_length(message), 0).to_numpy(zero_copy_only=False))
    taken = table.take(pa.array(good))
    at, naive = from_any(_column(taken, layout.times).to_pylist())
    rows = rows_of(
        message.take(pa.array(good)).cast(pa.large_binary()),
        _streams(taken, layout.streams),
        number[good],
        at=at,
    )
    turned = oldest_first(rows, np.arange(len(rows)))
    return Unwrapped(
        pieces=pieces(turned or rows),
        rejected=kept(bad),
        rejected_lines=len(bad),
        irrelevant=lines - len(good) - len(bad),
        lines=lines,
        carry=_Carry(carry.header, carry.records + lines),
        naive=naive and not layout.utc,
        newest_first=turned is not None,
    )


def _read(data: bytes, names: list[str]) -> tuple[pa.Table, list[tuple[int, bytes]]]:
    """Read all columns as text, and which records have another number of them."""
    wrong: list[tuple[int, bytes]] = []

    def skip(row: csv.InvalidRow) -> str:
        wrong.append((row.number, str(row.text).encode("utf-8", "replace")))
        return "skip"

    unique = [
        f"{name}\0{place}" if name in names[:place] else name for place, name in enumerate(names)
    ]
    if not data.strip(b"\r\n"):
        return pa.table({name: pa.array([], pa.string()) for name in unique}), []
    table = csv.read_csv(
        BytesIO(data),
        csv.ReadOptions(column_names=unique, use_threads=False, block_size=len(data) + 1),
        csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
        csv.ConvertOptions(
            column_types=dict.fromkeys(unique, pa.string()), strings_can_be_null=False
        ),
    )
    return table.combine_chunks(), wrong


def _header(head: bytes) -> list[str] | None:
    line = head.partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    if "," not in line or line[:1] in "{[<":
        return None
    return [name.strip().strip('"') for name in line.split(",")]


def _layout(names: list[str]) -> _Layout | None:
    known = set(names)
    for layout in _LAYOUTS:
        wanted = known.issuperset(layout.needs)
        if wanted and known.intersection(layout.messages) and known.intersection(layout.times):
            return layout
    return None


def _column(table: pa.Table, names: tuple[str, ...]) -> pa.Array:
    name = next(name for name in names if name in table.column_names)
    column = table[name]
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())


def _streams(table: pa.Table, names: tuple[str, ...]) -> tuple[Ints, list[str]]:
    there = [name for name in names if name in table.column_names][:_MOST_NAMES]
    if not there:
        return np.zeros(table.num_rows, np.int64), [""]
    joined = pc.binary_join_element_wise(*(_column(table, (name,)) for name in there), "/")
    found = joined.dictionary_encode()
    names_found = [str(name).strip('"/').replace('"', "") for name in found.dictionary.to_pylist()]
    return found.indices.to_numpy().astype(np.int64), names_found


ENVELOPE = Envelope(
    name="log-csv",
    title="CSV export of a log service",
    recognises=recognises,
    cut=cut_csv,
    unwrap=unwrap,
)
