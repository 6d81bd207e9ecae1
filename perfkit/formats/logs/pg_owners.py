"""Which message each DETAIL, HINT, CONTEXT or STATEMENT of a stderr log belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit.formats.logs.pg_cut import NEAR_BYTES, NEAR_RECORDS
from perfkit.formats.logs.pg_prefix import MAIN
from perfkit.formats.logs.pg_records import LOST_OWNER, NO_OWNER

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.pg_records import Flags, Records

__all__ = ["find_owners"]


def find_owners(records: Records) -> None:
    """Set ``owner``: the last message of the same process near before, if no lost one is between.

    PostgreSQL writes a message and its DETAIL in one piece; those of processes that write at
    the same time may be mixed (see ``pg_cut``). A DETAIL right behind a record that could not be
    read is that record's, and lost with it.
    """
    good = np.flatnonzero(records.key >= 0)
    main = records.has_severity(MAIN)[good]
    records.owner[good[main]] = good[main]
    if main.all():
        return
    owner = _latest(records, good, main)
    orphan = ~_is_near(records, owner, good) & ~main
    lost = ~main & _behind_lost(records, good, main)
    records.owner[good[~main]] = owner[~main]
    for rows, reason in ((good[orphan], NO_OWNER), (good[lost], LOST_OWNER)):
        records.owner[rows] = -1
        records.bad[rows] = reason
        records.key[rows] = -1


def _latest(records: Records, good: Ints, main: Flags) -> Ints:
    """Return for each record the last message of its session, -1: none."""
    session = records.session_category(good)
    codes = session.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    grouped = codes[order]
    place = np.where(main[order], np.arange(len(order)), -1)
    latest = np.maximum.accumulate(place)
    found = latest >= 0
    found[found] = grouped[latest[found]] == grouped[found]
    owner = np.full(len(order), -1)
    owner[order[found]] = good[order[latest[found]]]
    return owner


def _is_near(records: Records, owner: Ints, rows: Ints) -> Flags:
    """Say which owners (-1: none) are not far before their rows: no chunk ends between them."""
    apart = records.start[rows] - records.end[owner]
    near: Flags = (owner >= 0) & (rows - owner <= NEAR_RECORDS) & (apart <= NEAR_BYTES)
    return near


def _behind_lost(records: Records, good: Ints, main: Flags) -> Flags:
    """Say which records have a lost one nearer before them than any message."""
    lost = np.zeros(len(records.bad), np.int64)
    lost[records.bad > 0] = np.flatnonzero(records.bad > 0) + 1
    known = np.zeros(len(records.bad), np.int64)
    known[good[main]] = good[main] + 1
    behind: Flags = (np.maximum.accumulate(lost) > np.maximum.accumulate(known))[good]
    return behind
