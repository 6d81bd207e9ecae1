"""Verdicts in words: what is real, what is too small to matter, what could have been seen.

A key is ``slower`` or ``faster`` only if both hold: its p-value, corrected for autocorrelation
and (Holm) for the number of keys, is below 0.05, and the shift is at least the smallest effect
that matters: 5 % unless asked otherwise, and twice the drift between the runs before, where
three or more tell it. 5 % keeps drift of 2 % between single runs below 8 % false alarms
(simulated in ``benchmarks/compare_errors.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from perfkit.statistics.multiple import holm
from perfkit.statistics.student import upper_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.comparing.latency import Latency, Quantile

__all__ = ["ALPHA", "FASTER", "FEW", "GONE", "NEW", "NO_CHANGE", "SLOWER", "Verdict", "verdicts"]

SLOWER, FASTER, NO_CHANGE, FEW = "slower", "faster", "no change detected", "too few samples"
NEW, GONE = "new", "gone"
ALPHA = 0.05
#: A tail that alone grew or shrank is told beside the verdict, and must be all the surer.
TAIL_ALPHA, TAIL_EFFECTS = 0.01, 2.0
_POWER = NormalDist().inv_cdf(0.8)  # a change that is seen in four of five such comparisons
_TAILS = (90, 95, 99)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is said of one key; ``effect`` and ``detectable`` in natural logarithms."""

    word: str
    p_value: float
    effect: float
    detectable: float
    tail: int | None = None  # the percentile that moved although the verdict does not say so
    tail_word: str | None = None


def verdicts(
    found: Sequence[Latency], counts: Sequence[tuple[int, int]], min_effect: float
) -> list[Verdict]:
    """Judge every key.

    Args:
        found: the latency of each.
        counts: how many rows each has before and after, whether compared or not.
        min_effect: the smallest change that matters, in natural logarithms.
    """
    adjusted = holm([one.shift.p_value for one in found]).tolist()
    tested = sum(not math.isnan(p) for p in adjusted)
    effects = [max(min_effect, 2 * one.drift) if one.drift > 0 else min_effect for one in found]
    words = list(map(_word, found, counts, adjusted, effects))
    tails = _tails(found, words, min_effect)
    return [
        Verdict(
            word=word,
            p_value=p,
            effect=effect,
            detectable=_detectable(one, effect, tested),
            tail=tail[0] if tail else None,
            tail_word=tail[1] if tail else None,
        )
        for one, word, p, effect, tail in zip(found, words, adjusted, effects, tails, strict=True)
    ]


def _word(one: Latency, rows: tuple[int, int], p_value: float, effect: float) -> str:
    if not min(rows):
        return NEW if rows[1] else GONE
    if math.isnan(p_value):
        return FEW
    if p_value >= ALPHA or abs(one.shift.value) < effect:
        return NO_CHANGE
    return SLOWER if one.shift.value > 0 else FASTER


def _detectable(one: Latency, effect: float, tested: int) -> float:
    """Return the smallest shift that is seen with a probability of 80 %, beside all others."""
    if math.isnan(one.shift.error):
        return math.nan
    level = round(ALPHA / 2 / max(1, tested), 12)
    sure = upper_quantile(level, float(f"{max(one.shift.freedom, 1.0):.2g}"))
    return max(effect, (sure + _POWER) * one.shift.error)


def _tails(
    found: Sequence[Latency], words: Sequence[str], min_effect: float
) -> list[tuple[int, str] | None]:
    """Return for every key the percentile that moved most surely, if the verdict is silent."""
    places = [(key, p) for key in range(len(found)) for p in _TAILS]
    quantiles = [found[key].quantiles[p] for key, p in places]
    adjusted = holm([one.p_value for one in quantiles])
    sure: list[tuple[int, str] | None] = [None] * len(found)
    for at in np.argsort(-adjusted, kind="stable"):
        key, p = places[at]
        if adjusted[at] < TAIL_ALPHA and _moved(quantiles[at], min_effect):
            word = SLOWER if quantiles[at].shift > 0 else FASTER
            sure[key] = (p, word) if words[key] != word else None
    return sure


def _moved(one: Quantile, min_effect: float) -> bool:
    return abs(one.shift) >= TAIL_EFFECTS * min_effect and one.low * one.high > 0
