"""The call before the first of a loop: its rows make the N."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.repeats.statement_kinds import ping, writes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.repeats.calls import Calls
    from perfkit.analyses.repeats.find import Grouped

__all__ = ["before"]

_REPEATED = 5


def before(calls: Calls, every: Grouped) -> NDArray[np.int64]:
    """Return for every call the last one of its owner that began before it, -1 without one.

    Only calls that may have returned a list count: none that is itself repeated (an earlier
    loop over the same list), failed, or carries no data of the application.
    """
    useless = np.array([ping(one) or writes(one) for one in calls.targets], bool)
    listing = ~(useless[calls.target] | calls.fails)
    often = np.repeat(every.count >= _REPEATED, every.size)
    listing[every.rows[often]] = False
    order = np.lexsort((calls.start_ms, calls.owner))
    place = np.where(listing[order], np.arange(len(order)), -1)
    last = np.concatenate(([-1], np.maximum.accumulate(place)[:-1])) if len(order) else place
    owner = calls.owner[order]
    last = np.where((last >= 0) & (owner[last] == owner), last, -1)
    found = np.full(len(order), -1)
    found[order] = np.where(last >= 0, order[last], -1)
    return found
