"""One request on a timeline, for the picture: what ran when, and what of it repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.repeats.calls import milliseconds
from perfkit.analyses.repeats.from_spans import names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.repeats.calls import Calls
    from perfkit.analyses.repeats.find import Repeat
    from perfkit.analyses.repeats.from_spans import Tree

__all__ = ["none", "of_calls", "of_spans"]

_SCHEMA = pa.schema(
    [
        ("what", pa.string()),
        ("start_ms", pa.float64()),
        ("duration_ms", pa.float64()),
        ("repeated", pa.bool_()),
        ("request", pa.bool_()),
    ]
)
_MOST = 800  # a figure of them stays far below 300 KB


def none() -> pa.Table:
    """Return the timeline of no request."""
    return _SCHEMA.empty_table()


def of_spans(repeat: Repeat, tree: Tree) -> pa.Table:
    """Return the spans of the request of ``repeat``: the first 800, in order of time."""
    mine = tree.owner == repeat.node
    if (own := tree.row_of_node[repeat.node]) >= 0:
        mine[own] = True
    spans = tree.rows.filter(pa.array(mine))
    start = milliseconds(spans["started_at"])
    is_request = np.flatnonzero(mine) == own
    return _timeline(repeat, names(spans), start, spans["duration_ms"], is_request)


def of_calls(repeat: Repeat, calls: Calls) -> pa.Table:
    """Return the logged statements of the request of ``repeat`` in the same form."""
    mine = np.flatnonzero(calls.owners.node[calls.owner] == repeat.node)
    what = [calls.targets[target].text for target in calls.target[mine]]
    duration = pa.array(calls.duration_ms[mine])
    is_request = np.zeros(len(mine), dtype=bool)
    return _timeline(repeat, what, calls.start_ms[mine], duration, is_request)


def _timeline(
    repeat: Repeat,
    what: list[str],
    start_ms: NDArray[np.float64],
    duration_ms: pa.ChunkedArray,
    is_request: NDArray[np.bool_],
) -> pa.Table:
    repeated = np.array([text == repeat.target.text for text in what], dtype=bool)
    columns = [what, start_ms, duration_ms, repeated & ~is_request, is_request]
    table = pa.table(columns, schema=_SCHEMA)
    known = table.filter(pc.and_(pc.is_finite(table["start_ms"]), table["duration_ms"].is_valid()))
    first = pc.min(known["start_ms"]).as_py() or 0.0
    known = known.set_column(1, "start_ms", pc.subtract(known["start_ms"], first))
    order = [("start_ms", "ascending"), ("duration_ms", "descending"), ("what", "ascending")]
    return known.sort_by(order).slice(0, _MOST)
