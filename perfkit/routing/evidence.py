"""Names in the place of a parameter, found by how many there are.

:class:`Evidence` counts paths and can be merged, in any order and from any process::

    evidence = Evidence()
    evidence.add(paths)                            # request targets as logged, or paths.shaped ones
    evidence.add(paths, counts, found=served)      # ... with how often, and how often not by 404
    evidence = evidence.merge(other)
    templates = evidence.templates()
    templates.of(paths)                            # -> routes, one per path

A streaming reader counts its rows by ``paths.shaped(paths)`` (stable, no evidence needed), adds
these to one Evidence per chunk (``add_shaped``), merges, and at the end sends its keys through
``templates.of_shaped(keys)``; rows whose keys have the same route are added up.

**Rule.** Paths are a tree of sections, ids taken out by shape. From the root downwards: where
more than :data:`MANY` different names follow one (templated) prefix, they are values of a
parameter, ``{name}``, unless they carry much of the traffic or lead to something of their own
(:mod:`perfkit.routing.places`). Below a parameter the children of all its values are one place.
More files of the same application never make a place have fewer names, so they turn names into a
parameter when evidence appears, and as good as never back. Decisions use counts only: order of
rows, chunks and processes do not matter.

**404.** Paths that were only ever answered by 404 are no evidence. They get the route that the
others' templates give them, else :data:`NO_ROUTE`, unless they hold 1 % of all requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.routing.collapse import collapsed
from perfkit.routing.matching import Routes
from perfkit.routing.names import Names
from perfkit.routing.paths import Sections, numbered, shaped
from perfkit.routing.places import placed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["NO_ROUTE", "Evidence", "Templates"]

#: The route of rare paths that were only ever answered by 404.
NO_ROUTE = "(no route: 404)"
#: A path that was never found, yet holds this share of all requests, is worth a name of its own.
_NOTABLE = 0.01

_SCHEMA = pa.schema([("path", pa.string()), ("count", pa.float64()), ("found", pa.float64())])


class Evidence:
    """How often each path was asked for, and how often it was found; see the module."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._parts: list[pa.Table] = []

    def add(self, paths: pa.Array, counts: Any = None, *, found: Any = None) -> None:
        """Count paths.

        Args:
            paths: request targets or shaped paths (text; nulls are not counted).
            counts: how many requests each stands for; one, if not given.
            found: how many of these were not answered by 404; all, if not given.
        """
        self.add_shaped(shaped(paths), counts, found=found)

    def add_shaped(self, paths: pa.Array, counts: Any = None, *, found: Any = None) -> None:
        """Count paths whose ids were taken out before (``paths.shaped``), as :meth:`add` does."""
        count = np.ones(len(paths)) if counts is None else np.asarray(counts, np.float64)
        served = count if found is None else np.asarray(found, np.float64)
        columns = [paths, pa.array(count), pa.array(served)]
        self._parts.append(_summed(pa.table(columns, schema=_SCHEMA)))
        if sum(map(len, self._parts[1:])) > len(self._parts[0]):
            self._parts = [self._table]  # so that each path is summed a few times only

    def merge(self, other: Evidence) -> Evidence:
        """Return the evidence of both."""
        both = Evidence()
        both._parts = [_summed(pa.concat_tables([self._table, other._table]))]
        return both

    def templates(self) -> Templates:
        """Decide which names are parameters."""
        table = self._table
        return Templates(table["path"].combine_chunks(), _routes(table))

    @property
    def _table(self) -> pa.Table:
        return _summed(pa.concat_tables([_SCHEMA.empty_table(), *self._parts]))


@dataclass(frozen=True)
class Templates:
    """The routes of paths: ``routes[i]`` is that of the shaped path ``paths[i]``."""

    paths: pa.Array
    routes: pa.Array

    def of(self, targets: pa.Array) -> pa.Array:
        """Return the route of every request target or shaped path; null stays null."""
        return self.of_shaped(shaped(targets))

    def of_shaped(self, paths: pa.Array) -> pa.Array:
        """Return the route of every path whose ids were taken out before; null stays null."""
        keys = paths.dictionary_encode()
        return self._of_distinct(keys.dictionary).take(keys.indices)

    def _of_distinct(self, paths: pa.Array) -> pa.Array:
        known = self.routes.take(pc.index_in(paths, value_set=self.paths))
        if not known.null_count:
            return known
        new = known.is_null()
        unknown = paths.filter(new)
        matched = pc.coalesce(self._patterns.of(unknown), unknown)
        return pc.replace_with_mask(known, new, matched)

    @cached_property
    def _patterns(self) -> Routes:
        return _patterns(self.routes)


def _patterns(routes: pa.Array) -> Routes:
    """Return the routes that have a parameter found by evidence, as patterns."""
    named = pc.match_substring_regex(routes, r"\{(?:name|path)\}")
    return Routes.of_templates(pc.unique(routes.filter(named)).to_pylist())


def _routes(table: pa.Table) -> pa.Array:
    """Return the route of every row of a table of path, count and found."""
    served = table["found"].to_numpy() > 0
    count = table["count"].to_numpy()
    paths = table["path"].combine_chunks()
    known = _templated(paths.filter(pa.array(served)), count[served])
    if served.all():
        return known
    lost = paths.filter(pa.array(~served))
    rare = count[~served] < _NOTABLE * count.sum()
    same = known.take(pc.index_in(lost, value_set=known))
    own = pc.if_else(pa.array(rare), NO_ROUTE, lost)
    return _mixed(served, known, pc.coalesce(same, _patterns(known).of(lost), own))


def _mixed(first: NDArray[np.bool_], yes: pa.Array, no: pa.Array) -> pa.Array:
    place = np.where(first, np.cumsum(first) - 1, len(yes) + np.cumsum(~first) - 1)
    return pa.concat_arrays([yes, no]).take(pa.array(place))


def _templated(paths: pa.Array, count: Floats) -> pa.Array:
    """Return the template of every shaped path."""
    cut = Sections.of(paths)
    names = Names.of(cut.texts)
    codes = cut.codes.copy()
    prefix = np.zeros(len(paths), np.int64)
    for place in range(int(cut.depth.max(initial=0))):
        rows = np.flatnonzero(cut.depth > place)
        code, *after = (_at(cut, rows, place + step) for step in (0, 1, 2))
        found = placed(prefix[rows], code, count[rows], after, names)
        codes[cut.offsets[rows] + place] = found
        prefix[rows] = numbered(prefix[rows], names.pooled[found])[0]
    return collapsed(cut.joined(names.texts, codes))


def _at(cut: Sections, rows: Ints, place: int) -> Ints:
    within = cut.depth[rows] > place
    codes = np.full(len(rows), -1, np.int64)
    codes[within] = cut.codes[cut.offsets[rows][within] + place]
    return codes


def _summed(table: pa.Table) -> pa.Table:
    known = table.filter(table["path"].is_valid())
    summed = known.group_by("path").aggregate([("count", "sum"), ("found", "sum")])
    return pa.table([summed["path"], summed["count_sum"], summed["found_sum"]], schema=_SCHEMA)
