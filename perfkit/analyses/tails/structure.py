"""What happens below each request: which operations, how often, for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perfkit.analyses.critical_paths.operations import Operations
from perfkit.analyses.statements import shown
from perfkit.analyses.tails.features import FEWEST, Feature
from perfkit.analyses.tails.processes import Processes
from perfkit.analyses.traces.nested import nest

if TYPE_CHECKING:
    from perfkit.analyses.critical_paths.operations import Operation
    from perfkit.analyses.tails.observed import Observed
    from perfkit.analyses.traces.forest import Forest

__all__ = ["Spent", "Structure"]

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
#: Operations that are looked at, those in most requests first.
MOST = 200


class Spent(NamedTuple):
    """Time that slow requests and the rest spend in one operation itself, mean per request."""

    operation: Operation
    slow_ms: float
    rest_ms: float


class Structure:
    """The spans below requests, none of which is inside another."""

    def __init__(self, forest: Forest, requests: Ints) -> None:
        """Assign every span to its request."""
        nested = nest(forest, requests)
        self._operations = Operations(forest)
        inside = np.flatnonzero(nested.kept & (nested.entry >= 0))
        self._entry = nested.entry[inside]
        self._code = self._operations.code[inside]
        length = nested.length
        covered = np.zeros(len(forest), np.int64)
        child = np.flatnonzero(nested.kept & (nested.parent >= 0))
        np.add.at(covered, nested.parent[child], length[child])
        self._self_ms = np.maximum(length - covered, 0)[inside] / 1e6
        self._is_request = inside == self._entry
        self._processes = Processes(forest, inside, self._entry)
        calls = forest.rows["calls"].fill_null(1).to_numpy()[inside]
        self._calls = np.maximum(calls, 1).astype(np.float64)

    def of(self, seen: Observed) -> tuple[list[Feature], list[Spent]]:
        """Return the features of one route's requests, and where their time goes."""
        place = _places(seen.row, self._entry)
        reached = self._processes.of(place, len(seen))
        mine = np.flatnonzero(place >= 0)
        place, code = place[mine], self._code[mine]
        known, code = np.unique(code, return_inverse=True)
        times = self._sums(place, code, self._self_ms[mine], len(known), len(seen))
        counts = self._sums(
            place, code, self._calls[mine] * ~self._is_request[mine], len(known), len(seen)
        )
        features = [
            feature
            for number, values in counts
            for feature in self._features(self._operations.known[known[number]], values)
        ]
        return reached + features, self._spent(known, times, seen)

    def _sums(
        self, place: Ints, code: Ints, values: Floats, width: int, count: int
    ) -> list[tuple[int, Floats]]:
        """Return per operation the sum per request, of the operations most requests have."""
        pairs, at = np.unique(code * count + place, return_inverse=True)
        total = np.bincount(at, values, minlength=len(pairs))
        operation, request = np.divmod(pairs, count)
        bounds = np.searchsorted(operation, np.arange(width + 1))
        common = np.argsort(-np.diff(bounds), kind="stable")[:MOST]
        found = []
        for number in common.tolist():
            rows = slice(bounds[number], bounds[number + 1])
            column = np.zeros(count)
            column[request[rows]] = total[rows]
            found.append((number, column))
        return found

    @staticmethod
    def _features(operation: Operation, counts: Floats) -> list[Feature]:
        has = counts > 0
        name = _named(operation)
        found = []
        if FEWEST <= has.sum() < len(has):
            found.append(Feature(name=name, value=None, kind="structure", has=has))
        if len(np.unique(counts[has])) > 1:
            often = f"calls of {name}"
            found.append(Feature(name=often, value=None, kind="structure", has=has, numbers=counts))
        return found

    def _spent(self, known: Ints, times: list[tuple[int, Floats]], seen: Observed) -> list[Spent]:
        slow, rest = seen.weight * seen.slow, seen.weight * ~seen.slow
        return [
            Spent(
                self._operations.known[known[number]],
                float((values * slow).sum() / slow.sum()),
                float((values * rest).sum() / rest.sum()),
            )
            for number, values in times
        ]


def _named(operation: Operation) -> str:
    name = shown(operation.name)
    return f"{operation.service}: {name}" if operation.service else name


def _places(rows: Ints, entry: Ints) -> Ints:
    """Return the place in ``rows`` of every span's request, -1 where it is not among them."""
    order = np.argsort(rows, kind="stable")
    at = np.minimum(np.searchsorted(rows[order], entry), max(len(rows) - 1, 0))
    found: Ints = np.where(rows[order][at] == entry, order[at], -1)
    return found
