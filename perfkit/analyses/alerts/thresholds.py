"""What every alert compares with: defaults, what they mean, and where they come from."""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING, NamedTuple

from perfkit.errors import UsageError
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["THRESHOLDS", "Threshold", "limits"]


class Threshold(NamedTuple):
    """One number that can be changed: its default, its meaning and its source."""

    default: float
    meaning: str
    source: str


_NIELSEN = "Nielsen, Usability Engineering (1993), ch. 5: response times of 0.1, 1 and 10 s"
_SRE = "Google, Site Reliability Workbook (2018), ch. 5, Alerting on SLOs"
_SIGNALS = "Google, Site Reliability Engineering (2016), ch. 6, The Four Golden Signals"
_LITTLE = "Little, A Proof for the Queuing Formula L = lambda W, Operations Research 9 (1961)"
_USL = "Gunther, Guerrilla Capacity Planning (2007), ch. 4: the universal scalability law"
_GREGG = "Gregg, Systems Performance (2020), section 2.5.9, The USE Method"
_RFC = "RFC 9110, section 15: status codes"
_GUNICORN = "https://docs.gunicorn.org/en/stable/design.html#how-many-workers"
_SEASONAL = "Hirsch and Slack, Water Resources Research 20 (1984): seasonal Kendall test"
_TAIL = "a lognormal latency with an ordinary spread (sigma 0.45) has p99 = 2.85 p50"

#: Name -> (default, what it means, source); pass ``{"slow_p95_ms": 500}`` to change one.
THRESHOLDS: Mapping[str, Threshold] = {
    "slow_p95_ms": Threshold(1000.0, "a route is slow above this p95, in ms", _NIELSEN),
    "tail_ratio": Threshold(3.0, "a tail is long above this p99 / p50", _TAIL),
    "tail_from_ms": Threshold(100.0, "a p99 below this many ms feels immediate", _NIELSEN),
    "critical_p99_ms": Threshold(800.0, "p99 of a critical route, in ms", _NIELSEN),
    "critical_share": Threshold(0.05, "a route is critical from this share of requests", _SIGNALS),
    "error_rate": Threshold(0.01, "share of requests that may fail", _SRE),
    "fewest_errors": Threshold(5.0, "fewer failures say nothing about a route", _SRE),
    "error_window_s": Threshold(300.0, "length of the windows of the error rate, in s", _SRE),
    "window_requests": Threshold(100.0, "requests a window needs to be judged", _SRE),
    "window_errors": Threshold(10.0, "failures a window needs: five come by chance", _SRE),
    "contract_ratio": Threshold(3.0, "growth of the share of 400 or 422 on a route", _RFC),
    "load_error_ratio": Threshold(3.0, "errors at high load over those at low load", _USL),
    "week_drop": Threshold(0.2, "share of requests missing beside the week before", _SIGNALS),
    "week_days": Threshold(8.0, "days a comparison with the week before needs", _SIGNALS),
    "traffic_drop": Threshold(0.5, "share of requests that suddenly stay away", _SIGNALS),
    "slowdown_ratio": Threshold(1.5, "median latency over that at equal throughput", _SIGNALS),
    "together_share": Threshold(0.6, "share of all routes that slow down together", _GREGG),
    "ceiling_ratio": Threshold(2.0, "growth of concurrency at flat throughput", _LITTLE),
    "busy_cpu": Threshold(0.7, "CPU use (0 to 1) above which requests queue for it", _GREGG),
    "cpu_rise": Threshold(0.2, "rise of CPU use (0 to 1) at equal throughput", _GREGG),
    "full_memory": Threshold(0.9, "memory use (0 to 1) that counts as full", _GREGG),
    "workers_per_core": Threshold(4.0, "workers per core; 2 x cores + 1 is usual", _GUNICORN),
    "worker_timeouts": Threshold(3.0, "worker time-outs that are no accident", _GUNICORN),
    "growth_per_day": Threshold(0.02, "growth of the median latency per day", _SEASONAL),
    "growth_total": Threshold(0.2, "growth of the median latency over all days", _SEASONAL),
    "growth_days": Threshold(5.0, "days a trend needs", _SEASONAL),
    "spike_ratio": Threshold(3.0, "a request is a spike above this multiple of p50", _TAIL),
}


def limits(changed: Mapping[str, float] | None) -> dict[str, float]:
    """Return every threshold by name, with what ``changed`` says in its place.

    Raises:
        UsageError: an unknown name, or a value that is no positive number.

    Example:
        >>> limits({"slow_p95_ms": 500})["slow_p95_ms"]
        500.0
    """
    chosen = {name: threshold.default for name, threshold in THRESHOLDS.items()}
    for name, value in (changed or {}).items():
        _require_known(name)
        chosen[name] = _positive(name, value)
    return chosen


def _require_known(name: str) -> None:
    if name in THRESHOLDS:
        return
    near = difflib.get_close_matches(str(name), THRESHOLDS, n=3, cutoff=0.4)
    raise UsageError(
        f"thresholds: there is none called {visible(str(name), 60)!r}",
        hint=f"did you mean {' or '.join(map(repr, near))}?"
        if near
        else f"one of {', '.join(THRESHOLDS)}",
    )


def _positive(name: str, value: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise UsageError(
            f"thresholds: {name} must be a positive number, not {visible(repr(value), 60)}",
            hint=f"{name}: {THRESHOLDS[name].meaning}, by default {THRESHOLDS[name].default:g}",
        )
    return number
