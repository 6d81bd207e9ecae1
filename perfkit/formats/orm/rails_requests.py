"""Rails' ``Started``, ``Processing`` and ``Completed`` -> rows of ``requests``.

Lines of one request belong together by their tag (``config.log_tags = [:request_id]``).
Without tags, requests are numbered in the order they start, and a line belongs to the last
one that started: true of a server that handles one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.model import Parsed
from perfkit.formats.orm.log_lines import groups
from perfkit.formats.orm.log_prefixes import Prefixes
from perfkit.formats.orm.statement_rows import durations, json_members, null_if_empty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.lines import Ints
    from perfkit.formats.orm.log_lines import LogLines

__all__ = ["REQUEST_LINE", "STARTED", "RequestLines", "State", "mend", "tags"]

STARTED = (
    r'\bStarted (?P<method>[A-Z]+) "(?P<path>[^"]*)" for (?P<client>\S+) at '
    r"(?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} [+-][0-9]{4})"
)
_PROCESSING = r"\bProcessing by (?P<route>[\w:]+#\w+[!?]?) as "
_COMPLETED = (
    r"\bCompleted (?P<status>[0-9]{3})(?: [^()]*?)? in (?P<ms>[0-9]+)ms(?: \((?P<parts>.*)\))?"
)
REQUEST_LINE = (
    r'\bStarted [A-Z]+ "[^"]*" for \S+ at [0-9]{4}-|\bProcessing by [\w:]+#\w+[!?]? as '
    r"|\bCompleted [0-9]{3}(?: [^()]*?)? in [0-9]+ms\b"
)
_PARTS = (
    r"(?:Views: (?P<views_ms>[0-9.]+)ms)?.*?ActiveRecord: (?P<active_record_ms>[0-9.]+)ms"
    r"(?: \((?P<queries>[0-9]+) quer(?:y|ies), (?P<cached>[0-9]+) cached\))?"
)
#: The first brackets without a blank, behind what Ruby's Logger writes.
_TAG = r"^(?:[A-Z], \[[^\]]*\] .*?-- [^:]*: )?(?:[^\[]|\[[^\]]*\s[^\]]*\])*\[(?P<tag>[^\]\s]+)\]"


@dataclass(frozen=True)
class State:
    """How many requests have started, and whether the last one is still open."""

    started: int = 0
    is_open: bool = False

    def behind(self, data: bytes) -> State:
        """Return the state behind ``data``."""
        started = data.count(b"Started ")
        last, done = data.rfind(b"Started "), data.rfind(b"Completed ")
        is_open = last > done if max(last, done) >= 0 else self.is_open
        return State(self.started + started, is_open)


@dataclass(frozen=True)
class RequestLines:
    """The lines of requests in a chunk, ``row`` ascending, and the request each belongs to."""

    row: Ints
    text: pa.Array
    starts: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ends: np.ndarray[tuple[int], np.dtype[np.bool_]]
    numbers: Ints
    before: State
    tagged: bool

    @classmethod
    def read(cls, log: LogLines, before: State, *, tagged: bool) -> RequestLines:
        """Find them; ``tagged``: the log names the request of every line."""
        row = log.matching(REQUEST_LINE)
        text = log.text.take(pa.array(row))
        starts = _matches(text, r"\bStarted [A-Z]+ ")
        return cls(
            row=row,
            text=text,
            starts=starts,
            ends=_matches(text, _COMPLETED),
            numbers=before.started + _counts(log, row),
            before=before,
            tagged=tagged,
        )

    @property
    def key(self) -> pa.Array:
        """Return the tag of each line's request, or its number."""
        if self.tagged:
            return tags(pc.replace_substring_regex(self.text, REQUEST_LINE + ".*$", ""))
        return pa.array([f"#{number}" for number in self.numbers.tolist()], pa.string())

    def around(self, row: Ints, prefixes: pa.Array) -> pa.Array:
        """Return the request that each of the lines ``row`` belongs to, null for none."""
        if self.tagged:
            return tags(prefixes)
        place = np.searchsorted(self.row, row) - 1
        inside = np.append(~self.ends, self.before.is_open)[place]
        number = np.append(self.numbers, self.before.started)[place]
        names = [
            f"#{value}" if there else None for value, there in zip(number, inside, strict=True)
        ]
        return pa.array(names, pa.string())

    def requests(self, zone: str | None) -> tuple[pa.Table, pa.Table, list[tuple[bool, bool]]]:
        """Return whole requests, parts of requests, and of these: do they start, do they end."""
        merged: dict[tuple[str | None, int], dict[str, Any]] = {}
        latest: dict[str | None, int] = {}
        for place, (key, values) in enumerate(
            zip(self.key.to_pylist(), self._values(), strict=True)
        ):
            if self.starts[place] or key not in latest:
                latest[key] = place
            row = merged.setdefault((key, latest[key]), {"key": key, "line": self.row[place] + 1})
            row |= values | ({"starts": True} if self.starts[place] else {})
            if self.ends[place]:
                row["ends"] = True
                del latest[key]
        rows = list(merged.values())
        table = _table(rows, zone)
        flags = [(row.get("starts", False), row.get("ends", False)) for row in rows]
        whole = pa.array([start and end for start, end in flags], pa.bool_())
        parts = [flag for flag in flags if not all(flag)]
        return table.filter(whole), table.filter(pc.invert(whole)), parts

    def _values(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = [{} for _ in self.row]
        processing = ~(self.starts | self.ends)
        for mask, pattern in (
            (self.starts, STARTED),
            (processing, _PROCESSING),
            (self.ends, _COMPLETED),
        ):
            parts = groups(self.text.filter(pa.array(mask)), pattern)
            columns = {name: part.to_pylist() for name, part in parts.items()}
            for place, row in enumerate(np.flatnonzero(mask).tolist()):
                values = ((name, column[place]) for name, column in columns.items())
                found[row].update((name, value) for name, value in values if value)
        return found


def tags(prefixes: pa.Array) -> pa.Array:
    """Return the first tag in each prefix, such as ``[request-id] ``; null where there is none."""
    return groups(prefixes, _TAG)["tag"]


def mend(parts: Sequence[Parsed]) -> Parsed:
    """Put together the requests that began in one chunk and ended in another."""
    pending = [part.pending["requests"] for part in parts if "requests" in part.pending]
    if not pending:
        return Parsed()
    rows = tables.concat(pending, "requests").to_pylist()
    flags = [flag for part in parts for flag in part.carry or ()]
    merged: list[dict[str, Any]] = []
    opened: dict[str | None, dict[str, Any]] = {}
    for row, (starts, ends) in zip(rows, flags, strict=True):
        known = None if starts else opened.get(row["request_id"])
        if known is None:
            merged.append(row)
            known = row
        else:
            known |= {name: value for name, value in row.items() if known[name] is None}
        opened[row["request_id"]] = known
        if ends:
            del opened[row["request_id"]]
    table = pa.Table.from_pylist(merged, schema=tables.schema("requests"))
    return Parsed(tables={"requests": tables.conform(table, "requests")})


def _counts(log: LogLines, row: Ints) -> Ints:
    """Return how often ``Started `` was written up to each line, as :class:`State` counts."""
    per_line = pc.count_substring(log.text, "Started ").to_numpy(zero_copy_only=False)
    return np.cumsum(per_line, dtype=np.int64)[row]


def _matches(texts: pa.Array, pattern: str) -> Any:
    return pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)


def _table(rows: list[dict[str, Any]], zone: str | None) -> pa.Table:
    def texts(name: str) -> pa.Array:
        return pa.array([row.get(name) for row in rows], pa.string())

    parts = groups(texts("parts"), _PARTS)
    return tables.from_columns(
        "requests",
        {name: texts(name) for name in ("method", "path", "route", "client")}
        | {
            "started_at": Prefixes.read(texts("at"), zone).started(),
            "duration_ms": durations(texts("ms")),
            "status": texts("status").cast(pa.int64()),
            "request_id": texts("key"),
            "line": pa.array([row["line"] for row in rows], pa.int64()),
            "attributes": json_members(**{n: null_if_empty(part) for n, part in parts.items()}),
        },
    )
