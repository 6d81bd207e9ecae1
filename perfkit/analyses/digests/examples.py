"""The slowest executions of the statements that take the most time, as they were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.digests.columns import rows_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.digests.executions import Executions

__all__ = ["COLUMNS", "EACH", "merged", "none", "slowest"]

COLUMNS = (
    *("started_at", "duration_ms", "statement", "parameters", "database", "user"),
    *("application", "session_id", "source", "line"),
)
EACH = 3
#: Statements of a part whose examples are kept until all parts are known.
KEPT = 200
_LONGEST = 10_000  # characters of a statement
_TEXTS = ("statement", "parameters", "database", "user", "application", "session_id")
_SCHEMA = pa.schema(
    [
        ("group", pa.int64()),
        ("started_at", pa.timestamp("ns", "UTC")),
        ("duration_ms", pa.float64()),
        *((name, pa.string()) for name in _TEXTS),
        ("source", pa.int64()),
        ("line", pa.int64()),
    ]
)


def none() -> pa.Table:
    """Return no examples."""
    return _SCHEMA.empty_table()


def slowest(rows: Executions, groups: Sequence[int]) -> pa.Table:
    """Return the slowest executions of some groups: ``group`` and ``COLUMNS``."""
    order, ms = rows.timed
    ends = np.cumsum(rows.samples)
    found, owner = [], []
    for group in groups:
        start, end = int(ends[group] - rows.samples[group]), int(ends[group])
        mine = _largest(rows, order[start:end], ms[start:end])
        found.append(mine)
        owner.append(np.full(len(mine), group))
    at = np.concatenate([np.zeros(0, np.int64), *found])
    row = at if rows.mask is None else np.flatnonzero(rows.mask)[at]
    taken = rows_at(rows.table.select(list(COLUMNS)), row)
    for name in ("statement", "parameters"):
        cut = pc.utf8_slice_codeunits(taken[name], 0, _LONGEST)
        taken = taken.set_column(taken.schema.get_field_index(name), name, cut)
    group = pa.array(np.concatenate([np.zeros(0, np.int64), *owner]))
    return taken.add_column(0, "group", group).cast(_SCHEMA)


def _largest(
    rows: Executions, members: NDArray[np.int64], ms: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the slowest of the rows of one group; of equals, those that came first."""
    if not len(members):
        return members
    members = members[rows.ms[members] >= ms[-min(EACH, len(ms))]]
    order = np.lexsort((members, rows.ns[members], -rows.ms[members]))
    return members[order][:EACH]


def merged(parts: Sequence[pa.Table], kept: NDArray[np.int64]) -> pa.Table:
    """Join examples (groups renumbered): the slowest of each of the groups ``kept``."""
    table = pa.concat_tables([none(), *parts])
    table = table.filter(pc.is_in(table["group"], pa.array(kept)))
    keys = [("group", "ascending"), ("duration_ms", "descending"), ("started_at", "ascending")]
    table = table.sort_by([*keys, ("source", "ascending"), ("line", "ascending")])
    group = table["group"].to_numpy()
    first = np.searchsorted(group, group, side="left")
    return table.filter(pa.array(np.arange(len(group)) - first < EACH))
