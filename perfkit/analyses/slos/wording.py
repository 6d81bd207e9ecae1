"""What a judgement says in a sentence, what limits it, and what was looked at."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from perfkit import statistics, units
from perfkit.analyses.slos.verdicts import BROKEN, MET, UNSURE
from perfkit.analyses.slos.windows import length
from perfkit.statistics.autocorrelation import STRONG
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.analyses.slos.judged import Judged, Judgement
    from perfkit.budget import Objective

__all__ = ["caveats", "checked", "headline"]

_NAMED, _LETTERS = 3, 40


def headline(judged: Sequence[Judged], overall: Sequence[Judged] = ()) -> str:
    """Return who breaks which budget, or that there is nothing left to win."""
    if not judged:
        return "No request is in what was read."
    broken = [one for one in judged if one.broken]
    if broken:
        return f"{_budgets(broken)} broken on {_of(broken, judged)}{_names(broken)}"
    if any(one.broken for one in overall):
        return f"{_budgets(overall)} broken by all requests together; no route alone has enough"
    if any(one.verdict == UNSURE for one in judged):
        return _unsure(judged)
    routes = len({one.route for one in judged})
    where = f"all {routes:,} routes" if routes > 1 else _name(judged[0])
    return f"{_budgets(judged)} met on {where}: stop, there is no prize for the next 10 ms"


def _unsure(judged: Sequence[Judged]) -> str:
    unsure = [one for one in judged if one.verdict == UNSURE]
    if len(unsure) == len(judged):
        return f"Whether {_budgets(judged)} met cannot be said{_needed(unsure)}"
    names = ", ".join(f"{_name(one)} ({one.objective})" for one in unsure[:_NAMED])
    more = f" and {len(unsure) - _NAMED:,} more" if len(unsure) > _NAMED else ""
    return (
        f"No route surely breaks its budget: {len(judged) - len(unsure):,} of {len(judged):,} are"
        f" met; it cannot be said of {names}{more}{_needed(unsure)}"
    )


def _budgets(judged: Sequence[Judged]) -> str:
    texts = list(dict.fromkeys(str(one.objective) for one in judged))
    if len(texts) > _NAMED:
        return f"{len(texts)} budgets are"
    return f"{' and '.join(texts)} {'is' if len(texts) == 1 else 'are'}"


def _of(some: Sequence[Judged], judged: Sequence[Judged]) -> str:
    mine, routes = (len({one.route for one in part}) for part in (some, judged))
    if routes == 1:
        return ""
    return f"all {routes:,} routes: " if mine == routes else f"{mine:,} of {routes:,} routes: "


def _names(broken: Sequence[Judged]) -> str:
    texts = [f"{_name(one)} ({_blamed(one)})" for one in broken[:_NAMED]]
    more = f" and {len(broken) - _NAMED:,} more" if len(broken) > _NAMED else ""
    return ", ".join(texts) + more


def _blamed(one: Judged) -> str:
    if one.found is None:
        return str(one.objective)
    if not one.objective.timed:
        return f"{units.format_share(one.found.value)} fail"
    if one.stated:
        return f"{one.objective.metric} {units.format_ms(one.found.value)}"
    if one.too_few:
        over, requests = map(units.format_count, (one.found.over, one.found.requests))
        return f"{over} of {requests} requests {one.objective.broken_by}"
    many = units.format_count(one.to_blame)
    requests = "request" if one.to_blame == 1 else "requests"
    return f"{one.objective.metric} {units.format_ms(one.found.value)}, {many} {requests} to blame"


def _name(one: Judged) -> str:
    return "no route" if one.route is None else visible(one.route, _LETTERS)


def _needed(unsure: Sequence[Judged]) -> str:
    needed = [one.more_requests for one in unsure if one.more_requests is not None]
    if not needed:
        return ""
    upto = "up to " if len(set(needed)) > 1 else ""
    return f"; {upto}{units.format_count(max(needed))} more requests on a route would tell"


def caveats(judgement: Judgement) -> list[str]:
    """Return what limits the verdicts."""
    return [
        *_few(judgement.routes),
        *_at_the_limit(judgement.routes),
        *_unknown(judgement.routes),
        *_dependent(judgement.routes),
        *_windows(judgement),
    ]


def _few(judged: Sequence[Judged]) -> Iterator[str]:
    few: dict[Objective, int] = {}
    for one in judged:
        if one.found is None or one.stated or not one.objective.quantile:
            continue
        if math.isnan(one.found.low):
            few[one.objective] = few.get(one.objective, 0) + 1
    routes = len({one.route for one in judged})
    for objective, count in few.items():
        least = statistics.minimum_count(objective.quantile or 0.5)
        yield (
            f"{objective}: too few independent requests on {count:,} of {routes:,} routes for an"
            f" interval of {objective.metric}, which needs {least:,}."
        )


def _at_the_limit(judged: Sequence[Judged]) -> Iterator[str]:
    near = [
        one
        for one in judged
        if one.verdict == UNSURE and one.found and one.more_requests is None and not one.stated
    ]
    if near:
        yield f"{len(near):,} of the verdicts are at the limit: no number of requests tells."


def _unknown(judged: Sequence[Judged]) -> Iterator[str]:
    for timed, what in ((True, "duration"), (False, "status, or error")):
        count = sum(one.found is None and one.objective.timed is timed for one in judged)
        if count:
            yield f"{count:,} verdicts cannot be given: the requests have no {what}."


def _dependent(judged: Sequence[Judged]) -> Iterator[str]:
    known = [one.found for one in judged if one.found is not None and not one.stated]
    strong = [found for found in known if found.requests > STRONG * found.worth]
    if strong:
        most = max(round(found.requests / found.worth) for found in strong)
        yield (
            f"On {len(strong):,} routes neighbouring requests resemble each other: up to {most:,}"
            " of them tell as much as one, and intervals are wider for it."
        )


def _windows(judgement: Judgement) -> Iterator[str]:
    if judgement.grid is None:
        yield "Requests have no time: neither burn rates over time nor their neighbours are known."
        return
    lasted = length(judgement.grid.seconds * judgement.grid.size)
    if not judgement.windows:
        yield f"The recording lasts {lasted}: too short for burn rate alerts."
    elif judgement.windows[0].long_s < 3600:  # noqa: PLR2004 - an hour
        yield (
            f"The recording lasts {lasted}: the windows of burn rate alerts (1 h and 5 min, 6 h and"
            " 30 min) are shortened alike."
        )


def checked(judgement: Judgement) -> list[str]:
    """Return what was looked at."""
    texts = list(dict.fromkeys(str(one.objective) for one in judgement.routes))
    said = Counter(one.verdict for one in judgement.routes)
    counts = ", ".join(f"{said[name]:,} {name}" for name in (MET, BROKEN, UNSURE) if said[name])
    windows = "; ".join(map(str, judgement.windows))
    return [
        f"{', '.join(texts)}: {counts}",
        *([f"burn rates over {windows}"] if windows else []),
    ]
