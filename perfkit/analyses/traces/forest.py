"""The spans of a recording as trees, on one clock: the ground that trace analyses stand on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import span_ids, span_tree
from perfkit.analyses import groups

if TYPE_CHECKING:
    from collections.abc import Container

    from perfkit.span_ids import Flags, Ints

__all__ = ["Forest"]

_LONGEST_NS = 1 << 60  # 36 years: what a damaged file says beyond that fits no integer
_SKEW_NS = 1_000_000  # clocks that differ by less are not worth a correction

_FAULTS = {
    "missing_parents": "name a parent that is not there: their traces are incomplete",
    "unknown_durations": "have no start or no duration and count as taking no time",
    "clock_skew": "were moved into their parents, whose clock differs",
    "circular_parents": "are above themselves: that link was ignored",
}


class Forest:
    """Spans once each, with parent, start and end by row.

    ``start`` and ``end`` are nanoseconds since 1970, corrected for clock skew: a span of another
    service than its parent's that lies outside it is moved, with everything below it that runs
    on the same clock, to the middle of its parent (to its beginning, if it is longer).
    Source: the clock skew adjuster of Jaeger's query service. A span of unknown start or
    duration is ``timed`` False, and of no length.

    Rows without a trace id, or that repeat (trace, span id, start, kind), are left out.
    """

    def __init__(self, spans: pa.Table) -> None:
        """Link the rows of ``spans``."""
        self.rows, ids = _once_each(spans)
        self.links = span_tree.link(self.rows, ids)
        self.parent = self.links.parent
        self.trace = self.links.trace
        self.top = self.links.top
        self.timed = (
            self.rows["started_at"].is_valid().to_numpy()
            & self.rows["duration_ms"].is_valid().to_numpy()
        )
        start = pc.fill_null(self.rows["started_at"].cast(pa.int64()), 0).to_numpy()
        length = np.nan_to_num(groups.numbers(self.rows["duration_ms"]))
        length = np.rint(np.clip(length, -_LONGEST_NS / 1e6, _LONGEST_NS / 1e6) * 1e6)
        self.length = np.where(self.timed, length, 0).astype(np.int64)
        self.skew = self._skew(start)
        self.start: Ints = start + self.skew
        self.end: Ints = self.start + self.length

    def __len__(self) -> int:
        """Return the number of spans."""
        return len(self.parent)

    @cached_property
    def by_depth(self) -> Ints:
        """Rows, every parent before its children."""
        return np.argsort(self.links.depth, kind="stable")

    @cached_property
    def served(self) -> Flags:
        """Whether the span answers a request: a server span, or one with a route and no kind."""
        rows = self.rows
        kind = rows["kind"].cast(pa.string())
        server = _flags(pc.equal(kind, "server"))
        client = _flags(pc.equal(kind, "client")) | rows["statement"].is_valid().to_numpy()
        routed: Flags = rows["route"].is_valid().to_numpy() & ~client
        return server | routed

    @cached_property
    def owner(self) -> Ints:
        """Row of the nearest span, from itself upwards, that answers a request; else the top."""
        step = np.where(self.served | (self.parent < 0), np.arange(len(self)), self.parent)
        for _ in range(40):
            further = step[step]
            if np.array_equal(further, step):
                break
            step = further
        return step

    @cached_property
    def _families(self) -> tuple[Ints, Ints]:
        child = np.flatnonzero(self.parent >= 0)
        order = child[np.lexsort((self.end[child], self.start[child], self.parent[child]))]
        bounds = np.searchsorted(self.parent[order], np.arange(len(self) + 1))
        return order, bounds

    def children(self, row: int) -> Ints:
        """Return the rows below ``row``, by their start."""
        order, bounds = self._families
        return order[bounds[row] : bounds[row + 1]]

    @cached_property
    def roots(self) -> Ints:
        """Rows without a parent, by their start."""
        top = np.flatnonzero(self.parent < 0)
        return top[np.argsort(self.start[top], kind="stable")]

    def texts(self, column: str, rows: Any = None) -> list[str | None]:
        """Return a text column, or some rows of it."""
        chosen = self.rows[column] if rows is None else self.rows[column].take(pa.array(rows))
        found: list[str | None] = chosen.cast(pa.string()).to_pylist()
        return found

    def caveats(self, said: Container[str] = ()) -> list[str]:
        """Say what is wrong with the traces, in sentences with counts.

        Left out are the kinds (of :data:`perfkit.trace_faults.KINDS`) that are ``said`` already.
        """
        met = {
            "missing_parents": self.links.missing,
            "unknown_durations": ~self.timed,
            "clock_skew": self.skew != 0,
            "circular_parents": self.links.circular,
        }
        return [
            f"{int(flags.sum()):,} of {len(self):,} spans {_FAULTS[kind]}."
            for kind, flags in met.items()
            if kind not in said and flags.any()
        ]

    def _skew(self, start: Ints) -> Ints:
        """Return what to add to each start."""
        skew = np.zeros(len(start), np.int64)
        (service,) = span_tree.codes(self.rows["service"])
        parent = self.parent
        linked = (parent >= 0) & self.timed & self.timed[parent]
        foreign = linked & (service != service[parent]) & self._called
        outside = foreign & (
            (start < start[parent] - _SKEW_NS)
            | (start + self.length > start[parent] + self.length[parent] + _SKEW_NS)
        )
        if not outside.any():
            return skew
        wait = np.maximum(self.length[parent] - self.length, 0) // 2
        levels = np.split(
            self.by_depth, np.flatnonzero(np.diff(self.links.depth[self.by_depth])) + 1
        )
        for rows in levels[1:]:
            above = parent[rows]
            moved = start[above] + skew[above]
            here = start[rows]
            early = here < moved - _SKEW_NS
            late = here + self.length[rows] > moved + self.length[above] + _SKEW_NS
            # a longer span may be one whose caller gave up: it only cannot begin before it
            late &= self.length[rows] <= self.length[above]
            shift = moved + wait[rows] - here
            same = (service[rows] == service[above]) & linked[rows]
            skew[rows] = np.where(
                same, skew[above], np.where(foreign[rows] & (early | late), shift, 0)
            )
        return skew

    @cached_property
    def _called(self) -> Flags:
        """Whether the parent waits for the span: it is its server's half, not a consumer."""
        return _flags(pc.equal(self.rows["kind"].cast(pa.string()), "server"))


def _once_each(spans: pa.Table) -> tuple[pa.Table, span_ids.Ids]:
    """Return the rows with a trace id that are no earlier one again, and their ids."""
    if spans["trace_id"].null_count:
        spans = spans.filter(spans["trace_id"].is_valid())
    ids = span_ids.identified(spans)
    again = span_ids.repeated(spans, ids)
    if not len(again):
        return spans, ids
    keep = np.ones(spans.num_rows, np.bool_)
    keep[again] = False
    once = spans.filter(pa.array(keep))
    return once, span_ids.identified(once)


def _flags(values: Any) -> Flags:
    found: Flags = pc.fill_null(values, fill_value=False).to_numpy()
    return found
