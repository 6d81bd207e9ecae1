"""Failures by route and method: a POST that fails is not healed by the GETs on its path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.alerts import intervals
from perfkit.analyses.groups import Groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.alerts.rows import Flags, Floats, Ints, Rows

__all__ = ["Methods", "measure"]


@dataclass(frozen=True)
class Methods:
    """One element per route and method that occur together, by route, lowest failure rate first.

    ``route`` and ``method`` are places in the labels of the rows; ``known`` counts the requests
    of which it is known whether they failed (1 at least).
    """

    route: Ints
    method: Ints
    known: Floats
    failed: Floats
    labels: Sequence[str | None]

    @property
    def rate(self) -> Floats:
        """The share of failures."""
        return self.failed / self.known

    def named(self) -> Flags:
        """Say which methods have a name."""
        return np.array([label is not None for label in self.labels], np.bool_)[self.method]

    def differing(self, above: Flags) -> Flags:
        """Say which of these are on a route whose methods differ clearly.

        One of those ``above`` then fails more often than all methods of its route that fail
        less, taken together: Wilson's 95 % intervals of the two do not overlap.
        """
        failed, known = self._below(self.failed), self._below(self.known)
        lowest = intervals.lowest_share(self.failed, self.known)
        clear = above & (known > 0) & (lowest > intervals.highest_share(failed, known))
        return np.isin(self.route, self.route[clear])

    def _below(self, counts: Floats) -> Floats:
        """Return the sum of the counts before each of the same route."""
        before = np.cumsum(counts) - counts
        first = np.searchsorted(self.route, self.route)
        below: Floats = before - before[first]
        return below


def measure(rows: Rows) -> Methods:
    """Count the requests, and those that failed, by route and method."""
    width = len(rows.method.labels)
    route, method, known = _crossed(rows, None if rows.known.all() else rows.known)
    key = route * width + method  # in order
    failed = np.zeros(len(key))
    bad_route, bad_method, count = _crossed(rows, rows.failed)
    failed[np.searchsorted(key, bad_route * width + bad_method)] = count
    order = np.lexsort((failed / known, route))
    return Methods(route[order], method[order], known[order], failed[order], rows.method.labels)


def _crossed(rows: Rows, where: Flags | None) -> tuple[Ints, Ints, Floats]:
    by, methods = rows.route, rows.method
    if where is None:
        return by.crossed(methods.codes, len(methods.labels))
    some = Groups(by.labels, by.codes[where])
    return some.crossed(methods.codes[where], len(methods.labels))
