"""The judgement as tables: routes, totals, worst minutes, alerts, who is behind it, burn rates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.analyses.slos.course import course, worst
from perfkit.analyses.slos.verdicts import BROKEN, MET, UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.analyses.slos.course import Course
    from perfkit.analyses.slos.judged import Judged, Judgement
    from perfkit.analyses.slos.seen import Seen

__all__ = ["alerts", "burning", "clients", "minutes", "table", "thresholds", "totals"]

_TIME = pa.timestamp("ns", "UTC")
_SCHEMA = pa.schema(
    [
        ("route", pa.string()),
        ("verdict", pa.string()),
        ("budget", pa.string()),
        ("requests", pa.int64()),
        ("measured_ms", pa.float64()),
        ("low_ms", pa.float64()),
        ("high_ms", pa.float64()),
        ("error_rate", pa.float64()),
        ("error_rate_low", pa.float64()),
        ("error_rate_high", pa.float64()),
        ("over", pa.int64()),
        ("allowed", pa.int64()),
        ("to_blame", pa.int64()),
        ("burn_rate", pa.float64()),
        ("more_requests", pa.int64()),
        ("worst_at", _TIME),
        ("first_broken_at", _TIME),
        ("beyond_ms", pa.float64()),
    ]
)
_BURN = pa.schema(
    [
        ("key", pa.string()),
        ("at", _TIME),
        ("seconds", pa.float64()),
        ("requests", pa.float64()),
        ("burn_rate", pa.float64()),
    ]
)
#: Worst minutes of a route, and routes of which they are shown.
_WORST, _ROUTES = 3, 5
#: Routes whose burn rate is drawn; periods of each: so many that one has on average 40 requests
#: and may have one over the limit.
_DRAWN, _FEWEST, _MOST, _PER_PERIOD = 4, 12, 240, 40


def table(judged: Sequence[Judged]) -> pa.Table:
    """Return one row per route and budget; times are null where requests have none."""
    return pa.Table.from_pylist([_row(one) for one in judged], _SCHEMA)


def _row(one: Judged) -> dict[str, Any]:
    found = one.found
    row: dict[str, Any] = {
        "route": one.route,
        "verdict": one.verdict,
        "budget": str(one.objective),
        "requests": 0 if found is None else _whole(found.requests),
        "allowed": None if one.stated else one.allowed,
        "to_blame": None if one.stated else one.to_blame,
        "burn_rate": one.burn_rate,
        "more_requests": one.more_requests,
        "worst_at": _worst_at(one.detail.course),
        "first_broken_at": one.detail.first,
    }
    if found is None:
        return row
    unit = ("measured_ms", "low_ms", "high_ms")
    if not one.objective.timed:
        unit = ("error_rate", "error_rate_low", "error_rate_high")
    row |= dict(zip(unit, (found.value, found.low, found.high), strict=True))
    return row | {"over": _whole(found.over), "beyond_ms": found.beyond_ms}


def _whole(number: float) -> int | None:
    return None if math.isnan(number) else round(number)


def _worst_at(whole: Course | None) -> int | None:
    if whole is None:
        return None
    found, places = worst(whole, 1)
    return found.grid.at(int(places[0])) if len(places) else None


def totals(judgement: Judgement) -> dict[str, Any]:
    """Return how many routes keep what they have to, and the rows of all requests together."""
    said = [one.verdict for one in judgement.routes]
    return {
        "budgets": len(said),
        "met": said.count(MET),
        "broken": said.count(BROKEN),
        "cannot_say": said.count(UNSURE),
        "to_blame": sum(one.to_blame for one in judgement.routes if one.broken),
        "overall": [_in_numbers(one) for one in judgement.overall],
    }


def _in_numbers(one: Judged) -> dict[str, Any]:
    left_out = ("route", "worst_at", "first_broken_at")
    return {name: value for name, value in _row(one).items() if name not in left_out}


def minutes(judged: Sequence[Judged]) -> pa.Table | None:
    """Return the worst minutes of the routes that have most requests to blame."""
    rows = [row for one in [one for one in judged if one.broken][:_ROUTES] for row in _minutes(one)]
    if not rows:
        return None
    found = pa.Table.from_pylist(rows)
    return found.set_column(1, "at", found["at"].cast(_TIME))


def _minutes(one: Judged) -> Iterator[dict[str, Any]]:
    if one.detail.course is None:
        return
    found, places = worst(one.detail.course, _WORST)
    for place in places.tolist():
        requests, over = found.requests[place], found.over[place]
        yield {
            "route": one.route or "no route",
            "at": found.grid.at(place),
            "seconds": found.seconds,
            "requests": round(requests),
            "over": round(over),
            "over_share": over / requests,
            "budget": str(one.objective),
        }


def alerts(judged: Sequence[Judged]) -> pa.Table | None:
    """Return the alerts that would have fired, in the order of time."""
    rows: list[dict[str, Any]] = [
        {
            "route": one.route or "no route",
            "fired_at": alert.fired,
            "until": alert.until,
            "firing_s": alert.seconds,
            "burn_rate_over": str(alert.window),
            "budget": str(one.objective),
        }
        for one in judged
        for alert in one.detail.alerts
    ]
    if not rows:
        return None
    found = pa.Table.from_pylist(sorted(rows, key=lambda row: row["fired_at"]))
    for place, name in ((1, "fired_at"), (2, "until")):
        found = found.set_column(place, name, found[name].cast(_TIME))
    return found


def clients(judged: Sequence[Judged], *, show: bool) -> pa.Table | None:
    """Return from whom most of an excess comes; who a client is only where that is to ``show``."""
    rows = [
        {
            "route": one.route or "no route",
            "from": f"1 of {blamed.of:,} {blamed.by}s",
            "name": blamed.name if show or blamed.by != "client" else None,
            "excess_share": blamed.excess_share,
            "request_share": blamed.request_share,
            "requests": round(blamed.requests),
            "over": round(blamed.over),
        }
        for one in judged
        for blamed in one.detail.blamed
    ]
    return pa.Table.from_pylist(rows) if rows else None


def thresholds(judgement: Judgement) -> pa.Table:
    """Return the burn rates that matter: at 1 the budget lasts as long as it is for."""
    rates = {1.0: "the budget lasts"}
    rates |= {window.rate: f"alert: {window}" for window in judgement.windows if window.rate > 1}
    return pa.table({"burn_rate": list(rates), "meaning": list(rates.values())})


def burning(seen: Seen, judgement: Judgement) -> pa.Table:
    """Return the burn rate per period of what is broken, else of what has most requests.

    It is NaN where nothing was requested.
    """
    grid, parts = judgement.grid, []
    if grid is None:
        return _BURN.empty_table()
    drawn = [one for one in judgement.routes if one.found is not None and one.objective.allowed]
    drawn = [one for one in drawn if one.broken] or drawn
    places = {label: place for place, label in enumerate(seen.labels)}
    for one in drawn[:_DRAWN]:
        sample = seen.of(places[one.route], one.objective)
        whole = one.detail.course or course(seen, sample, grid, one.objective.allowed)
        each = max(_PER_PERIOD, 1 / whole.allowed)
        periods = min(max(whole.requests.sum() // each, _FEWEST), _MOST)
        parts.append(_burn(one, whole.joined(math.ceil(whole.grid.size / periods))))
    return pa.concat_tables(parts) if parts else _BURN.empty_table()


def _burn(one: Judged, found: Course) -> pa.Table:
    share = np.divide(
        found.over, found.requests, out=np.full(found.grid.size, math.nan), where=found.requests > 0
    )
    key = f"{one.route or 'no route'}: {one.objective}"
    columns = {
        "key": pa.array([key] * found.grid.size),
        "at": pa.array(found.ends - found.grid.width, _TIME),
        "seconds": np.full(found.grid.size, found.seconds),
        "requests": found.requests,
        "burn_rate": share / found.allowed,
    }
    return pa.table(columns, schema=_BURN)
