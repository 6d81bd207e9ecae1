"""Which changes of a statement's plans made it slower, beyond chance."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from perfkit.analyses.plan_changes.history.stretches import FEWEST, MIXED
from perfkit.analyses.plan_changes.noise import times_differ
from perfkit.statistics.autocorrelation import autocorrelation_time
from perfkit.statistics.multiple import holm
from perfkit.statistics.shift import shift

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from perfkit.analyses.plan_changes.history.statement import Statement

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Change", "changes"]

Kind = Literal["flip", "drift", "alternation"]
_ALPHA = 0.05  # of the whole history, by Holm
_LEAST_MS = 1e-6


@dataclass(frozen=True, kw_only=True)
class Change:
    """Executions before and after (places in ``statement``), and how their times differ.

    Of an alternation "before" is the faster shape. ``ratio`` is the Hodges-Lehmann shift of
    the logarithms as a multiple, ``low`` and ``high`` its 95 % interval.
    """

    kind: Kind
    statement: Statement
    labels: tuple[int, int]
    before: Ints
    after: Ints
    ratio: float
    low: float
    high: float
    p_value: float

    @property
    def medians(self) -> tuple[float, float]:
        """Median durations in ms."""
        ms = self.statement.ms
        return float(np.nanmedian(ms[self.before])), float(np.nanmedian(ms[self.after]))

    @property
    def at(self) -> tuple[int, int]:
        """The last execution before and the first one after, in ns."""
        at = self.statement.at
        return int(at[self.before[-1]]), int(at[self.after[0]])


def changes(statements: Iterable[Statement]) -> list[Change]:
    """Return the changes whose times differ: Mann-Whitney, p < 0.05 after Holm's correction.

    Neighbouring executions resemble each other, which the test allows for
    (:func:`perfkit.statistics.autocorrelation.autocorrelation_time`). The medians must differ
    by 20 % and 1 ms as well. Fewer than six executions a side say nothing.
    """
    found = [one for statement in statements if statement.dated for one in _tested(statement)]
    if not found:
        return []
    p_values = holm([one.p_value for one in found])
    return [
        one
        for one, p in zip(found, p_values, strict=True)
        if p < _ALPHA and times_differ(*one.medians)
    ]


class _Candidate(NamedTuple):
    """Two groups of executions to compare: shapes, and places in the statement."""

    kind: Kind
    labels: tuple[int, int]
    before: Ints
    after: Ints


def _tested(statement: Statement) -> Iterator[Change]:
    for candidate in (*_flips(statement), *_alternations(statement), *_drifts(statement)):
        one = _compared(statement, candidate)
        if one is not None:
            yield one


def _flips(statement: Statement) -> Iterator[_Candidate]:
    """Yield neighbouring stretches that have a shape each."""
    for one, other in itertools.pairwise(statement.stretches):
        if min(one.share, other.share) > 1 - MIXED and one.main != other.main:
            before = statement.places(one.main, one.low, one.high)
            after = statement.places(other.main, other.low, other.high)
            yield _Candidate("flip", (one.main, other.main), before, after)


def _alternations(statement: Statement) -> Iterator[_Candidate]:
    """Yield the two shapes that most executions of a mixed stretch have."""
    for part in statement.stretches:
        if part.share <= 1 - MIXED:
            second = _second(statement.labels[part.low : part.high], part.main)
            before = statement.places(part.main, part.low, part.high)
            after = statement.places(second, part.low, part.high)
            yield _Candidate("alternation", (part.main, second), before, after)


def _drifts(statement: Statement) -> Iterator[_Candidate]:
    """Yield the earlier and the later half of each shape's executions."""
    for label in range(len(statement.shapes)):
        places = statement.places(label)
        half = places.size // 2
        yield _Candidate("drift", (label, label), places[:half], places[half:])


def _second(labels: Ints, main: int) -> int:
    counts = np.bincount(labels)
    counts[main] = 0
    return int(counts.argmax())


def _compared(statement: Statement, candidate: _Candidate) -> Change | None:
    kind, labels, *places = candidate
    known = [one[np.isfinite(statement.ms[one])] for one in places]
    if min(one.size for one in known) < FEWEST:
        return None
    first, second = (_logs(statement.ms[one]) for one in known)
    if kind == "alternation" and np.median(first) > np.median(second):
        known, labels, (first, second) = known[::-1], labels[::-1], (second, first)
    moved = shift(first, second, tau=autocorrelation_time(first, second))
    return Change(
        kind=kind,
        statement=statement,
        labels=labels,
        before=known[0],
        after=known[1],
        ratio=math.exp(moved.value),
        low=math.exp(moved.low),
        high=math.exp(moved.high),
        p_value=moved.p_value,
    )


def _logs(ms: Floats) -> Floats:
    found: Floats = np.log(np.maximum(ms, _LEAST_MS))
    return found
