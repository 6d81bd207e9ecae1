"""The attributes of one span -> the best value of each slot (:mod:`.names`).

Which names matter, and in which order, is found once for all spans that have the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from perfkit.formats.traces.conventions.names import OTHER, PARAMETER, Place, place
from perfkit.formats.traces.conventions.values import grpc_status, integer, statement_text, text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MANY", "PARAMETERS", "Slots", "conversion", "converted", "slots_of"]

#: The slot of the parameters of a statement, by name.
PARAMETERS = "named"
#: The names of spans with more attributes are not remembered: they are large, and do not repeat.
MANY = 128
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


#: What attributes mean: the value of the best name per slot, how far that name is behind the
#: slot's best, and what the slots are about (bits of :mod:`.names`).
Slots = tuple[dict[str, Any], dict[str, int], int]


def slots_of(attributes: Mapping[str, Any]) -> Slots:
    """Return what attributes mean; those without a usable value count as if they were not there.

    Example:
        >>> slots_of({"http.method": "get", "team": "a", "http.request.method": "GET"})[0]
        {'method': 'GET'}
    """
    found: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    about = 0
    plan = _plan if len(attributes) <= MANY else _plan.__wrapped__
    steps, parameters = plan(tuple(attributes))
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
    return found, ranks, about


def conversion(where: Place) -> Callable[[Any], Any] | None:
    """Return how an attribute's values are converted; None: to texts."""
    return None if where.rank == PARAMETER else _CONVERSIONS.get(where.slot)


def converted(where: Place, value: Any) -> tuple[bool, Any]:
    """Return whether an attribute's value can be used, and the value as its slot has it."""
    if value is None or value == "":
        return False, None
    convert = conversion(where)
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
    steps = [(name, where, conversion(where)) for name, where in places if where.rank != PARAMETER]
    return steps, [(name, where.slot) for name, where in places if where.rank == PARAMETER]
