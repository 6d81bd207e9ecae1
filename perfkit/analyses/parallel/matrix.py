"""The calls of one place as a matrix: one row per request, one column per operation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.parallel import naming
from perfkit.analyses.parallel.items import items
from perfkit.analyses.parallel.operations import spoken
from perfkit.analyses.parallel.steps import latest_before

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.parallel.operations import Operation
    from perfkit.analyses.parallel.sites import Site
    from perfkit.analyses.parallel.steps import Steps
    from perfkit.span_ids import Flags, Ints

__all__ = ["Matrix", "matrix"]

#: Operations of a place that are looked at, those that take most time; pairs are its square.
_MOST = 24
#: Of the requests that call something, more call it again: it is an N+1's, or a page of a list.
_REPEATING = 0.05
_REDIRECTS, _UNCHANGED = 300, 304
_TRANSACTION = re.compile(r"(?<![a-z])(transaction|atomic|unit of work|tx)(?![a-z])")
_LEVELS = 20  # spans between the request and the place
_STATUS = 100  # lower ones are gRPC's, where 0 is success


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """What each request of a place calls, and when.

    ``row``, ``start``, ``end``, ``gap``, ``segment`` have one row per request and one column per
    operation; what a request does not call, or calls again and again, has row -1 there.

    Attributes:
        steps: all steps of all spans.
        site: the place.
        operations: the columns, those that take most time first.
        row: of the span.
        start: ns since the start of the place's span.
        end: likewise.
        gap: ns between the end of all steps before it and its start.
        segment: what differs in it is parted by own work or calls that cannot be moved.
        usable: requests in which nothing failed and all clocks agree.
        one_session: statements must stay on one connection: they, or a span above, tell of a
            transaction, or one of them writes, which others may have to see.
    """

    steps: Steps
    site: Site
    operations: Sequence[Operation]
    row: Ints
    start: Ints
    end: Ints
    gap: Ints
    segment: Ints
    usable: Flags
    one_session: bool

    @property
    def present(self) -> Flags:
        """Whether the request calls the operation once."""
        found: Flags = self.row >= 0
        return found

    @property
    def length(self) -> Ints:
        """Nanoseconds; 0 where the operation is not called."""
        return self.end - self.start


def matrix(steps: Steps, site: Site) -> Matrix:
    """Return the calls of a place."""
    counts = site.last - site.first
    request = np.repeat(np.arange(len(counts)), counts)
    at = np.arange(len(request)) + np.repeat(site.first - (np.cumsum(counts) - counts), counts)
    found, code, transaction = naming.named(steps, at)
    code[np.isin(code, items(found, request, code))] = naming.FIXED
    real = code != naming.NOTHING
    request, at, code = request[real], at[real], code[real]
    begin, end = steps.begin[at], steps.end[at]
    single, column, kept = _singles(request, code, end - begin, len(found))
    before = latest_before(request, end)
    single &= _alone(request, begin >= before, single)
    cells = request[single], column[code[single]]
    values = {
        "row": steps.row[at],
        "start": begin,
        "end": end,
        "gap": np.maximum(begin - before, 0),
        "segment": np.cumsum(~single),
    }
    shape = (len(counts), len(kept))
    tables = {name: _filled(shape, cells, all_[single], name) for name, all_ in values.items()}
    names = [
        naming.completed(steps, found[place], tables["row"][tables["row"][:, j] >= 0, j])
        for j, place in enumerate(kept)
    ]
    return Matrix(
        steps=steps,
        site=site,
        operations=names,
        usable=_usable(steps, site, steps.row[at], request),
        one_session=transaction or _writes(found) or _in_transaction(steps, site),
        **tables,
    )


def _writes(found: Sequence[Operation]) -> bool:
    return any(one.kind == "db" and one.reads is False for one in found)


def _in_transaction(steps: Steps, site: Site) -> bool:
    """Say whether the span of the place, or one above it in its request, is a transaction."""
    forest = steps.forest
    row, owner = int(site.containers[0]), int(forest.owner[site.containers[0]])
    for _ in range(_LEVELS):
        if row == owner:
            return False
        (name,) = forest.texts("name", [row])
        if _TRANSACTION.search(spoken(name)):
            return True
        row = int(forest.parent[row])
    return False


def _filled(shape: tuple[int, int], cells: tuple[Ints, Ints], values: Ints, name: str) -> Ints:
    whole = np.full(shape, -1 if name == "row" else 0, np.int64)
    whole[cells] = values
    return whole


def _singles(request: Ints, code: Ints, length: Ints, count: int) -> tuple[Flags, Ints, list[int]]:
    """Return which steps are the only ones of their operation in their request.

    Then the column of every operation (-1: none), and the operations of the columns. An operation
    that requests repeat has no column: whether its calls need each other is another question.
    """
    called = code >= 0
    pair, inverse, times = np.unique(
        request[called] * max(count, 1) + code[called], return_inverse=True, return_counts=True
    )
    of = pair % max(count, 1)
    once, again = (np.bincount(of[some], minlength=count) for some in (times == 1, times > 1))
    total = np.bincount(code[called], weights=length[called], minlength=count)
    total[(once == 0) | (again > _REPEATING * (once + again))] = 0
    kept = [int(one) for one in np.argsort(-total, kind="stable")[:_MOST] if total[one] > 0]
    column = np.full(count, -1, np.int64)
    column[kept] = np.arange(len(kept))
    single = np.zeros(len(code), np.bool_)
    single[called] = (times[inverse] == 1) & (column[code[called]] >= 0)
    return single, column, kept


def _alone(request: Ints, opens: Flags, single: Flags) -> Flags:
    """Say which steps overlap nothing, directly or through others, that cannot be moved.

    ``opens``: the step begins after all earlier ones of its request have ended.
    """
    if not len(request):
        return single
    first = np.append(True, np.diff(request) != 0)
    block = np.cumsum(opens | first) - 1
    fixed = np.zeros(block[-1] + 1, np.bool_)
    fixed[block[~single]] = True
    alone: Flags = ~fixed[block]
    return alone


def _usable(steps: Steps, site: Site, rows: Ints, request: Ints) -> Flags:
    """Say in which requests no step failed, and no clock had to be corrected.

    A call that failed may lead to another one, as a redirect does.
    """
    forest = steps.forest
    chosen = forest.rows.select(["error", "status"]).take(rows)
    status = np.nan_to_num(groups.numbers(chosen["status"]))
    bad = ((status >= _REDIRECTS) & (status != _UNCHANGED)) | ((status > 0) & (status < _STATUS))
    bad |= chosen["error"].is_valid().to_numpy()
    bad |= forest.skew[rows] != forest.skew[site.containers[request]]
    usable = np.ones(len(site.containers), np.bool_)
    usable[request[bad]] = False
    return usable
