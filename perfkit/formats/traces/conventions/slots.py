"""The attributes of one span -> the best value of each slot (:mod:`.names`).

Which names matter, and in which order, is found once for all spans that have the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.formats.traces.conventions.names import OTHER, PARAMETER, Place, place
from perfkit.formats.traces.conventions.values import grpc_status, integer, statement_text, text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PARAMETERS", "Slots", "converted", "slots_of"]

#: The slot of the parameters of a statement, by name.
PARAMETERS = "named"
#: Slots that hold no text, whose name counts even if its value cannot be what it says.
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "statement": statement_text,
    "port": integer,
    "address_port": integer,
    "http_status": integer,
    "rpc_status": grpc_status,
    "size": integer,
    "rows": integer,
    "word_status": integer,
}


class Slots(NamedTuple):
    """What attributes mean.

    Attributes:
        found: the value of the best name per slot.
        ranks: how far that name is behind the slot's best.
        about: what the slots are about (bits of :mod:`.names`).
    """

    found: dict[str, Any]
    ranks: dict[str, int]
    about: int


def slots_of(attributes: Mapping[str, Any]) -> Slots:
    """Return what attributes mean; those without a usable value count as if they were not there.

    Example:
        >>> slots_of({"http.method": "get", "team": "a", "http.request.method": "GET"}).found
        {'method': 'GET'}
    """
    found: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    about = 0
    steps, parameters = _plan(tuple(attributes))
    for name, (slot, rank, bit), convert in steps:
        value = attributes[name]
        if value is None or value == "" or slot in found:
            continue
        if convert is not None:
            value = convert(value)
        elif type(value) is not str:
            value = text(value)
            if not value:
                continue
        found[slot] = value
        ranks[slot] = rank
        about |= bit
    named = {slot: value for name, slot in parameters if (value := text(attributes[name]))}
    if named:
        found[PARAMETERS] = named
        about |= OTHER
    return Slots(found, ranks, about)


def converted(where: Place, value: Any) -> tuple[bool, Any]:
    """Return whether an attribute's value can be used, and the value as its slot has it."""
    if value is None or value == "":
        return False, None
    convert = None if where.rank == PARAMETER else _CONVERSIONS.get(where.slot)
    if convert is not None:
        return True, convert(value)
    found = text(value)
    return bool(found), found


#: An attribute's name, what it means, and how its value is converted (None: to a text).
_Step = tuple[str, Place, Callable[[Any], Any] | None]


@lru_cache(maxsize=4096)
def _plan(names: tuple[str, ...]) -> tuple[list[_Step], list[tuple[str, str]]]:
    """Return the names that matter, the best first, and those of parameters with what they name."""
    places = [(name, where) for name in names if (where := place(name)) is not None]
    places.sort(key=lambda named: named[1].rank)
    steps = [
        (name, where, _CONVERSIONS.get(where.slot))
        for name, where in places
        if where.rank != PARAMETER
    ]
    return steps, [(name, where.slot) for name, where in places if where.rank == PARAMETER]
