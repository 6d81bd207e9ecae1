"""How long a statement took at most: the time to the next line of the same connection.

SQLAlchemy logs before it executes and says nothing afterwards, so the gap holds the
execution, fetching, and whatever the application did before its next line. No bound is
known where the times have no fractions of a second, where no line follows, and where the
next line begins another transaction: then another connection wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.model import Parsed
from perfkit.formats.orm.log_prefixes import NO_TIME
from perfkit.formats.orm.sqlalchemy_lines import BEGIN, EngineLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.lines import Ints

__all__ = ["Gaps", "Open", "find_gaps", "mend"]

#: Stands for an unknown gap.
UNKNOWN = -1


@dataclass(frozen=True)
class Open:
    """What the next chunk must know, or tell: the first line per connection, and open gaps.

    ``firsts``: connection -> (time, whether it begins a transaction). ``waiting``: for each
    pending row its connection and the time of its last line.
    """

    firsts: dict[str, tuple[int, bool]]
    waiting: list[tuple[str, int]]


@dataclass(frozen=True)
class Gaps:
    """Per statement the gap in nanoseconds (-1: unknown), and whether its next line is missing."""

    ns: Ints
    is_open: np.ndarray[tuple[int], np.dtype[np.bool_]]
    mixed: int


def find_gaps(lines: EngineLines, last: Ints) -> tuple[Gaps, Open]:
    """Return the gaps behind the lines ``last`` (indices): each statement's last line."""
    key = lines.key.dictionary_encode()
    codes = key.indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    following = np.full(len(codes), -1)
    same = codes[order[1:]] == codes[order[:-1]]
    following[order[:-1][same]] = order[1:][same]
    after = following[last]
    times = np.where(lines.prefixes.fine, lines.prefixes.ns, NO_TIME)
    begins = lines.kind == BEGIN
    ns = gap(times[last], np.where(after < 0, NO_TIME, times[after]), begins[after])
    names = key.dictionary.to_pylist()
    first = np.unique(codes, return_index=True)[1]
    is_open = after < 0
    return (
        Gaps(ns, is_open, int(np.count_nonzero(begins[after] & ~is_open))),
        Open(
            {names[codes[at]]: (int(times[at]), bool(begins[at])) for at in first},
            [(names[codes[at]], int(times[at])) for at in last[is_open]],
        ),
    )


def gap(start: Ints, end: Ints, begins: Ints) -> Ints:
    """Return the nanoseconds from ``start`` to ``end``, -1 where they bound nothing."""
    unknown = (start == NO_TIME) | (end == NO_TIME) | begins | (end < start)
    return np.where(unknown, UNKNOWN, np.where(unknown, 0, end) - np.where(unknown, 0, start))


def mend(parts: Sequence[Parsed]) -> Parsed:
    """Give every pending row the time to the next line of its connection in a later chunk."""
    waiting: dict[str, list[tuple[int, int]]] = {}
    rows = [part.pending["queries"] for part in parts if "queries" in part.pending]
    found: list[int] = []
    for part in parts:
        carry = part.carry
        if not isinstance(carry, Open):
            continue
        for key, (at, begins) in carry.firsts.items():
            for place, start in waiting.pop(key, ()):
                ends = gap(np.array([start]), np.array([at]), np.array([begins]))
                found[place] = int(ends[0])
        for key, start in carry.waiting:
            waiting.setdefault(key, []).append((len(found), start))
            found.append(UNKNOWN)
    if not rows:
        return Parsed()
    pending = tables.concat(rows, "queries")
    return Parsed(tables={"queries": with_gaps(pending, np.array(found, np.int64))})


def with_gaps(queries: pa.Table, ns: Ints) -> pa.Table:
    """Return ``queries`` with gaps as durations."""
    unknown = ns < 0
    ms = pa.array(ns / 1e6, pa.float64(), mask=unknown)
    kind = pc.if_else(pa.array(unknown), pa.scalar(None, pa.string()), "gap_upper_bound")
    columns = {"duration_ms": ms, "duration_kind": kind}
    kept = {name: queries[name] for name in queries.column_names} | columns
    return tables.from_columns("queries", kept)
