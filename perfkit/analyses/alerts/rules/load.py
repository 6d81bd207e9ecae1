"""Errors that rise with load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.alerts import intervals, series
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.analyses.failures import QUERY
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.binned import Binned
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Floats

__all__ = ["rule", "shifted_chance"]

_BINS = 60
_FAILURES = 20
#: Between the tenth and the ninetieth percentile of load there must be this factor.
_RANGE = 1.5
#: Chance of as strong a correlation if the errors had come at another time.
_CHANCE = 0.01
#: The stretch without which the rise must still show, as a share of the recording.
_STRETCH = 0.2


def rule(look: Look) -> Verdict:
    """Compare the error rate of the busiest quarter of all bins with that of the quieter half.

    At least 60 bins, 20 failures, and a load that varies by half. The ranks of error rate and
    load must correlate more than in 99 of 100 recordings in which the errors are shifted in
    time (around the end), which keeps how long both last; and the same must show without the
    fifth of the time that holds most failures: one peak with one incident is a coincidence,
    errors at every peak are not.
    """
    bins = look.course
    why = look.short if bins is None else _why(bins)
    high = low = float("nan")
    alerts: list[Alert] = []
    if bins is not None and not why:
        high, low, _ = _rates(bins, np.ones(bins.grid.size, np.bool_))
        alerts = [_alert(bins, high, low)] if _rises(look, bins) else []
    return Verdict(
        rule="errors-with-load",
        checked="error rate of the busiest quarter of all bins over that of the quieter half",
        threshold=look.limits["load_error_ratio"],
        value=high / low if low else float("nan"),
        alerts=alerts,
        why=why,
    )


def _why(bins: Binned) -> str:
    busy = bins.count[bins.known > 0]
    if len(busy) < _BINS:
        return f"{len(busy)} bins with a status, fewer than {_BINS}"
    if bins.failed.sum() < _FAILURES:
        return ""
    spread = series.quantile(busy, 0.9) / max(series.quantile(busy, 0.1), 1.0)
    return "" if spread >= _RANGE else "the load hardly varies"


def _rates(bins: Binned, kept: Any) -> tuple[float, float, float]:
    """Return the error rate at high and at low load, and the lowest that the high one can be."""
    busy = bins.known > 0
    high = kept & busy & (bins.count >= series.quantile(bins.count[busy], 0.75))
    low = kept & busy & (bins.count <= series.quantile(bins.count[busy], 0.5))
    rates = [float(bins.failed[w].sum() / max(bins.known[w].sum(), 1.0)) for w in (high, low)]
    certain = intervals.lowest_share(bins.failed[high].sum(), bins.known[high].sum())
    return rates[0], rates[1], float(certain)


def _rises(look: Look, bins: Binned) -> bool:
    if bins.failed.sum() < _FAILURES:
        return False
    for kept in (np.ones(bins.grid.size, np.bool_), _without_worst(bins)):
        high, low, certain = _rates(bins, kept)
        if certain <= look.limits["error_rate"] or high < look.limits["load_error_ratio"] * low:
            return False
    busy = bins.known > 0
    return shifted_chance(bins.failed[busy] / bins.known[busy], bins.count[busy]) < _CHANCE


def _without_worst(bins: Binned) -> Any:
    """Say which bins are outside of the stretch that holds most failures."""
    length = max(1, int(_STRETCH * bins.grid.size))
    held = np.convolve(bins.failed, np.ones(length), "valid")
    first = int(np.argmax(held))
    kept = np.ones(bins.grid.size, np.bool_)
    kept[first : first + length] = False
    return kept


def shifted_chance(one: Floats, other: Floats) -> float:
    """Return how often the ranks of two series correlate as strongly when one is shifted.

    All shifts around the end, by way of the Fourier transform: the correlation theorem.
    """
    first, second = (series.ranks(values) for values in (one, other))
    first, second = first - first.mean(), second - second.mean()
    product = np.fft.rfft(first) * np.conj(np.fft.rfft(second))
    correlation = np.fft.irfft(product, len(first))
    slack = 1e-9 * float(np.abs(correlation).max())
    return float((correlation >= correlation[0] - slack).mean())


def _alert(bins: Binned, high: float, low: float) -> Alert:
    busiest = series.quantile(bins.rate, 0.75)
    finding = Finding(
        rule="errors-with-load",
        severity="warning",
        title=f"{units.format_share(high)} of the requests fail when more than"
        f" {busiest:.3g} a second arrive, {units.format_share(low)} when it is quiet",
        evidence=[
            {
                "busy_error_rate": high,
                "quiet_error_rate": low,
                "busy_rate_per_s": busiest,
                "quiet_rate_per_s": series.quantile(bins.rate, 0.5),
            }
        ],
        fix=Fix(
            text="Something has a fixed size: a pool, a queue, a limit of connections or of"
            " requests. See which one is full at the peaks before adding machines.",
            snippet=f"perfkit.pool(rec)\nrec.requests.query({QUERY!r}).status.value_counts()",
            language="python",
        ),
        confidence="high",
        reference=THRESHOLDS["load_error_ratio"].source,
    )
    return Alert(finding=finding)
