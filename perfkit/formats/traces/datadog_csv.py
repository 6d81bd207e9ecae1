"""Spans as Datadog's Trace Explorer exports its list (CSV).

The columns are those that the list shows, so they are known by name: a date, service, resource and
duration make the format; ids, type, method and status are read where they are there, and every
other column (``@http.route``) is a tag. Where spans have no ids, those that are requests become
``requests``. A duration says its unit (``12.3 ms``), or is the tag ``@duration``, which is in
nanoseconds; bare numbers in another column are refused. Datadog does not document the export.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from perfkit import tables
from perfkit.formats.lines import cut_csv
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition
from perfkit.formats.statements.grid import read_grid
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note
from perfkit.formats.traces import datadog_ids as ids
from perfkit.formats.traces.datadog_rows import Found, Ids, Rest, Timing
from perfkit.formats.traces.datadog_terms import Label, Said, route_of, said
from perfkit.formats.traces.uncollected import uncollected
from perfkit.recording import Note
from perfkit.units import parse_duration_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.statements.grid import Grid

__all__ = ["FORMAT"]

#: Columns by their names without ``@``, underscores as blanks, in lower case.
_COLUMNS = {
    "date": ("date", "timestamp", "time", "start", "start timestamp"),
    "service": ("service", "service name"),
    "resource": ("resource", "resource name"),
    "name": ("operation name", "operation", "span name", "name"),
    "duration": ("duration", "latency"),
    "method": ("method", "http method", "http.method"),
    "status": ("status code", "http status code", "http.status code"),
    "trace": ("trace id", "traceid"),
    "span": ("span id", "spanid"),
    "parent": ("parent id", "parentid", "parent span id"),
    "type": ("type", "span type", "span.type"),
    "env": ("env",),
    "host": ("host",),
    "outcome": ("status",),
}
_BY_NAME = {name: role for role, names in _COLUMNS.items() for name in names}
_NEEDED = frozenset({"date", "service", "resource", "duration"})
_TAGS = {"method": "http.method", "status": "http.status_code", "env": "env", "host": "host"}
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?")
_NANOSECONDS = re.compile(r"@|\(ns\)|\bns\b", re.IGNORECASE)
_NO_UNIT = "the unit of its duration is not told"
_NO_IDS = "it has no trace and span id, and is no request"
_MISSING = (
    "add the column @duration (nanoseconds) to the list in Datadog before you export it, or "
    'read it as your own table: load(..., table="requests", columns={...}, unit="ms")'
)
_BARE = Note(
    kind="no_span_ids",
    message="the export has no columns for trace and span ids: its spans are requests only. Add "
    "@trace_id, @span_id and @parent_id to the list in Datadog to analyse traces",
)
_KEPT = Note(
    kind="sampling",
    message="Datadog's Trace Explorer lists spans that retention filters kept: counts are those "
    "of what was kept",
)


def recognises(head: bytes) -> Recognition:
    """Recognise the names of the columns."""
    sure = set(_roles(_header(head))) >= _NEEDED and head.lstrip()[:1] not in {b"{", b"["}
    reason = "columns of Datadog's Trace Explorer"
    return Recognition(confidence=0.95 if sure else 0.0, reason=reason)


def _header(head: bytes) -> str:
    return head.partition(b"\n")[0].decode("utf-8", "replace").lstrip("\ufeff").rstrip("\r")


def _roles(header: str) -> dict[str, str]:
    """Return the name of the column for each role; of several the first."""
    names = [*read_grid(f"{header}\n{header}\n").rows[:1]]
    found: dict[str, str] = {}
    for name in names[0].values if names else ():
        role = _BY_NAME.get(name.strip().lstrip("@").replace("_", " ").lower())
        if role:
            found.setdefault(role, name)
    return found


@uncollected()
def parse(chunk: Chunk) -> Parsed:
    """Parse records; the header is the first of the file."""
    data, notes = to_utf8(chunk.data)
    header, text = _header(chunk.head), data.decode().lstrip("\ufeff")
    roles = _roles(header)
    before = 0 if chunk.first else 1
    grid = read_grid(text if chunk.first else f"{header}\n{text}")
    lines = max(grid.records - before, 0)
    found = Found(notes=notes, lines=lines, irrelevant=min(1 - before, lines))
    for number, reason, shown in grid.bad:
        found.rejected.append(BadLine.of(number - before, reason, shown.encode()))
    if not set(roles) >= _NEEDED:
        return replace(found.parsed(), tables={})
    nanoseconds = _NANOSECONDS.search(roles["duration"]) is not None
    _Reader(found, roles, before, nanoseconds=nanoseconds).read(grid, chunk.zone)
    return _tables(found, traced={"trace", "span"} <= set(roles))


def _tables(found: Found, *, traced: bool) -> Parsed:
    """Return the tables; without ids only those that need none."""
    if found.rows:
        found.notes += [_KEPT] if traced else [_KEPT, _BARE]
    parsed = replace(found.parsed(), missing=_MISSING)
    if traced:
        return parsed
    requests = parsed.tables["requests"]
    nothing = pa.nulls(requests.num_rows, pa.string())
    bare = tables.with_column(requests, "trace_id", nothing)
    return replace(parsed, tables={"requests": bare} if bare.num_rows else {}, carry=None)


class _Reader:
    """Turns records into rows."""

    def __init__(
        self, found: Found, roles: dict[str, str], before: int, *, nanoseconds: bool
    ) -> None:
        self.found, self.roles, self.before = found, roles, before
        self.nanoseconds = nanoseconds
        self.traced = {"trace", "span"} <= set(roles)

    def read(self, grid: Grid, zone: str | None) -> None:
        """Take all records."""
        times = read_times([row.values[self.roles["date"]] for row in grid.rows], zone)
        if times.naive:
            self.found.notes.append(zone_note(zone))
        starts: Sequence[int | None] = times.array.cast(pa.int64()).to_pylist()
        for row, start in zip(grid.rows, starts, strict=True):
            reason = self._take(row.values, row.number - self.before, start)
            if reason:
                shown = ",".join(str(value) for value in row.values.values())
                line = row.number - self.before
                self.found.rejected.append(BadLine.of(line, reason, shown.encode()))

    def _take(self, values: dict[str, Any], line: int, start: int | None) -> str:
        """Append a record; return why it cannot be used, or ""."""
        duration, told = self._duration(values[self.roles["duration"]] or "")
        if not told:
            return _NO_UNIT
        tags = self._tags(values)
        says = self._says(values, tags)
        known = self._ids(values) if self.traced else Ids("", "", None)
        if known is None or (not self.traced and says.kind != "server"):
            return _NO_IDS
        failed = (self._value(values, "outcome") or "").lower() == "error"
        rest = Rest(
            self._value(values, "service"),
            self._value(values, "name") or self._value(values, "resource") or "",
            says.error or ("error" if failed else None),
            line,
            msgspec.json.encode(tags),
        )
        self.found.add(known, Timing(start, duration), says, rest)
        return ""

    def _value(self, values: dict[str, Any], role: str) -> str | None:
        return values.get(self.roles.get(role, "")) or None

    def _duration(self, text: str) -> tuple[int | None, bool]:
        """Return nanoseconds, and whether their unit is known."""
        bare = text.strip().replace(",", "")
        if not bare:
            return None, True
        if _NUMBER.fullmatch(bare):
            return (round(float(bare)), True) if self.nanoseconds else (None, False)
        try:
            return round(parse_duration_ms(bare) * 1e6), True
        except (ValueError, OverflowError):
            return None, True

    def _ids(self, values: dict[str, Any]) -> Ids | None:
        trace = ids.trace_id(self._value(values, "trace"))
        own = ids.span_id(self._value(values, "span"))
        return (
            Ids(trace, own, ids.parent_id(self._value(values, "parent"))) if trace and own else None
        )

    def _tags(self, values: dict[str, Any]) -> dict[str, Any]:
        named = {name: _TAGS.get(role, "") for role, name in self.roles.items()}
        found = {
            named.get(name, name.lstrip("@")): value for name, value in values.items() if value
        }
        found.pop("", None)
        return found

    def _says(self, values: dict[str, Any], tags: dict[str, Any]) -> Said:
        resource = self._value(values, "resource")
        name, kind = self._value(values, "name") or "", self._value(values, "type")
        says = said(tags, Label(name, resource, kind, not self._value(values, "parent")))
        asked = "http.method" in tags or "http.status_code" in tags
        if says.kind is None and asked and kind is None and resource and route_of(resource):
            served = says.facts._replace(route=says.facts.route or route_of(resource))
            return says._replace(kind="server", facts=served)
        return says


FORMAT = Format(
    name="datadog-csv",
    title="Datadog Trace Explorer (CSV)",
    recognises=recognises,
    cut=cut_csv,
    parse=parse,
    combine=ids.combine,
)
