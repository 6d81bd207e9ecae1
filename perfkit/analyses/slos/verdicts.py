"""Met, broken, or not to be said; and how many more requests would say it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfkit import statistics
from perfkit.statistics.binomial import upper_tail

if TYPE_CHECKING:
    from perfkit.analyses.slos.measured import Measured
    from perfkit.budget import Objective

__all__ = ["BROKEN", "MET", "UNSURE", "certain", "more_requests", "verdict"]

MET, BROKEN, UNSURE = "met", "broken", "cannot say"
_DOUBT = 0.001
_Z = 1.959963984540054  # two-sided 95 %
#: Times the requests there are: who needs more than that is at the limit.
_HOPELESS = 1000


def verdict(found: Measured, objective: Objective) -> str:
    """Return ``met`` or ``broken`` where the whole 95 % interval is on one side of the limit.

    A largest duration has no interval: one request over the limit breaks it. So do a few requests
    of which too many are over it, although they are too few for an interval of their percentile.
    """
    if not objective.allowed:
        return BROKEN if found.over else MET
    if not objective.timed or math.isnan(found.low):
        return _of_shares(found, objective.allowed)
    if _kept(found.high, objective):
        return MET
    return UNSURE if _kept(found.low, objective) else BROKEN


def _kept(ms: float, objective: Objective) -> bool:
    return ms <= objective.limit if objective.inclusive else ms < objective.limit


def _of_shares(found: Measured, allowed: float) -> str:
    if found.share_low > allowed:
        return BROKEN
    return MET if found.share_high < allowed else UNSURE


def certain(found: Measured, objective: Objective) -> bool:
    """Say whether a broken budget is broken beyond doubt: by chance in less than 1 of 1,000 cases."""
    if not objective.allowed:
        return True
    hits, worth = round(found.over / found.requests * found.worth), int(found.worth)
    return upper_tail(hits, worth, objective.allowed) < _DOUBT


def more_requests(found: Measured, objective: Objective) -> int | None:
    """Return how many requests beyond these would tell, if they are as these; None: no number.

    So many that the observed share over the limit is 1.96 standard errors from the allowed one
    (the score test), and at least what an interval of the percentile needs.
    """
    allowed = objective.allowed
    observed = found.over / found.requests
    least = statistics.minimum_count(1 - allowed)
    each = found.requests / found.worth
    apart = abs(observed - allowed)
    if apart * math.sqrt(_HOPELESS * found.requests) < _Z * math.sqrt(allowed * (1 - allowed)):
        return None
    needed = max(_Z**2 * allowed * (1 - allowed) / apart**2, least) * each
    return max(1, math.ceil(needed - found.requests))
