"""What one attribute means by itself, and what attributes whose meanings are known mean together.

The same as :func:`.slots.slots_of` finds: names are looked up and values converted once for each
different attribute, priorities found once for each sequence of names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from perfkit.formats.traces.conventions.names import PARAMETER, Place, place
from perfkit.formats.traces.conventions.slots import MANY, PARAMETERS, Slots, conversion, converted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Meaning", "Name", "meaning", "slots_of_meanings"]

#: Where values go that others of the same slot win over; no slot has this name.
_LOST = ""


@dataclass(frozen=True, eq=False, slots=True)
class Name:
    """The name of an attribute, and what it means; None: nothing that a convention knows.

    ``useless`` is the same name with a value that cannot be used. Equal names are one object
    (of the last few thousand), so they are told apart by identity.
    """

    text: str
    where: Place | None
    convert: Callable[[Any], Any] | None = None
    useless: Name | None = None


#: One attribute: its name, its value as its slot has it, and as it was written. A plain tuple:
#: there is one for each different attribute of a file.
Meaning = tuple[Name, Any, Any]


def meaning(text: str, value: Any) -> Meaning:
    """Return what an attribute means."""
    name = _name(text)
    where = name.where
    if where is None:
        return name, None, value
    if type(value) is str and value and name.convert is None:
        return name, value, value
    usable, found = converted(where, value)
    return (name if usable else name.useless or name), found, value


def slots_of_meanings(meanings: Sequence[Meaning]) -> Slots:
    """Return what attributes mean together; of a name that is there twice, the last counts.

    Example:
        >>> slots_of_meanings([meaning("http.method", "get"), meaning("http.path", "/")])[0]
        {'method': 'get', 'path': '/'}
    """
    layout = _layout if len(meanings) <= MANY else _layout.__wrapped__
    slots, ranks, about, parameters = layout(tuple([one[0] for one in meanings]))
    values = [one[1] for one in meanings]
    found = dict(zip(slots, values, strict=True))
    if parameters:
        found[PARAMETERS] = {slot: values[number] for slot, number in parameters}
    return found, ranks, about


@lru_cache(maxsize=16384)
def _name(text: str) -> Name:
    where = place(text)
    useless = Name(text, None)
    return useless if where is None else Name(text, where, conversion(where), useless)


#: Which slot each of some attributes fills, how far its name is behind the slot's best, what the
#: slots are about; of parameters: their names and which attributes they are.
_Layout = tuple[tuple[str, ...], dict[str, int], int, tuple[tuple[str, int], ...]]


@lru_cache(maxsize=2048)
def _layout(names: tuple[Name, ...]) -> _Layout:
    last = {name.text: number for number, name in enumerate(names)}
    known = [(number, where) for number in last.values() if (where := names[number].where)]
    slots, about = [_LOST] * len(names), 0
    ranks: dict[str, int] = {}
    parameters = []
    for number, (slot, rank, bit) in sorted(known, key=lambda one: one[1].rank):
        about |= bit
        if rank == PARAMETER:
            parameters.append((slot, number))
        elif slot not in ranks:
            slots[number], ranks[slot] = slot, rank
    return tuple(slots), ranks, about, tuple(parameters)
