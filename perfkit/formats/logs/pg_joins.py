"""Join what PostgreSQL wrote in several records: so that each statement is one row, once.

* ``log_duration``: a duration without text belongs to the statement its process logged right
  before; the last two before a logged execution are of its parse and its bind.
* A statement that was logged and then failed has no duration but an error.
* auto_explain: a plan whose statement also has a row of its own fills no second one. PostgreSQL
  writes it when the executor ends: for a simple statement before the line with its duration;
  for an executed one before it (INSERT, UPDATE, DELETE) or behind it, when the portal is
  dropped: before anything else is executed, or by a COMMIT that was logged meanwhile.

Whether two items belong together depends on the few items of their session around them only:
four statements back, one ahead. So a chunk can tell which ones it cannot decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.formats.logs.pg_items import FAILED, Items, Neighbours, neighbours
from perfkit.formats.logs.pg_statements import BARE, EXECUTED, LOGGED, PLANNED

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.pg_records import Flags

__all__ = ["DEPTH", "Links", "Runs", "find_links", "find_runs"]

#: So many statements before a plan may decide whose it is.
DEPTH = 4


@dataclass(frozen=True, kw_only=True)
class Runs:
    """For each plan its rank among plans of one text that stand together, from both ends.

    ``leads`` and ``trails``: no other plan is before (behind) these, up to the next item that is
    none.
    """

    rank: Ints
    rank_from_end: Ints
    leads: Flags
    trails: Flags


@dataclass(frozen=True, kw_only=True)
class Links:
    """What belongs together, as indices of items.

    ``timed`` logged statements have their duration in ``durations``; ``failed`` ones ended with
    ``errors``; ``steps`` are bare durations of a parse or bind; ``dropped`` plans fill no row.
    ``open_before`` and ``open_behind`` say which items cannot be decided when something may have
    been written before the first (behind the last) item of their session.
    """

    timed: Ints
    durations: Ints
    failed: Ints
    errors: Ints
    steps: Ints
    dropped: Ints
    open_before: Flags
    open_behind: Flags


def find_links(items: Items) -> Links:
    """Find out what belongs together; the items are sorted by session."""
    near = neighbours(items)
    role = items.role
    bare, failed = role == BARE, role == FAILED
    after_logged = (near.before_told >= 0) & (role[near.before_told] == LOGGED)
    durations = np.flatnonzero(bare & after_logged)
    errors = np.flatnonzero(failed & after_logged)
    step, step_open = _steps(items, near, bare & ~after_logged)
    dropped, plan_before, plan_behind = _plans(items, near)
    first, last = near.before_told < 0, near.behind_told < 0
    return Links(
        timed=near.before_told[durations],
        durations=durations,
        failed=near.before_told[errors],
        errors=errors,
        steps=np.flatnonzero(step),
        dropped=np.flatnonzero(dropped),
        open_before=(bare & first) | plan_before,
        open_behind=step_open | ((role == LOGGED) & last) | plan_behind,
    )


def _steps(items: Items, near: Neighbours, bare: Flags) -> tuple[Flags, Flags]:
    executed = (items.role == LOGGED) & items.execute
    one = near.behind_told
    two = np.where(one >= 0, near.behind_told[one], -1)
    by_one = (one >= 0) & executed[one]
    other = (one >= 0) & (items.role[one] == BARE)
    by_two = other & (two >= 0) & executed[two]
    return bare & (by_one | by_two), bare & ((one < 0) | (other & (two < 0)))


def find_runs(items: Items, near: Neighbours) -> Runs:
    """Find plans of one text that stand together."""
    places = np.arange(len(items))
    plan = items.role == PLANNED
    kind = np.where(items.also != 0, items.also, items.text)
    before_plan = plan & (near.before >= 0) & plan[near.before]
    continued = before_plan & (kind[near.before] == kind)
    begin = np.maximum.accumulate(np.where(continued, 0, places))
    goes_on = np.append(continued[1:], False)[: len(places)]
    end = np.minimum.accumulate(np.where(goes_on, len(places), places)[::-1])[::-1]
    behind_plan = plan & (near.behind >= 0) & plan[near.behind]
    return Runs(
        rank=places - begin,
        rank_from_end=end - places,
        leads=plan & ~before_plan[begin],
        trails=plan & ~behind_plan[end] if len(places) else plan,
    )


def _same(items: Items, one: Ints, other: Ints) -> Flags:
    """Say whether plans and statements (indices, -1: none) belong together by their texts."""
    equal = (items.text[one] == items.text[other]) & (items.text[one] != 0)
    named = (items.also[one] == items.also[other]) & (items.also[one] != 0)
    same: Flags = (equal | named) & (one >= 0) & (other >= 0)
    return same


def _plans(items: Items, near: Neighbours) -> tuple[Flags, Flags, Flags]:
    """Return which plans fill no row, and which are open before and behind."""
    plan = items.role == PLANNED
    if not plan.any():
        return plan, plan, plan
    runs = find_runs(items, near)
    own = plan & _is_own(items, near, runs)
    follows = plan & _follows(items, near, runs)
    open_behind = plan & (near.behind_told < 0) & runs.trails & (runs.rank_from_end < items.many)
    open_before = plan & _open_before(items, near, runs)
    dropped = own | (follows & ~open_before)
    return own | follows, open_before & ~own, open_behind & ~dropped


def _is_own(items: Items, near: Neighbours, runs: Runs) -> Flags:
    """Say which plans are of the statement whose duration is written behind them."""
    places, behind = np.arange(len(items)), near.behind_told
    ended = (behind >= 0) & (items.role[behind] == EXECUTED)
    room = np.where(items.execute[behind], 1, items.many)
    own: Flags = ended & runs.trails & (runs.rank_from_end < room) & _same(items, places, behind)
    return own


def _follows(items: Items, near: Neighbours, runs: Runs) -> Flags:
    """Say which plans are of a statement that was written before them."""
    places, told, last = np.arange(len(items)), near.before_told, near.before_anchor
    logged = (told >= 0) & (items.role[told] == LOGGED) & ~items.execute[told]
    of_logged = logged & _same(items, places, told) & runs.leads & (runs.rank < items.many)
    has_plan = _explained(items, near)
    of_last = items.execute[last] & _same(items, places, last) & ~has_plan[last]
    of_last &= near.plan_before < last
    earlier = np.where(last >= 0, near.before_anchor[last], -1)
    of_earlier = (last >= 0) & (items.role[last] == LOGGED) & items.execute[earlier]
    of_earlier &= _same(items, places, earlier) & ~has_plan[earlier]
    of_earlier &= near.plan_before < earlier
    follows: Flags = of_logged | of_last | of_earlier
    return follows


def _explained(items: Items, near: Neighbours) -> Flags:
    """Say which executed statements have their plan right before them, surely their own."""
    places, before, last = np.arange(len(items)), near.before, near.before_anchor
    own = (items.role == EXECUTED) & items.execute & (before >= 0)
    own &= (items.role[before] == PLANNED) & _same(items, before, places)
    of_last = items.execute[last] & _same(items, before, last)
    earlier = np.where(last >= 0, near.before_anchor[last], -1)
    of_earlier = (last >= 0) & (items.role[last] == LOGGED) & items.execute[earlier]
    explained: Flags = own & ~of_last & ~(of_earlier & _same(items, before, earlier))
    return explained


def _open_before(items: Items, near: Neighbours, runs: Runs) -> Flags:
    """Say which plans may be of a statement that was written before the first item."""
    last = near.before_anchor
    known = (last >= 0) & is_barrier(items)[last]
    for _ in range(DEPTH - 1):
        last = np.where(last >= 0, near.before_anchor[last], -1)
    known |= last >= 0
    open_: Flags = ~known & runs.leads & (runs.rank < items.many)
    return open_


def is_barrier(items: Items) -> Flags:
    """Say behind which items no plan of an earlier statement comes."""
    barrier: Flags = (items.role == FAILED) | ((items.role == EXECUTED) & ~items.execute)
    return barrier
