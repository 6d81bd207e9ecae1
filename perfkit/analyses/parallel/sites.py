"""Places in the code where calls follow each other: one span name below one route."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from perfkit.routes import path_template

if TYPE_CHECKING:
    from perfkit.analyses.parallel.steps import Steps
    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Ints

__all__ = ["LEAST_MS", "LEAST_REQUESTS", "LEAST_SHARE", "Site", "sites"]

#: A median saving below 10 ms is not worth concurrent code: 100 ms is what people feel
#: (Nielsen), and a page is made of several requests. Sentry's 100 ms for statements and 2,000 ms
#: for HTTP calls are those of whole pages and of alerts; here everything is ranked by time saved.
LEAST_MS = 10.0
#: Less of the request drowns in its own spread. Sentry asks for 10 % of the calls' time.
LEAST_SHARE = 0.05
#: Fewer requests show an incident rather than how the code is written.
LEAST_REQUESTS = 3
#: Spans of one place that are looked at; and so many requests at least.
_MOST, _FEWEST = 20_000, 400


@dataclass(frozen=True, kw_only=True)
class Site:
    """Spans of one name below requests of one route, and what each of them waits for.

    ``containers`` are their rows in time order; the steps of ``containers[i]`` are those from
    ``first[i]`` to ``last[i]``. ``every``: only every so many-th of them is here.
    """

    service: str | None
    route: str | None
    parent: str | None
    containers: Ints
    first: Ints
    last: Ints
    every: int = 1


def sites(forest: Forest, steps: Steps) -> list[Site]:
    """Return the places where it could be worth it: enough calls, one after another or not.

    The longest call of a span has to be waited for in any case: what the others take is the
    most that can be saved.
    """
    if not len(steps):
        return []
    container, first = np.unique(steps.container, return_index=True)
    last = np.append(first[1:], len(steps))
    length = np.where(steps.waits, steps.end - steps.begin, 0)
    spare = np.add.reduceat(length, first) - np.maximum.reduceat(length, first)
    if spare.max() <= 0:
        return []
    key, names = _keys(forest, container)
    enough = _worth(forest, forest.owner[container], key, spare)
    order = np.lexsort((forest.start[container], key))
    bounds = np.searchsorted(key[order], np.arange(len(names) + 1))
    return [
        _site(forest, names[at], (container, first, last), order[bounds[at] : bounds[at + 1]])
        for at in np.flatnonzero(enough >= LEAST_REQUESTS).tolist()
    ]


def _worth(forest: Forest, owner: Ints, key: Ints, spare: Ints) -> Ints:
    """Return for every place how many requests could save enough there, over all its spans."""
    pair, inverse = np.unique(key * len(forest) + owner, return_inverse=True)
    total = np.bincount(inverse, weights=spare)
    least = np.maximum(LEAST_MS * 1e6, LEAST_SHARE * forest.length[pair % len(forest)])
    return np.bincount(pair // len(forest), weights=total >= least).astype(np.int64)


def _site(
    forest: Forest,
    names: tuple[str | None, ...],
    found: tuple[Ints, Ints, Ints],
    chosen: Ints,
) -> Site:
    """Return a place; of very many requests only every second, third, ... with all its spans."""
    container, first, last = found
    owner = forest.owner[container[chosen]]
    owners = np.unique(owner)
    every = max(1, min(-(-len(chosen) // _MOST), len(owners) // _FEWEST))
    if every > 1:
        chosen = chosen[np.isin(owner, owners[np.argsort(forest.start[owners])][::every])]
    service, route, parent = names
    return Site(
        service=service,
        route=route,
        parent=parent,
        containers=container[chosen],
        first=first[chosen],
        last=last[chosen],
        every=every,
    )


def _keys(forest: Forest, container: Ints) -> tuple[Ints, list[tuple[str | None, ...]]]:
    """Return the number of the place of each container, and service, route, name of each."""
    owner = forest.owner[container]
    service = forest.texts("service", container)
    route = forest.texts("route", owner)
    owners = forest.texts("name", owner)
    own = forest.texts("name", container)
    known: dict[tuple[str | None, ...], int] = {}
    key = np.empty(len(container), np.int64)
    for at, (one, way, named, name) in enumerate(zip(service, route, owners, own, strict=True)):
        place = (one, way or _template(named), _template(name))
        key[at] = known.setdefault(place, len(known))
    return key, list(known)


@lru_cache(maxsize=8192)
def _template(name: str | None) -> str | None:
    """Return the name of a span without the ids that some instrumentations put into it."""
    return None if name is None else path_template(name.partition("?")[0])
