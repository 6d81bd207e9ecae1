"""Which total belongs to which start, in the lines of SQLAlchemy's timing recipe.

It is the next total of the same thread, unless another statement starts before it; it may be in
a later chunk, as other threads write in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.model import Parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Open", "Totals", "mend", "totals"]


@dataclass(kw_only=True)
class Open:
    """What other chunks must know, by thread.

    ``ended``: the first total (ms) in front of any start. ``started``: who starts statements.
    ``waiting``: the thread of each pending row.
    """

    ended: dict[str, float] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Totals:
    """Per start its total (null: unknown), and whether that may be behind the chunk."""

    ms: pa.Array
    is_open: NDArray[np.bool_]
    carry: Open


def totals(threads: pa.Array, starts: NDArray[np.bool_], ms: pa.Array) -> Totals:
    """Return the totals of all lines that start a statement; ``ms`` is null for other lines."""
    key = threads.dictionary_encode()
    names, codes = key.dictionary.to_pylist(), key.indices.to_numpy(zero_copy_only=False)
    known, carry = ms.to_pylist(), Open()
    found: dict[int, float | None] = {}
    latest: dict[int, int] = {}
    for place, (code, begins) in enumerate(zip(codes.tolist(), starts.tolist(), strict=True)):
        if begins:
            found[place], latest[code] = None, place
        elif known[place] is not None:
            if code not in latest:
                carry.ended.setdefault(names[code], known[place])
            elif latest[code] >= 0:
                found[latest[code]], latest[code] = known[place], -1
    carry.started = {names[code] for code in latest}
    waits = set(latest.values())
    is_open = np.array([place in waits for place in found], np.bool_)
    carry.waiting = [names[codes[place]] for place in found if place in waits]
    return Totals(pa.array(found.values(), pa.float64()), is_open, carry)


def mend(parts: Sequence[Parsed]) -> Parsed:
    """Give every pending row the next total of its thread, of a later chunk."""
    rows = [part.pending["queries"] for part in parts if "queries" in part.pending]
    waiting: dict[str, int] = {}
    ms: list[float | None] = []
    for part in parts:
        carry = part.carry
        if not isinstance(carry, Open):
            continue
        for thread in carry.ended.keys() & waiting.keys():
            ms[waiting.pop(thread)] = carry.ended[thread]
        for thread in carry.started & waiting.keys():
            del waiting[thread]
        waiting |= {thread: len(ms) + place for place, thread in enumerate(carry.waiting)}
        ms += [None] * len(carry.waiting)
    return Parsed(tables={"queries": _timed(tables.concat(rows, "queries"), ms)} if rows else {})


def _timed(rows: pa.Table, ms: list[float | None]) -> pa.Table:
    known = pa.array(ms, pa.float64())
    kind = pc.if_else(known.is_valid(), "client", pa.scalar(None, pa.string()))
    columns = {"duration_ms": known, "duration_kind": kind}
    return tables.from_columns(
        "queries", {name: rows[name] for name in rows.column_names} | columns
    )
