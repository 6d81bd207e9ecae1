"""The children of one prefix: are they names of routes, or values of a parameter?

A place is a parameter when more different names stand there than the bar says (*few* names never
are); the bar depends on what the names tell of themselves:

=============================================================== ====
names of the place                                              bar
=============================================================== ====
a ``{name}`` stands there already (merged evidence)             0
most are months (``2026-08``): an interface has fewer versions  8
nearly all lead to ids below one word (``/acme/projects/{id}``) 12
most lead to the same words (``/alice/posts``, ``/bob/posts``)  40
most have digits, encoded text or three words                   40
most have a hyphen (``blue-lamp``)                              100
others                                                          200
a quarter are operations (``getUser``, ``users.list``)          600
=============================================================== ====

100 and 200 are what Sentry's clusterer of transaction names merges at, as a rule and for projects
where that was too few. A prefix followed directly by ids (``/orders/{id}``) names a collection;
such names are not alike for leading to the same words.

At a parameter's place a name stays a name when it holds at least this share of the place's
requests and this many times the average value's: 0.5 % where what follows it follows no other
value (``/api`` among user names), 1 % where it is made unlike the others (``search`` among
``blue-lamp``) or leads nowhere and the others do not (``login``), 3 % where it is a single word.
Where what follows it follows the others as well, it is a value
however popular. Languages (``de``, ``en-US``) and versions (``v1``) always stay names, and what
follows them is one place.

Where values stand beside ids (``{id}``: tokens of which some look like words), they are one
parameter, named as most requests have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfkit.routing.following import Following
from perfkit.routing.paths import numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from perfkit.routing.names import Names

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["MANY", "placed"]

#: More different names at one place than this are values, unless they look like operations.
MANY = 200
_MONTHS, _NESTED, _SOME, _HYPHENED, _OPERATIONS = 8, 12, 40, 100, 600
_QUARTER, _MOST, _MOSTLY, _NEARLY_ALL = 0.25, 0.5, 0.6, 0.9
#: How a name is made is unusual when fewer of the others are made so.
_UNUSUAL = 0.05
#: What a name at the place of a parameter must hold: share of requests, times the average.
_OWN, _ODD, _POPULAR = (0.005, 1), (0.01, 3), (0.03, 6)


@dataclass(frozen=True)
class Place:
    """The different names of one place; arrays have one element per name.

    ``requests`` are those of each name; ``alike`` leads to words that follow other names as well;
    ``unlike`` leads to words that do not; ``collection`` leads to ids, ``nested`` to ids below a
    word that follows most names. ``total`` are the requests of all names and of a ``{name}`` that
    is there already (``proven``).
    """

    codes: Ints
    requests: Floats
    alike: Flags
    unlike: Flags
    collection: Flags
    nested: Flags
    total: float
    proven: bool

    def values(self, names: Names) -> Flags:
        """Say which names are values of a parameter: none, or all but some."""
        bar = self._bar(names)
        if len(self.codes) > bar:
            rest = ~self._kept(names)
            if rest.sum() > bar:
                return rest
        return np.zeros(len(self.codes), np.bool_)

    def _bar(self, names: Names) -> int:
        if self.proven:
            return 0
        return self._bar_by_structure(names) or self._bar_by_text(names)

    def _bar_by_structure(self, names: Names) -> int:
        if _share(names.months(self.codes)) >= _MOST:
            return _MONTHS
        if _share(self.nested & ~self.collection) >= _NEARLY_ALL:
            return _NESTED
        return _SOME if self._mostly_alike else 0

    def _bar_by_text(self, names: Names) -> int:
        if len(self.codes) > 2 * _OPERATIONS or _share(names.operations(self.codes)) >= _QUARTER:
            return _OPERATIONS
        if _share(names.valued(self.codes)) >= _MOST:
            return _SOME
        return _HYPHENED if _share(names.hyphened(self.codes)) >= _MOSTLY else MANY

    def _holds(self, share: float, times: float) -> Flags:
        """Say which names hold a share of the requests, and so many times the average name's."""
        least = self.total * max(share, times / len(self.codes))
        return np.asarray(self.requests >= least, np.bool_)

    @property
    def _mostly_alike(self) -> bool:
        return _share(self.alike & ~self.collection) >= _MOST

    def _kept(self, names: Names) -> Flags:
        own = self._holds(*_OWN) & self.unlike | self._holds(_OWN[0], 0) & self.proven
        odd = self._holds(*_ODD)
        if odd.any() and not self._mostly_alike:
            made = names.skeletons(self.codes)
            odd &= np.bincount(made)[made] < _UNUSUAL * len(made)
        popular = self._holds(*_POPULAR)
        popular[popular] = ~names.valued(self.codes[popular]) & ~names.hyphened(self.codes[popular])
        kept: Flags = (own | odd | popular) & (~self.alike | self.proven)
        return kept


def placed(parent: Ints, code: Ints, count: Floats, after: Sequence[Ints], names: Names) -> Ints:
    """Return the sections of one depth, values of parameters as ``{name}``.

    Args:
        parent: by path, the number of the prefix before the section.
        code: by path, the section.
        count: by path, its requests.
        after: by path, the next section and the one after it; -1 beyond the end.
        names: facts about sections.
    """
    child, size = numbered(parent, code)
    first = np.empty(size, np.int64)
    first[child[::-1]] = np.arange(len(child))[::-1]
    requests = np.asarray(np.bincount(child, count, size), np.float64)
    tree = _Children(parent[first], code[first], requests)
    value = np.zeros(size, np.bool_)
    for children, place in _places(tree, child, after, names):
        value[children] = place.values(names)
    return _with_ids(tree, value, names)[child]


def _with_ids(tree: _Children, value: Flags, names: Names) -> Ints:
    """Return what every child becomes; values and ids of one place are one parameter."""
    found = np.where(value, names.folded[tree.code], tree.code)
    named, ids = found == names.name, tree.code == names.id
    if not named.any() or not ids.any():
        return found
    both = (tree.counts(named) > 0) & (tree.counts(ids) > 0)
    more = np.where(tree.sums(ids) >= tree.sums(named), names.id, names.name)
    return np.where((named | ids) & both[tree.parent], more[tree.parent], found)


@dataclass(frozen=True)
class _Children:
    """Every different section after every prefix."""

    parent: Ints
    code: Ints
    requests: Floats

    def sums(self, where: Flags) -> Floats:
        """Return the requests of the children that are ``where``, by parent."""
        sums = np.bincount(self.parent[where], self.requests[where], self.parent.max() + 1)
        return np.asarray(sums, np.float64)

    def counts(self, where: Flags) -> Ints:
        """Return how many children are ``where``, by parent."""
        return np.bincount(self.parent[where], minlength=self.parent.max() + 1)


def _places(
    tree: _Children, child: Ints, after: Sequence[Ints], names: Names
) -> Iterator[tuple[Ints, Place]]:
    """Yield the places that may be parameters, with the children that are their names."""
    plain, named = names.plain[tree.code], names.named[tree.code]
    proven = tree.counts(named) > 0
    count = tree.counts(plain)
    worth = (count > _MONTHS) | (proven & (count > 0))
    if not worth.any():
        return
    total = tree.sums(plain | named)
    mine = np.flatnonzero(plain & worth[tree.parent])
    rows = np.flatnonzero((plain & worth[tree.parent])[child])
    local = np.zeros(len(tree.code), np.int64)
    for _, children in _by(tree.parent[mine], mine):
        local[children] = np.arange(len(children))
    inside = dict(_by(tree.parent[child[rows]], rows))
    for parent, children in _by(tree.parent[mine], mine):
        paths = inside[parent]
        following = Following(local[child[paths]], len(children), names)
        alike, unlike = following.words([codes[paths] for codes in after])
        yield (
            children,
            Place(
                codes=tree.code[children],
                requests=tree.requests[children],
                alike=alike,
                unlike=unlike,
                collection=following.ids(after[0][paths]),
                nested=following.nested([codes[paths] for codes in after]),
                total=float(total[parent]),
                proven=bool(proven[parent]),
            ),
        )


def _by(keys: Ints, values: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield every key with its values."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    bounds = np.flatnonzero(np.diff(ordered)) + 1
    for part in np.split(order, bounds) if len(order) else ():
        yield int(keys[part[0]]), values[part]


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else 0.0
