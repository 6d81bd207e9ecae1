"""Tests of association between "is slow" and something else; NumPy only.

Weighted rows (sampled spans) count as their effective number, (sum w)**2 / sum w**2: Kish,
Survey Sampling (1965), section 11.7. With equal weights that is the number of rows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "benjamini_hochberg",
    "effective",
    "fisher_exact",
    "mann_whitney",
    "mantel_haenszel",
]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: Probabilities that differ by rounding only are equal (as in R's fisher.test).
_ROUNDING = 1 + 1e-7


def effective(weights: Floats) -> float:
    """Return how many equally weighted rows would tell as much."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def fisher_exact(slow_has: int, slow: int, rest_has: int, rest: int) -> float:
    """Return the two-sided p-value of Fisher's exact test for ``has`` among slow and rest.

    Source: Agresti, Categorical Data Analysis, 3rd ed., section 3.5; tables as likely as the
    one seen, or less, count.

    Example:
        >>> round(fisher_exact(3, 4, 1, 4), 3)
        0.486
    """
    has = slow_has + rest_has
    if not has or has == slow + rest or not slow or not rest:
        return 1.0
    low, high = max(0, has - rest), min(slow, has)
    cells = np.arange(low, high + 1)
    logs = _log_choose(slow, cells) + _log_choose(rest, has - cells)
    chance = np.exp(logs - logs.max())
    seen = chance[slow_has - low]
    return min(1.0, float(chance[chance <= seen * _ROUNDING].sum() / chance.sum()))


def _log_choose(n: int, k: NDArray[np.int64]) -> Floats:
    logs = _log_factorials(n)
    found: Floats = logs[n] - logs[k] - logs[n - k]
    return found


def _log_factorials(n: int) -> Floats:
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1, dtype=np.float64)))))


def mann_whitney(values: Floats, slow: Flags, weights: Floats) -> tuple[float, float]:
    """Return the p-value of the rank-sum test, and the probability that a slow value is larger.

    Two-sided, normal approximation corrected for ties (Hollander, Wolfe and Chicken,
    Nonparametric Statistical Methods, 3rd ed., section 4.1). Values are known, ties count half.

    Example:
        >>> slow = np.array([True] * 8 + [False] * 8)
        >>> p, larger = mann_whitney(np.arange(16.0), slow, np.ones(16))
        >>> round(p, 4), larger
        (0.0008, 0.0)
    """
    many, few = effective(weights[~slow]), effective(weights[slow])
    if min(many, few) < 1:
        return 1.0, 0.5
    order = np.argsort(values, kind="stable")
    bounds = np.flatnonzero(np.diff(values[order])) + 1
    starts = np.concatenate(([0], bounds))
    in_slow = np.add.reduceat(np.where(slow, weights, 0.0)[order], starts)
    in_rest = np.add.reduceat(np.where(slow, 0.0, weights)[order], starts)
    total_slow, total_rest = in_slow.sum(), in_rest.sum()
    below = np.cumsum(in_rest) - in_rest
    larger = float((in_slow * (below + in_rest / 2)).sum() / (total_slow * total_rest))
    count = few + many
    tied = in_slow / total_slow * few + in_rest / total_rest * many
    ties = float(np.maximum(tied**3 - tied, 0).sum()) / (count * (count - 1))
    variance = (count + 1 - ties) / (12 * few * many)
    if variance <= 0:
        return 1.0, larger
    return math.erfc(abs(larger - 0.5) / math.sqrt(2 * variance)), larger


def mantel_haenszel(has: Flags, slow: Flags, stratum: NDArray[np.int64]) -> float:
    """Return the p-value of the Cochran-Mantel-Haenszel test of ``has`` with ``slow``.

    Whether they go together within the strata; without continuity correction. Source:
    Agresti, Categorical Data Analysis, 3rd ed., section 6.4.2. 1 where no stratum can tell.
    """
    surplus = variance = 0.0
    for one in np.unique(stratum):
        rows = stratum == one
        n, with_it, are_slow = int(rows.sum()), int(has[rows].sum()), int(slow[rows].sum())
        if n < 2:  # noqa: PLR2004 - a variance needs two
            continue
        surplus += float((has[rows] & slow[rows]).sum()) - with_it * are_slow / n
        variance += with_it * (n - with_it) * are_slow * (n - are_slow) / (n * n * (n - 1))
    return math.erfc(math.sqrt(surplus**2 / variance / 2)) if variance > 0 else 1.0


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return q-values: the false discovery rate at which each would be reported.

    Source: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289.

    Example:
        >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
        [0.04, 0.0533, 0.0533, 0.5]
    """
    count = len(p_values)
    order = np.argsort(p_values)
    scaled = p_values[order] * count / np.arange(1, count + 1)
    found = np.empty(count)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found
