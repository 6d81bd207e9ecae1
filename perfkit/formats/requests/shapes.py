"""The shape of a log line, that is, its keys: where in it each role is found.

The lines of one program have few shapes: what their keys mean is decided once per shape.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.formats.requests.keys import Role, flattened, role
from perfkit.formats.requests.products import product_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Place", "Shape", "flat"]

#: What a program's documentation says comes before what a key sounds like.
_DOCUMENTED = -1


class Place(NamedTuple):
    """One value of a line: its number, its key, and the unit of a duration (empty: unknown)."""

    number: int
    key: str
    unit: str


class Shape(NamedTuple):
    """What the keys of a line mean: for each role the numbers of its values, the best first.

    ``durations`` and ``upstream`` are the places of durations. ``product`` is the program that
    writes such lines, empty when it is none that is known.
    """

    product: str
    roles: tuple[tuple[str, tuple[int, ...]], ...]
    durations: tuple[Place, ...]
    upstream: tuple[Place, ...]


def flat(line: Mapping[str, Any]) -> tuple[Shape, list[Any]]:
    """Return the shape of a line, and its values with those of objects inside it."""
    if dict in map(type, line.values()):
        pairs = list(flattened(line))
        return _shape(tuple(key for key, _ in pairs)), [value for _, value in pairs]
    return _shape(tuple(line)), list(line.values())


@lru_cache(maxsize=4096)
def _shape(keys: tuple[str, ...]) -> Shape:
    product = product_of(keys)
    documented = product.roles if product else {}
    found: defaultdict[str, list[tuple[int, Place]]] = defaultdict(list)
    for index, key in enumerate(keys):
        said = documented.get(key)
        meaning = Role(said[0], _DOCUMENTED, said[1]) if said else role(key)
        if meaning is not None:
            found[meaning.name].append((meaning.rank, Place(index, key, meaning.unit)))
    places = {
        name: tuple(place for _, place in sorted(ranked, key=lambda pair: pair[0]))
        for name, ranked in found.items()
    }
    durations, upstream = places.pop("duration", ()), places.pop("upstream", ())
    roles = tuple((name, tuple(place.number for place in some)) for name, some in places.items())
    return Shape(product.name if product else "", roles, durations, upstream)
