"""Student's t distribution: tail probabilities and quantiles for any degrees of freedom.

The tail is the regularised incomplete beta function (NIST Digital Library of Mathematical
Functions, 8.17), computed from its continued fraction 8.17.22 by Lentz's method (Press et al.,
Numerical Recipes, 3rd ed., section 6.4).
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

__all__ = ["two_sided", "upper_quantile"]

_TINY = 1e-300
_PRECISE = 1e-14
_MOST_TERMS = 500
#: Where t and the normal distribution agree to five digits; the fraction needs ever more terms.
_NORMAL_FROM = 1e5


def two_sided(t: float, freedom: float) -> float:
    """Return the probability that ``|T|`` is at least ``|t|``.

    Example:
        >>> round(two_sided(2.228, 10), 4)
        0.05
    """
    if math.isnan(t) or math.isnan(freedom) or freedom <= 0:
        return math.nan
    if math.isinf(t):
        return 0.0
    if freedom >= _NORMAL_FROM:
        return math.erfc(abs(t) / math.sqrt(2))
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


@lru_cache(maxsize=4096)
def upper_quantile(probability: float, freedom: float) -> float:
    """Return the ``t`` that is exceeded with ``probability`` (0 to 0.5), by bisection.

    Example:
        >>> round(upper_quantile(0.025, 10), 3)
        2.228
    """
    if freedom >= _NORMAL_FROM:
        return NormalDist().inv_cdf(1 - probability)
    low, high = 0.0, 1.0
    while two_sided(high, freedom) / 2 > probability:
        low, high = high, high * 2
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        if two_sided(middle, freedom) / 2 > probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return I_x(a, b); the fraction converges quickly below the mean of the distribution."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < _PRECISE:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
