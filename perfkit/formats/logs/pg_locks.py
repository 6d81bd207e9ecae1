"""``log_lock_waits``: "still waiting" and "acquired" are one wait, as long as the latter says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["Waits", "join_locks"]

_WAIT = re.compile(r"process ([0-9]+) (still waiting for|acquired) (.*) after ", re.DOTALL)


class Waits(NamedTuple):
    """Events whose waits are joined, and those whose other half is in another chunk."""

    events: pa.Table
    pending: pa.Table


class _Found(NamedTuple):
    pairs: list[tuple[int, int]]
    ends: list[int]
    begun: list[int]


def join_locks(events: pa.Table, *, whole: bool) -> Waits:
    """Return ``events`` with one row per lock wait.

    ``whole`` says that there are no others, before or behind these events.
    """
    found = _find(events)
    pending = np.array([] if whole else sorted([*found.ends, *found.begun]), np.int64)
    keep = np.ones(events.num_rows, np.bool_)
    keep[pending] = False
    if found.pairs:
        into, origin = np.array(found.pairs, np.int64).T
        keep[origin] = False
        events = _lasting(events, into, origin)
    return Waits(
        events if keep.all() else events.filter(pa.array(keep)), events.take(pa.array(pending))
    )


def _find(events: pa.Table) -> _Found:
    waits = pc.equal(events["kind"].cast(pa.string()), "lock_wait")
    rows = np.flatnonzero(waits.to_numpy())
    messages = events["message"].take(pa.array(rows)).to_pylist()
    begun: dict[tuple[str, str], int] = {}
    pairs, ends, known = [], [], set()
    for row, message in zip(rows.tolist(), messages, strict=True):
        wait = _WAIT.match(message)
        if wait is None:
            continue
        lock = (wait[1], wait[3])
        if wait[2] != "acquired":
            begun[lock] = row
        elif lock in begun:
            pairs.append((begun.pop(lock), row))
        elif lock not in known:
            ends.append(row)
        known.add(lock)
    return _Found(pairs, ends, list(begun.values()))


def _lasting(events: pa.Table, into: Ints, origin: Ints) -> pa.Table:
    place = np.arange(events.num_rows)
    place[into] = origin
    index = events.schema.get_field_index("duration_ms")
    column = events["duration_ms"].take(pa.array(place))
    return events.set_column(index, events.schema.field(index), column)
