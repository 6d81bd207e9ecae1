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
from perfkit.statistics.student import two_sided

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.plan_changes.history.statement import Statement

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Change", "changes", "welch"]

Kind = Literal["flip", "drift", "alternation"]
_ALPHA = 0.05  # of the whole history, by Holm
_LOCAL = 0.5
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
    """Return the changes whose times differ: p < 0.05 after Holm's correction.

    The smaller p-value of Mann and Whitney's test and of Welch's counts, twice. Neighbouring
    executions resemble each other, which both allow for
    (:func:`perfkit.statistics.autocorrelation.autocorrelation_time`): simulated, 1 to 5 % of flips
    that change nothing are reported, 7 % where 20 executions in a row resemble each other. The
    medians must differ by 20 % and 1 ms as well, and around a flip those of six executions a side
    by half as many times. Fewer than six a side say nothing.
    """
    found = [one for statement in statements if statement.dated for one in _tested(statement)]
    of_plans = [one for one in found if one.kind != "drift"]
    drifts = [one for one in found if one.kind == "drift"]
    sure = [*_sure(of_plans), *_sure(drifts)]  # two questions, each with its own correction
    return [one for one in sure if times_differ(*one.medians) and _at_once(one)]


def _sure(found: Sequence[Change]) -> list[Change]:
    if not found:
        return []
    p_values = holm([one.p_value for one in found])
    return [one for one, p in zip(found, p_values, strict=True) if p < _ALPHA]


def _at_once(change: Change) -> bool:
    """Whether a flip moved the times when it happened: half of the way, not in the long run."""
    if change.kind != "flip":
        return True
    ms = change.statement.ms
    before, after = (
        float(np.median(_logs(ms[places])))
        for places in (change.before[-FEWEST:], change.after[:FEWEST])
    )
    return (after - before) / math.log(change.ratio) >= _LOCAL if change.ratio != 1 else False


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
    tau = autocorrelation_time(first, second)
    moved = shift(first, second, tau=tau)
    return Change(
        kind=kind,
        statement=statement,
        labels=labels,
        before=known[0],
        after=known[1],
        ratio=math.exp(moved.value),
        low=math.exp(moved.low),
        high=math.exp(moved.high),
        p_value=min(1.0, 2 * min(moved.p_value, welch(first, second, tau))),
    )


def welch(first: Floats, second: Floats, tau: float) -> float:
    """Return the p-value of Welch's t test (Biometrika 34 (1947) 28) of dependent samples.

    Each counts as size / tau independent ones, two at least. Where a course within each side
    leaves few of these, ranks alone cannot tell: a shift of forty times can.
    """
    sizes = [max(one.size / tau, 2.0) for one in (first, second)]
    parts = [float(np.var(one, ddof=1)) / n for one, n in zip((first, second), sizes, strict=True)]
    error = sum(parts)
    if error <= 0:
        return 1.0
    freedom = error**2 / sum(part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True))
    return two_sided(abs(float(second.mean() - first.mean())) / math.sqrt(error), freedom)


def _logs(ms: Floats) -> Floats:
    found: Floats = np.log(np.maximum(ms, _LEAST_MS))
    return found
