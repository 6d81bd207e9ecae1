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
_TAIL = 0.025  # of either side of a 95 % interval
#: Times the requests there are: who needs more than that is at the limit.
_HOPELESS = 1000


def verdict(found: Measured, objective: Objective) -> str:
    """Return ``met`` or ``broken`` where the whole 95 % interval is on one side of the limit.

    A largest duration has no interval: one request over the limit breaks it. Fewer requests than
    the interval of a percentile needs break a budget only beyond doubt: of hundreds of routes with
    a handful of requests each, chance breaks some.
    """
    if not objective.allowed:
        return BROKEN if found.over else MET
    if found.worth < statistics.minimum_count(1 - objective.allowed):
        return BROKEN if certain(found, objective) else UNSURE
    return _of_percentile(found, objective) if objective.timed else _of_share(found, objective)


def _of_percentile(found: Measured, objective: Objective) -> str:
    if _kept(found.high, objective):
        return MET
    return UNSURE if _kept(found.low, objective) else BROKEN


def _kept(ms: float, objective: Objective) -> bool:
    return ms <= objective.limit if objective.inclusive else ms < objective.limit


def _of_share(found: Measured, objective: Objective) -> str:
    if found.share_low > objective.allowed:
        return BROKEN
    return MET if found.share_high < objective.allowed else UNSURE


def certain(found: Measured, objective: Objective) -> bool:
    """Say whether a broken budget is so by chance in less than one of 1,000 cases."""
    if not objective.allowed:
        return True
    hits, worth = round(found.over / found.requests * found.worth), int(found.worth)
    return upper_tail(hits, worth, objective.allowed) < _DOUBT


def more_requests(found: Measured, objective: Objective) -> int | None:
    """Return how many requests beyond these would tell, if they are as these; None: no number.

    So many that the observed share over the limit has a probability of 2.5 % (on its side) where
    the allowed one is true.
    """
    worth, share = max(1, int(found.worth)), found.over / found.requests
    few = max(worth, statistics.minimum_count(1 - objective.allowed) - 1)
    enough, most = few + 1, _HOPELESS * (few + 1)
    while not _tells(share, enough, objective.allowed):
        few, enough = enough, 2 * enough
        if enough > most:
            return None
    while enough - few > 1 + few // 100:
        middle = (few + enough) // 2
        if _tells(share, middle, objective.allowed):
            enough = middle
        else:
            few = middle
    return max(1, math.ceil((enough - worth) * found.requests / found.worth))


def _tells(share: float, count: int, allowed: float) -> bool:
    if share > allowed:
        return upper_tail(math.floor(share * count), count, allowed) <= _TAIL
    return 1 - upper_tail(math.ceil(share * count) + 1, count, allowed) <= _TAIL
