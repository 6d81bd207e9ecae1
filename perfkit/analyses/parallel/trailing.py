"""The last calls of requests: what a request waits for right before it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.parallel.naming import NOTHING, TRANSACTION, Operations, calls_of
from perfkit.analyses.parallel.steps import calls, latest_before

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfkit.analyses.parallel.operations import Operation
    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Flags, Ints

__all__ = ["Trailing", "trailing"]

#: Between the call and the end of the request nothing is made of its answer: a framework needs
#: about a millisecond to send what it has.
_GAP_NS, _GAP_SHARE = 3_000_000, 0.05
_LONGEST_NS = 1 << 40  # 18 minutes: longer spans are jobs and streams
_FAILED = 500


@dataclass(frozen=True, kw_only=True)
class Trailing:
    """Calls of serving spans, one row each, in order of request and time.

    Attributes:
        operations: what they call.
        row: of the call.
        owner: row of the request.
        route: number of the request's route, which ``routes`` names.
        operation: index into ``operations``; negative: unknown.
        last: no other call ends after it began, and the request ends right after it.
        failed: the call did.
        answered: the request succeeded.
        transacted: the request begins or ends a transaction.
    """

    operations: list[Operation]
    routes: list[str | None]
    row: Ints
    owner: Ints
    route: Ints
    operation: Ints
    last: Flags
    failed: Flags
    answered: Flags
    transacted: Flags


def trailing(forest: Forest, wanted: Callable[[Operation], bool]) -> Trailing:
    """Return the calls of the routes some of whose requests end with a ``wanted`` call."""
    called = calls(forest)
    above = np.maximum(forest.parent, 0)
    chosen = called & (forest.parent >= 0) & ~called[above] & forest.timed
    owner = forest.owner
    chosen &= forest.served[owner] & forest.timed[owner] & (forest.length[owner] < _LONGEST_NS)
    row = np.flatnonzero(chosen)
    row = row[np.lexsort((forest.end[row], forest.start[row], owner[row]))]
    routes, route = _routes(forest, owner[row])
    every = Operations()
    ends = np.flatnonzero(_near_the_end(forest, row, owner[row]))  # behind it may come pings
    code = np.array([every.code(call) for call in calls_of(forest, row[ends])], np.int64)
    ends = ends[(code >= 0) & np.array([_is(every, one, wanted) for one in code], np.bool_)]
    kept = np.isin(route, route[ends])
    return _known(forest, (routes, route[kept]), row[kept], every)


def _is(every: Operations, code: int, wanted: Callable[[Operation], bool]) -> bool:
    return code >= 0 and wanted(every.found[code])


def _known(
    forest: Forest, routes: tuple[list[str | None], Ints], row: Ints, every: Operations
) -> Trailing:
    code = np.array([every.code(call) for call in calls_of(forest, row)], np.int64)
    owner = forest.owner[row]
    transacted = np.isin(owner, owner[code == TRANSACTION])
    real = (code != NOTHING) & (code != TRANSACTION)
    row, code, transacted, owner = row[real], code[real], transacted[real], owner[real]
    return Trailing(
        operations=every.found,
        routes=routes[0],
        row=row,
        owner=owner,
        route=routes[1][real],
        operation=code,
        last=_last(forest, row, owner),
        failed=_failed(forest, row),
        answered=~_failed(forest, owner),
        transacted=transacted,
    )


def _routes(forest: Forest, owner: Ints) -> tuple[list[str | None], Ints]:
    known: dict[str | None, int] = {}
    one, place = np.unique(owner, return_inverse=True)
    pairs = zip(forest.texts("route", one), forest.texts("name", one), strict=True)
    codes = [known.setdefault(route or name, len(known)) for route, name in pairs]
    return list(known), np.array(codes, np.int64)[place]


def _last(forest: Forest, row: Ints, owner: Ints) -> Flags:
    if not len(row):
        return np.zeros(0, np.bool_)
    begin, end = (
        np.clip(edge[row] - forest.start[owner], 0, forest.length[owner])
        for edge in (forest.start, forest.end)
    )
    number = np.cumsum(np.append(0, np.diff(owner) != 0))
    final = np.append(np.diff(owner) != 0, 1).astype(np.bool_)
    tight = _near_the_end(forest, row, owner)
    found: Flags = final & tight & (begin >= latest_before(number, end)) & (end > begin)
    return found


def _near_the_end(forest: Forest, row: Ints, owner: Ints) -> Flags:
    slack = forest.end[owner] - np.minimum(forest.end[row], forest.end[owner])
    found: Flags = slack <= np.maximum(_GAP_NS, _GAP_SHARE * forest.length[owner])
    return found


def _failed(forest: Forest, rows: Ints) -> Flags:
    chosen = forest.rows.select(["error", "status"]).take(rows)
    found: Flags = chosen["error"].is_valid().to_numpy()
    return found | (np.nan_to_num(groups.numbers(chosen["status"])) >= _FAILED)
