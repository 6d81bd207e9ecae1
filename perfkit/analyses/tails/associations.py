"""Which features go together with being slow: tested, corrected for many tests, ranked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import statistics
from perfkit.analyses.tails import significance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.analyses.tails.features import Feature
    from perfkit.analyses.tails.observed import Observed

__all__ = ["FALSE_DISCOVERIES", "Association", "associated", "tested"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: Of what is reported, at most so much may be chance (Benjamini and Hochberg's q).
FALSE_DISCOVERIES = 0.05
#: What explains less of the slow requests is not worth a look.
LEAST_EXPLAINED = 0.10
#: A slow request's number is larger than another's so often (0.5: no difference; 0.64 is what
#: Vargha and Delaney, Journal of Educational and Behavioral Statistics 25 (2000) 101, call medium).
LEAST_LARGER = 0.64
#: Features that agree in so many of the requests that have one of them are one.
SAME = 0.95
#: A confounded feature is looked for among so many that explain more.
STRATA = 5
_KINDS = ("attribute", "structure", "number", "period")


@dataclass(frozen=True, kw_only=True, eq=False)
class Association:
    """A feature and how it goes together with being slow.

    Attributes:
        slow_share: share of the slow requests that have it (numbers: at or above ``typical``).
        rest_share: share of the others.
        slow_has: how many slow requests have it, unweighted.
        typical: numbers: median of the slow requests; ``other``: of the rest.
        p_value: of the test; ``q_value``: after correction for all features of all routes.
        risk: share of the requests with it that are slow; ``other_risk``: of those without.
        slower_ms: median duration with it less that without, ``low`` to ``high``.
        names: other features that the same requests have.
        behind: what explains it: within requests alike in that, it makes no difference.
    """

    feature: Feature
    route: str
    slow_share: float
    rest_share: float
    slow_has: int
    requests: int
    typical: float | None = None
    other: float | None = None
    p_value: float
    q_value: float = 1.0
    risk: float
    other_risk: float
    slower_ms: float
    low: float
    high: float
    names: tuple[str, ...] = field(default=())
    behind: str = ""

    @property
    def explained(self) -> float:
        """Share of the slow requests that would not be slow, were those with it like the others.

        The attributable fraction (Miettinen, American Journal of Epidemiology 99 (1974) 325).
        """
        if self.risk <= self.other_risk:
            return 0.0
        return self.slow_share * (1 - self.other_risk / self.risk)

    @property
    def lift(self) -> float:
        """How many times as frequent it is among the slow requests."""
        return self.slow_share / self.rest_share if self.rest_share else float("inf")

    @property
    def title(self) -> str:
        """The feature as people write it."""
        own = self.feature
        return own.name if own.value is None else f"{own.name} = {own.value}"


def tested(seen: Observed, features: Sequence[Feature]) -> list[Association]:
    """Return every feature with its test, none left out: the correction needs all."""
    return [_tested(seen, feature) for feature in features]


def _tested(seen: Observed, feature: Feature) -> Association:
    if feature.numbers is not None:
        return _number(seen, feature)
    slow, rest = seen.weight * seen.slow, seen.weight * ~seen.slow
    slow_share = float((slow * feature.has).sum() / slow.sum())
    rest_share = float((rest * feature.has).sum() / rest.sum())
    n_slow = round(significance.effective(seen.weight[seen.slow]))
    n_rest = round(significance.effective(seen.weight[~seen.slow]))
    p = significance.fisher_exact(
        round(slow_share * n_slow), n_slow, round(rest_share * n_rest), n_rest
    )
    return _association(seen, feature, slow_share, rest_share, p)


def _number(seen: Observed, feature: Feature) -> Association:
    """Test a number by its ranks; as a flag it is "at least the slow requests' median"."""
    numbers = feature.numbers
    assert numbers is not None
    known = ~np.isnan(numbers)
    p, larger = significance.mann_whitney(numbers[known], seen.slow[known], seen.weight[known])
    typical, other = _medians(numbers, seen, known)
    flags = known & (numbers >= typical)
    own = replace(feature, has=flags)
    slow, rest = seen.weight * (seen.slow & known), seen.weight * (~seen.slow & known)
    shares = [float((w * flags).sum() / w.sum()) if w.sum() else 0.0 for w in (slow, rest)]
    p = p if larger >= LEAST_LARGER and typical > other else 1.0
    found = _association(seen, own, shares[0], shares[1], p)
    return replace(found, typical=typical, other=other)


def _medians(numbers: Floats, seen: Observed, known: Flags) -> tuple[float, float]:
    slow, rest = numbers[known & seen.slow], numbers[known & ~seen.slow]
    return (
        float(np.median(slow)) if slow.size else 0.0,
        float(np.median(rest)) if rest.size else 0.0,
    )


def _association(
    seen: Observed, feature: Feature, slow_share: float, rest_share: float, p: float
) -> Association:
    with_it, without = seen.duration_ms[feature.has], seen.duration_ms[~feature.has]
    low, high = _difference(with_it, without)
    return Association(
        feature=feature,
        route=seen.route,
        slow_share=slow_share,
        rest_share=rest_share,
        slow_has=int((feature.has & seen.slow).sum()),
        requests=int(feature.has.sum()),
        p_value=p,
        risk=_risk(seen, feature.has),
        other_risk=_risk(seen, ~feature.has),
        slower_ms=statistics.quantile(with_it, 0.5) - statistics.quantile(without, 0.5),
        low=low,
        high=high,
    )


def _difference(one: Floats, other: Floats) -> tuple[float, float]:
    """Return an interval of the difference of medians, from those of both (so 95 % or more)."""
    (low, high), (least, most) = (statistics.quantile_interval(x, 0.5) for x in (one, other))
    return low - most, high - least


def _risk(seen: Observed, has: Flags) -> float:
    """Return the share of requests that are slow among those with ``has``."""
    total = float(seen.weight[has].sum()) if has.any() else 0.0
    return float(seen.weight[has & seen.slow].sum()) / total if total else 0.0


def associated(seen: Observed, found: Sequence[Association]) -> list[Association]:
    """Return what goes together with being slow, what explains most first.

    Features of the same requests are one; one that makes no difference among requests that are
    alike in a stronger one says so in ``behind``. ``found`` has its q-values.
    """
    notable = [
        one
        for one in found
        if one.q_value <= FALSE_DISCOVERIES
        and one.explained >= LEAST_EXPLAINED
        and one.slow_share > one.rest_share
    ]
    notable.sort(key=lambda one: (-one.explained, _KINDS.index(one.feature.kind), one.title))
    return list(_explained_by_stronger(seen, _merged(_one_of_each_number(notable))))


def _one_of_each_number(notable: Sequence[Association]) -> list[Association]:
    """Keep of a number's ranks and its largest tenth what explains more."""
    first: dict[str, Association] = {}
    for one in notable:
        if one.feature.kind == "number":
            first.setdefault(one.feature.name, one)
    return [one for one in notable if first.get(one.feature.name, one) is one]


def _merged(notable: Sequence[Association]) -> list[Association]:
    """Join features that (nearly) the same requests have; attributes give the name."""
    if not notable:
        return []
    has = np.stack([one.feature.has for one in notable]).astype(np.float32)
    common = has @ has.T
    size = has.sum(axis=1)
    same = common >= SAME * (size[:, None] + size[None, :] - common)
    taken = np.zeros(len(notable), np.bool_)
    merged = []
    for place, one in enumerate(notable):
        if taken[place]:
            continue
        group = np.flatnonzero(same[place] & ~taken)
        taken[group] = True
        members = sorted(group.tolist(), key=lambda n: _KINDS.index(notable[n].feature.kind))
        first = notable[members[0]] if place not in members[:1] else one
        others = tuple(dict.fromkeys(notable[n].title for n in members if notable[n] is not first))
        merged.append(replace(first, names=others))
    return merged


def _explained_by_stronger(seen: Observed, notable: Sequence[Association]) -> Iterator[Association]:
    stronger: list[Association] = []
    for one in notable:
        behind = next((other for other in stronger if _makes_no_difference(seen, one, other)), None)
        if behind is None and len(stronger) < STRATA:
            stronger.append(one)
        yield replace(one, behind=behind.title) if behind else one


def _makes_no_difference(seen: Observed, one: Association, other: Association) -> bool:
    """Say whether ``one`` tells nothing about requests alike in ``other``."""
    stratum = other.feature.has.astype(np.int64)
    p = significance.mantel_haenszel(one.feature.has, seen.slow, stratum)
    return p > FALSE_DISCOVERIES
