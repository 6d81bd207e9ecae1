"""Requests that are refused as malformed more and more: client and server disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses.alerts import intervals, moments
from perfkit.analyses.alerts.rules import route_rows
from perfkit.analyses.alerts.thresholds import THRESHOLDS
from perfkit.analyses.alerts.verdicts import Alert, Verdict
from perfkit.analyses.failures import NO_STATUS
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.alerts.look import Look
    from perfkit.analyses.alerts.rows import Floats, Ints

__all__ = ["rule"]

#: 400 and 422 say that the request does not have the agreed form; 401, 404, 429 say others things.
CODES = (400, 422)
#: Equal parts of the recording that are compared; a change stays for four of them at least.
_PARTS = 20
_STAYS = 4
_FEWEST = 20
#: Requests of a route in a part that say something about its share.
_PER_PART = 20
#: Share of the parts after the change that exceed each part before it.
_MOST = 0.9


@dataclass(frozen=True)
class _Change:
    route: int
    part: int
    before: float
    after: float
    refused: int


def rule(look: Look) -> Verdict:
    """Find routes on which the share of 400 and 422 grew and stayed.

    The recording is cut into 20 parts. The share must be 1 % and more after a point, three times
    what it was before, and nine of ten parts after it must exceed every one before it: a
    scanner that sends rubbish for a while is no change of contract. At least 20 such answers.
    """
    why = _why(look)
    changes = [] if why else _changes(look)
    return Verdict(
        rule="contract-change",
        checked="share of 400 and 422 on every route, later against earlier",
        threshold=look.limits["contract_ratio"],
        value=max((c.after / c.before if c.before else np.inf for c in changes), default=np.nan),
        alerts=[_alert(look, change) for change in changes],
        why=why,
    )


def _why(look: Look) -> str:
    if (look.rows.status == NO_STATUS).all():
        return "no status is known"
    return "" if look.course is not None else look.short


def _changes(look: Look) -> list[_Change]:
    rows, extent = look.rows, look.extent
    assert extent is not None
    refused = np.isin(rows.status, CODES) & rows.timed
    routes, often = np.unique(rows.route.codes[refused], return_counts=True)
    worst = np.argsort(-often, kind="stable")[:_PARTS]
    chosen = [int(r) for r in routes[worst] if often[routes == r][0] >= _FEWEST]
    width = max(1, (extent[1] - extent[0] + 1) // _PARTS)
    found = []
    for route in chosen:
        mine = look.rows_of(route)
        mine = mine[(rows.start[mine] >= extent[0]) & (rows.start[mine] <= extent[1])]
        part = np.minimum((rows.start[mine] - extent[0]) // width, _PARTS - 1)
        change = _change(look, route, part, refused[mine])
        if change is not None:
            found.append(change)
    return found


def _change(look: Look, route: int, part: Ints, refused: Any) -> _Change | None:
    """Return the point that divides the shares best, if it divides them clearly."""
    of = np.bincount(part, minlength=_PARTS).astype(np.float64)
    bad = np.bincount(part[refused], minlength=_PARTS).astype(np.float64)
    judged = [_at(look, route, cut, bad, of) for cut in range(_STAYS, _PARTS - _STAYS + 1)]
    clear = [change for change in judged if change is not None]
    return max(clear, key=lambda change: change.after - change.before, default=None)


def _at(look: Look, route: int, cut: int, bad: Floats, of: Floats) -> _Change | None:
    enough = of >= _PER_PART
    if enough[:cut].sum() < _STAYS or enough[cut:].sum() < _STAYS:
        return None
    share = np.divide(bad, of, out=np.zeros(_PARTS), where=of > 0)
    early, late = share[:cut][enough[:cut]], share[cut:][enough[cut:]]
    before, after = bad[:cut].sum() / of[:cut].sum(), bad[cut:].sum() / of[cut:].sum()
    lowest = float(intervals.lowest_share(bad[cut:].sum(), of[cut:].sum(), intervals.MANY))
    limit = max(look.limits["error_rate"], look.limits["contract_ratio"] * before)
    clear = (late > early.max()).mean() >= _MOST and bad[cut:].sum() >= _FEWEST
    if not clear or lowest <= limit:
        return None
    return _Change(route, cut, float(before), float(after), int(bad[cut:].sum()))


def _alert(look: Look, change: _Change) -> Alert:
    assert look.extent is not None
    first, last = look.extent
    at = first + (last - first) * change.part // _PARTS
    early = at - (last - first) // _PARTS
    deployed = look.deploys(early, at + (last - first) // _PARTS)
    name, zone = look.label(change.route), look.rec.zone
    since = f"{moments.local(at, zone):%Y-%m-%d %H:%M:%S}"
    finding = Finding(
        rule="contract-change",
        severity="warning",
        title=f"{look.shown(change.route)} refuses {units.format_share(change.after)} of its"
        f" requests as malformed (400, 422) since about {since}, before"
        f" {units.format_share(change.before)}",
        evidence=[
            {
                "route": name,
                "share_before": change.before,
                "share_after": change.after,
                "refused_after": change.refused,
                "deployed": deployed or None,
            }
        ],
        fix=Fix(
            text="A client sends, or the server asks for, another form than before: compare the"
            " versions on both sides; accept the old form until all clients have the new one.",
            snippet=f"{moments.between(at, last + moments.SECOND, zone)}{route_rows.where(name)}"
            ".requests.query('status in (400, 422)')",
            language="python",
        ),
        confidence="high" if deployed else "medium",
        reference=THRESHOLDS["contract_ratio"].source,
        keys={"route": name, "window": moments.key(at, last)},
    )
    return Alert(finding=finding, window=(at, last))
