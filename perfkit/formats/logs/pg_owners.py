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
    main = records.has_severity(MAIN, good)
    messages, others = good[main], good[~main]
    records.owner[messages] = messages
    if not len(others):
        return
    owner = _latest(records, good, main)
    orphan = ~_is_near(records, owner, others)
    lost = _behind_lost(records, messages)[others]
    records.owner[others] = owner
    for rows, reason in ((others[orphan], NO_OWNER), (others[lost], LOST_OWNER)):
        records.owner[rows] = -1
        records.bad[rows] = reason
        records.key[rows] = -1


def _latest(records: Records, good: Ints, main: Flags) -> Ints:
    """Return for each record but the ``main`` ones the last of its session, -1: none."""
    session = records.session_category(good)
    codes = session.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    # The last message of all is mostly of this session; else it is looked for among its own.
    last = np.maximum.accumulate(np.where(main, np.arange(len(good)), -1))
    last[(last < 0) | (codes[last] != codes)] = -1
    left = np.zeros(codes.max() + 2, np.bool_)
    left[codes[last < 0]] = True
    if left.any():
        rows = np.flatnonzero(left[codes])
        last[rows] = _latest_of_each(codes[rows], main[rows], rows)
    last = last[~main]
    return np.where(last < 0, -1, good[last])


def _latest_of_each(codes: Ints, main: Flags, rows: Ints) -> Ints:
    """Return for each of ``rows`` the last main one with its code, -1: none."""
    order = np.argsort(codes, kind="stable")
    grouped = codes[order]
    latest = np.maximum.accumulate(np.where(main[order], np.arange(len(order)), -1))
    found = latest >= 0
    found[found] = grouped[latest[found]] == grouped[found]
    last = np.full(len(rows), -1)
    last[order[found]] = rows[order[latest[found]]]
    return last


def _is_near(records: Records, owner: Ints, rows: Ints) -> Flags:
    """Say which owners (-1: none) are not far before their rows: no chunk ends between them."""
    apart = records.start[rows] - records.end[owner]
    near: Flags = (owner >= 0) & (rows - owner <= NEAR_RECORDS) & (apart <= NEAR_BYTES)
    return near


def _behind_lost(records: Records, messages: Ints) -> Flags:
    """Say which records have a lost one nearer before them than any message."""
    bad = np.flatnonzero(records.bad > 0)
    if not len(bad):
        return np.zeros(len(records.bad), np.bool_)
    lost, known = np.zeros((2, len(records.bad)), np.int64)
    lost[bad], known[messages] = bad + 1, messages + 1
    behind: Flags = np.maximum.accumulate(lost) > np.maximum.accumulate(known)
    return behind
