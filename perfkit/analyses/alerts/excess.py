"""Whether requests fail clearly more often in a window than in the rest of the recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.alerts import intervals, series

if TYPE_CHECKING:
    from perfkit.analyses.alerts.rows import Flags, Floats

__all__ = ["RATIO", "dispersion", "is_clear", "usual"]

#: A window is an incident from this multiple of the rest on, as of errors with load
#: (``load_error_ratio``); below it, it is the usual course of a service that fails a little.
RATIO = 3.0
#: Chance, for all windows together, that a recording that fails at a constant rate has one.
_CHANCE = 0.001


def usual(failed: Floats, of: Floats, fewest: float) -> float:
    """Return the lower quartile of the rates of those steps that have requests enough.

    It is what is usual even where an incident holds most of the recording; 0 where no step has.
    """
    enough = of >= fewest
    return series.quantile(failed[enough] / of[enough], 0.25) if enough.any() else 0.0


def is_clear(failed: Floats, of: Floats, inside: Flags, rest: Flags, length: int) -> bool:
    """Say whether steps ``inside`` an incident fail clearly more often than those of the ``rest``.

    Their rate is three times that of the rest, and so many failures are no chance: Chernoff's
    bound at the upper end of Wilson's interval of the rest, for every window of ``length`` steps
    that the recording has. Failures that come in clusters count as fewer (:func:`dispersion`).
    Without a rest nothing is clear.
    """
    bad, mine = float(failed[inside].sum()), float(of[inside].sum())
    bad_rest, others = float(failed[rest].sum()), float(of[rest].sum())
    if not others or not mine or bad / mine < RATIO * bad_rest / others:
        return False
    fewer = dispersion(np.where(rest, failed, 0.0), np.where(rest, of, 0.0), length)
    chance = float(intervals.highest_share(bad_rest / fewer, others / fewer))
    windows = max(1, len(failed) // length)
    return intervals.binomial_bound(bad / fewer, mine / fewer, chance) * windows <= _CHANCE


def dispersion(failed: Floats, of: Floats, length: int) -> float:
    """Return by how much counts of failures vary more than by chance; 1 at least.

    Pearson's statistic over its degrees of freedom (McCullagh and Nelder, Generalized Linear
    Models, 1989, section 4.5), of steps and of windows of ``length`` steps, whichever is larger.
    """
    whole = len(failed) // length * length
    windows = (values[:whole].reshape(-1, length).sum(axis=1) for values in (failed, of))
    return max(1.0, _pearson(failed, of), _pearson(*windows))


def _pearson(failed: Floats, of: Floats) -> float:
    some = of > 0
    if some.sum() < 2 or not failed.any():  # noqa: PLR2004 - one count varies by nothing
        return 1.0
    rate = failed.sum() / of.sum()
    variance = of[some] * max(rate * (1 - rate), 1e-12)
    return float(((failed[some] - of[some] * rate) ** 2 / variance).sum() / (some.sum() - 1))
