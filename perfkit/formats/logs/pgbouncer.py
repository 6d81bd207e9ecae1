"""PgBouncer's log (1.5 to 1.25): its ``stats:`` lines are metrics, sessions and errors events.

A line is ``2026-11-21 10:00:00.123 UTC [7] LOG C-0x55d0: shop/app@10.0.0.1:4711 login attempt:
...``; old releases write ``10:00:00.123 7 LOG``, without zone and brackets. ``C-`` is a client,
``S-`` a connection to a server. See ``pgbouncer_rows`` for what becomes of a message.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, cut_at_line, line_starts, segments
from perfkit.formats.logs.pg_times import NO_TIME, in_utc, wall_ns
from perfkit.formats.logs.pg_zones import zone_notes
from perfkit.formats.logs.pgbouncer_rows import Lines, read_events, read_metrics
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition, kept
from perfkit.formats.text import to_utf8

__all__ = ["FORMAT"]

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_ZONE = "[A-Z]{1,6}|[+-][0-9:]{2,6}"
_LEVEL = "LOG|WARNING|ERROR|FATAL|DEBUG|NOISE|STATS"
_SOCKET = r"[CS]-(?:0x[0-9a-f]+|[0-9A-F]{8,16}|\(nil\))"
#: "C-0x55d0: shop/app@[::1]:4711 ", "S-0x1: peer-2@10.0.0.1:6432 "; a name may hold blanks.
_LINE = (
    rf"^(?P<time>{_TIME})(?: (?P<zone>{_ZONE}))? (?:\[[0-9]+\]|[0-9]+) (?P<level>{_LEVEL}) "
    rf"(?:(?P<socket>{_SOCKET}): (?P<who>.*?:[0-9]+) )?(?P<message>.*)$"
)
_OURS = re.compile(
    rf"^{_TIME}(?: (?:{_ZONE}))? (?:\[[0-9]+\]|[0-9]+) (?:{_LEVEL}) "
    rf"(?P<sure>{_SOCKET}: |[Ss]tats: [0-9]+ |process up: )?",
    re.MULTILINE,
)

_BAD = (
    "",
    "it is no line of PgBouncer's log",
    "its time is no time",
    "it has no line end: cut off while it was written",
    "it holds a NUL byte",
)
_NO_LINE, _NO_MOMENT, _NO_END, _HAS_NUL = range(1, 5)


def recognises(head: bytes) -> Recognition:
    """Recognise lines with time, process and level of which one has ``C-0x...`` or ``stats:``."""
    text = head.decode("utf-8", "replace").replace("\r\n", "\n")
    found = [match["sure"] for match in _OURS.finditer(text)]
    sure = sum(map(bool, found))
    lines = max(sum(1 for line in text.split("\n") if line.strip()), 1)
    if not sure or 2 * len(found) < lines:
        return Recognition(confidence=0.0)
    return Recognition(
        confidence=0.92 + 0.06 * len(found) / lines,
        reason=f"{len(found):,} of {lines:,} lines are PgBouncer's, {sure:,} with socket or stats",
    )


def parse(chunk: Chunk) -> Parsed:
    """Parse whole lines, each a record of its own."""
    data, notes = to_utf8(chunk.data)
    lines, bad, zones = _read(data, chunk)
    contents = {"events": read_events(lines), "metrics": read_metrics(lines)}
    used = np.unique(np.concatenate([table["line"].to_numpy() for table in contents.values()]))
    rejected = np.flatnonzero(bad)
    texts = data.split(b"\n") if len(rejected) else []
    return Parsed(
        tables={name: table for name, table in contents.items() if table.num_rows},
        lines=len(bad),
        rejected=kept(BadLine.of(row + 1, _BAD[bad[row]], texts[row]) for row in rejected.tolist()),
        rejected_lines=len(rejected),
        irrelevant=len(bad) - len(rejected) - len(used),
        notes=(*notes, *zone_notes(zones, chunk.zone)),
        missing="set log_stats, log_connections, log_disconnections and log_pooler_errors to 1",
    )


def _read(data: bytes, chunk: Chunk) -> tuple[Lines, Ints, frozenset[str]]:
    """Return the good lines, what is wrong with each line (0: nothing), and the zones named."""
    starts = line_starts(data)[:-1]
    ends = _ends(data, starts)
    texts = segments(data, starts, ends)
    found = pc.extract_regex(texts, _LINE)
    fields = dict(zip(found.type.names, found.flatten(), strict=True))
    at = _walls(fields["time"])
    bad = np.where(_flags(found.is_null()), _NO_LINE, np.where(at == NO_TIME, _NO_MOMENT, 0))
    alone = len(bad) <= chunk.first
    _reject(bad, data, starts, cut=chunk.last and not alone and not data.endswith(b"\n"))
    bad[starts == ends] = 0
    zones = _to_utc(at, fields["zone"], chunk.zone)
    rows = np.flatnonzero((bad == 0) & (starts < ends))
    taken = pa.array(rows)
    lines = Lines(
        line=rows + 1,
        at=pa.array(at[rows], pa.timestamp("ns", "UTC")),
        text=texts.take(taken),
        fields={name: column.take(taken) for name, column in fields.items()},
    )
    return lines, bad, zones


def _ends(data: bytes, starts: Ints) -> Ints:
    """Return where each line ends, its line end not included."""
    ends = np.append(starts[1:], len(data) + (not data.endswith(b"\n")))
    return ends[: len(starts)] - 1


def _reject(bad: Any, data: bytes, starts: Ints, *, cut: bool) -> None:
    if 0 in data:
        holes = np.flatnonzero(np.frombuffer(data, np.uint8) == 0)
        bad[np.searchsorted(starts, holes, side="right") - 1] = _HAS_NUL
    if cut:
        bad[-1] = _NO_END


def _walls(times: pa.Array) -> Ints:
    """Return wall times in nanoseconds, :data:`NO_TIME` for what is none."""
    try:
        moments = times.cast(pa.timestamp("ns"))
    except pa.ArrowInvalid:  # such as the 31st of June
        encoded = times.dictionary_encode()
        walls = [wall_ns(text) for text in encoded.dictionary.to_pylist()]
        known = pa.array([ns if NO_TIME < ns < -NO_TIME else None for ns in walls], pa.int64())
        moments = known.take(encoded.indices)
    ns: Ints = moments.cast(pa.int64()).fill_null(NO_TIME).to_numpy(zero_copy_only=False).copy()
    return ns


def _to_utc(at: Ints, named: pa.Array, zone: str | None) -> frozenset[str]:
    """Change wall times to UTC in place and return the names of the zones."""
    known = at != NO_TIME
    encoded = named.fill_null("").dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    names = encoded.dictionary.to_pylist()
    for code, name in enumerate(names):
        here = known & (codes == code)
        at[here] = in_utc(at[here], name, zone)
    return frozenset(names[code] for code in np.unique(codes[known]).tolist())


def _flags(values: pa.Array) -> Any:
    return values.to_numpy(zero_copy_only=False)


FORMAT = Format(
    name="pgbouncer",
    title="PgBouncer log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
