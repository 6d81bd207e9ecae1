"""Budgets as people type them: ``p95<200ms``, ``error_rate<1%``, several joined by ``and``.

A budget on a percentile is one on a share of the requests: p95 below 200 ms allows 5 % of them to
take as long or longer. So does one on failures, which is why both burn alike (Google, The Site
Reliability Workbook, 2018, chapter 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit import units
from perfkit.errors import UsageError

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["DEFAULT", "Budget", "Objective", "objectives", "parse"]

#: Below 300 ms an interface still feels snappy; there is no prize for the next 10 ms.
DEFAULT = "p95<300ms"

_JOINED = re.compile(r"\s+and\s+|\s*(?:[,;]|&&)\s*", re.IGNORECASE)
_COMPARED = re.compile(r"\s*([^<>=]{1,40}?)\s*(<=?|>=?)\s*([^<>=\n]{1,24}?)\s*\Z")
_PERCENTILE = re.compile(r"p\(?(\d{1,2}(?:\.\d{1,4})?)\)?\Z")  # p95, and p(95) as k6 writes it
_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(%?)\Z")
_NAMES = {
    "median": "p50",
    "maximum": "max",
    "errors": "error_rate",
    "error rate": "error_rate",
    "failure_rate": "error_rate",
    "failure rate": "error_rate",
    "success_rate": "availability",
    "success rate": "availability",
}
_AVERAGES = {"mean", "avg", "average"}
_HINT = 'write it as budget="p95<200ms"; or p99.9<=1s, max<3s, error_rate<1%, availability>99.9%'
#: Shares are sums of decimal fractions: 1 - 0.95 is to be 0.05.
_DIGITS = 12


@dataclass(frozen=True)
class Budget:
    """The 95th percentile that is good enough."""

    p95_ms: float

    def __str__(self) -> str:
        """Return the budget as it is typed."""
        return f"p95 < {units.format_ms(self.p95_ms)}"


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a share of the requests must keep.

    ``metric`` is a percentile such as ``p99.9``, ``max``, ``error_rate`` or ``availability``;
    ``limit`` is in ms for the first two, a share (0 to 1) for the others; ``inclusive``: what
    equals the limit keeps it.
    """

    metric: str
    limit: float
    inclusive: bool = False

    @property
    def timed(self) -> bool:
        """Whether it limits durations; otherwise failures."""
        return self.metric.startswith("p") or self.metric == "max"

    @property
    def quantile(self) -> float | None:
        """The quantile (0 to 1) that is limited, None where it is no percentile."""
        if not self.metric.startswith("p"):
            return None
        return round(float(self.metric[1:]) / 100, _DIGITS)

    @property
    def allowed(self) -> float:
        """The share of the requests (0 to 1) that may be over the limit, or fail."""
        if self.timed:
            return round(1 - (self.quantile or 1.0), _DIGITS)
        return self.limit if self.metric == "error_rate" else round(1 - self.limit, _DIGITS)

    @property
    def broken_by(self) -> str:
        """What a request does that counts against it: ``take 200 ms or longer``, ``fail``."""
        if not self.timed:
            return "fail"
        limit = units.format_ms(self.limit)
        return f"take more than {limit}" if self.inclusive else f"take {limit} or longer"

    def __str__(self) -> str:
        """Return the objective as it is typed."""
        sign = (">" if self.metric == "availability" else "<") + "=" * self.inclusive
        limit = units.format_ms(self.limit) if self.timed else f"{self.limit * 100:.6g} %"
        return f"{self.metric} {sign} {limit}"


def parse(text: str) -> Budget:
    """Read ``"p95<200ms"``, which is all that ends an investigation.

    Raises:
        UsageError: it is another budget, or none.
    """
    (found, *more) = objectives(text)
    if more or found.metric != "p95":
        raise UsageError(
            f"budget {_shown(text)} is not understood here, where one p95 says when to stop",
            hint=f'write it as budget="p95<200ms"; perfkit.slo(rec, {_shown(text)}) judges any',
        )
    return Budget(found.limit)


def objectives(text: str) -> tuple[Objective, ...]:
    """Read budgets joined by ``and`` or commas; at least one.

    Raises:
        UsageError: one is not understood, or is one on an average.

    Example:
        >>> [str(one) for one in objectives("p95<0.2s and error_rate<=1%")]
        ['p95 < 200 ms', 'error_rate <= 1 %']
    """
    return tuple(dict.fromkeys(_objective(part, text) for part in _JOINED.split(text)))


def _objective(part: str, text: str) -> Objective:
    match = _COMPARED.match(part)
    if match is None:
        _refuse(text)
    metric = _metric(match[1], text)
    sign, limit = match[2], match[3]
    wanted = ">" if metric == "availability" else "<"
    if sign[0] != wanted:
        _refuse(text, f": {metric} is to be {'above' if wanted == '>' else 'below'} a limit")
    inclusive = sign.endswith("=")
    if metric in {"error_rate", "availability"}:
        return Objective(metric=metric, limit=_share(limit, text), inclusive=inclusive)
    return Objective(metric=metric, limit=_duration(limit, text), inclusive=inclusive)


def _metric(name: str, text: str) -> str:
    name = _NAMES.get(name.lower(), name.lower())
    if name in _AVERAGES:
        raise UsageError(
            f"budget {_shown(text)}: an average hides its tail, one request of 20 may take ten"
            " times as long",
            hint='use a percentile, such as "p95<200ms" (p50 is the request in the middle)',
        )
    if name in {"max", "error_rate", "availability"}:
        return name
    percentile = _PERCENTILE.match(name)
    if percentile is None or not float(percentile[1]):
        _refuse(text)
    return f"p{float(percentile[1]):g}"


def _duration(limit: str, text: str) -> float:
    ms = units.parse_duration_ms(limit)
    if ms <= 0:
        _refuse(text, ": no request takes less than nothing")
    return ms


def _share(limit: str, text: str) -> float:
    """Read ``1%`` or ``0.01``; a plain 1 could be meant as either."""
    match = _NUMBER.match(limit)
    if match is None:
        _refuse(text)
    share = float(match[1]) / (100 if match[2] else 1)
    if share > 1 or (share == 1 and not match[2]):
        _refuse(text, ": a share is up to 100 %, such as 1% or 0.01")
    return round(share, _DIGITS)


def _refuse(text: str, why: str = "") -> NoReturn:
    raise UsageError(f"budget {_shown(text)} is not understood{why}", hint=_HINT)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")  # noqa: PLR2004 - one line
