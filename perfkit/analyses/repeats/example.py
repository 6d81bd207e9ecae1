"""One request on a timeline, for the picture: what ran when, and what of it repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from typing import Any

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


def of_spans(repeat: Repeat, calls: Calls, tree: Tree) -> pa.Table:
    """Return the spans of the request of ``repeat``: the first 800, in order of time.

    Calls are named by their target, other spans by their name.
    """
    forest, own = tree.forest, tree.span_of(repeat.node)
    mine = np.flatnonzero((tree.owner == repeat.node) & forest.timed)
    # the request itself comes first, even if nothing else of 800 spans would leave it room
    rows = _first(mine, mine != own, forest.start[mine], -forest.length[mine])
    first = forest.start[rows].min() if len(rows) else 0
    call, row = _rows(calls, np.flatnonzero(calls.owner == repeat.owner))
    called = {r: calls.targets[t].text for r, t in zip(row, calls.target[call], strict=True)}
    named = zip(rows.tolist(), forest.texts("name", rows), strict=True)
    _, again = _rows(calls, repeat.rows)
    return _timeline(
        [called.get(number) or name or "unnamed" for number, name in named],
        (forest.start[rows] - first) / 1e6,
        forest.length[rows] / 1e6,
        np.isin(rows, again),
        rows == own,
    )


def of_calls(repeat: Repeat, calls: Calls) -> pa.Table:
    """Return the logged statements of the request of ``repeat`` in the same form."""
    known = np.isfinite(calls.start_ms) & np.isfinite(calls.duration_ms)
    mine = np.flatnonzero((calls.owner == repeat.owner) & known)
    rows = _first(mine, calls.start_ms[mine], -calls.duration_ms[mine])
    start = calls.start_ms[rows]
    return _timeline(
        [calls.targets[target].text for target in calls.target[rows]],
        start - start.min(initial=np.inf),
        calls.duration_ms[rows],
        np.isin(rows, [] if repeat.rows is None else repeat.rows),
        np.zeros(len(rows), np.bool_),
    )


def _first(rows: NDArray[np.int64], *by: Any) -> NDArray[np.int64]:
    """Return the first rows in the order of some keys, the most important one first."""
    order = np.lexsort((rows, *reversed(by)))
    return rows[order][:_MOST]


def _rows(calls: Calls, chosen: Any) -> tuple[Any, list[int]]:
    """Return some calls, and the rows of the table that they were made from."""
    if calls.row is None or chosen is None:
        return np.zeros(0, np.int64), []
    return chosen, calls.row[chosen].tolist()


def _timeline(what: list[str], start: Any, length: Any, repeated: Any, request: Any) -> pa.Table:
    return pa.table([what, start, length, repeated & ~request, request], schema=_SCHEMA)
