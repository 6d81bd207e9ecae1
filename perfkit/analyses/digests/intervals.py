"""From when to when each statement ran, so that one session never runs two at once.

Servers write the time when a statement ended with a resolution (PostgreSQL's ``%m``: 1 ms,
``%t``: 1 s) far coarser than its duration. Of statements that follow each other within one
millisecond all would seem to run at its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.digests.columns import UNKNOWN_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.digests.executions import Executions

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["intervals", "stops"]

_PIECE = 1 << 19
_FOREVER_MS = 1e12  # 30 years
_SERVER = "server"


def intervals(rows: Executions) -> tuple[Ints, Ints]:
    """Return when each statement with a time and a duration began and ended, in nanoseconds.

    As a server's session runs one statement at a time, none begins there before the one that
    was logged before it had ended.
    """
    timed = (rows.ns != UNKNOWN_TIME) & ~np.isnan(rows.ms)
    start = rows.ns[timed]
    stop = stops(start, rows.ms[timed])
    if rows.knows("session_id"):
        earlier, later = _followers(rows, timed)
        start[later] = np.clip(stop[earlier], start[later], stop[later])
    return start, stop


def stops(ns: Ints, ms: Floats) -> Ints:
    """Return when statements ended that began at ``ns`` and took ``ms``."""
    stop = np.empty(len(ns), np.int64)
    for at in range(0, len(ns), _PIECE):
        part = slice(at, at + _PIECE)
        lasted = np.round(np.minimum(ms[part], _FOREVER_MS) * 1e6)
        stop[part] = ns[part] + lasted.astype(np.int64)
    return stop


def _followers(rows: Executions, timed: Flags) -> tuple[Ints, Ints]:
    """Return pairs of rows that one session of a server ran behind each other."""
    session, kind = rows.labels("session_id"), rows.labels("duration_kind")
    codes = session.codes[timed]
    server = kind.labels.index(_SERVER) if _SERVER in kind.labels else -1
    one = (codes != len(session.labels) - 1) & (kind.codes[timed] == server)
    source = rows.integers("source")[timed]
    order = groups.order(codes)
    earlier, later = order[:-1], order[1:]
    pair = (codes[earlier] == codes[later]) & (source[earlier] == source[later])
    pair &= one[earlier] & one[later]
    return earlier[pair], later[pair]
