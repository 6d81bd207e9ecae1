"""What one attribute means by itself, and what attributes whose meanings are known mean together.

The same as :func:`.slots.slots_of` finds: names are looked up and values converted once for each
different attribute, priorities found once for each sequence of names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.formats.traces.conventions.names import PARAMETER, Place, place
from perfkit.formats.traces.conventions.slots import PARAMETERS, Slots, converted

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Meaning", "meaning", "slots_of_meanings"]

#: Where values go that others of the same slot win over; no slot has this name.
_LOST = ""


@dataclass(frozen=True, eq=False, slots=True)
class _Shape:
    """A name that conventions know, and whether its value can be used; the same is identical."""

    name: str
    where: Place
    usable: bool


class Meaning(NamedTuple):
    """One attribute: its value as its slot has it, and as it was written."""

    shape: _Shape | None
    value: Any
    name: str
    written: Any


class _Layout(NamedTuple):
    """Which slot each of some attributes fills, of parameters: their names and where they are."""

    slots: tuple[str, ...]
    ranks: dict[str, int]
    about: int
    parameters: tuple[tuple[str, int], ...]


def meaning(name: str, value: Any) -> Meaning:
    """Return what an attribute means; ``shape`` None: no convention knows its name."""
    where = place(name)
    if where is None:
        return Meaning(None, None, name, value)
    usable, found = converted(where, value)
    return Meaning(_shape(name, usable), found, name, value)


def slots_of_meanings(meanings: Sequence[Meaning]) -> Slots:
    """Return what attributes mean together, of a name that is there twice the last.

    Example:
        >>> slots_of_meanings([meaning("http.method", "get"), meaning("port", 1)]).found
        {'method': 'get', '': None}
    """
    if not meanings:
        return Slots({}, {}, 0)
    shapes, values, _, _ = zip(*meanings, strict=True)
    layout = _layout(shapes)
    found = dict(zip(layout.slots, values, strict=True))
    if layout.parameters:
        found[PARAMETERS] = {slot: values[place] for slot, place in layout.parameters}
    return Slots(found, layout.ranks, layout.about)


@lru_cache(maxsize=16384)
def _shape(name: str, usable: bool) -> _Shape | None:  # noqa: FBT001 - lru_cache's key
    where = place(name)
    return None if where is None else _Shape(name, where, usable)


@lru_cache(maxsize=2048)
def _layout(shapes: tuple[_Shape | None, ...]) -> _Layout:
    last = {shape.name: number for number, shape in enumerate(shapes) if shape is not None}
    known = [(number, shape) for number in last.values() if (shape := shapes[number]) is not None]
    known = [(number, shape) for number, shape in known if shape.usable]
    slots, ranks, about = [_LOST] * len(shapes), {}, 0
    parameters = []
    for number, shape in sorted(known, key=lambda one: one[1].where.rank):
        slot, rank, bit = shape.where
        about |= bit
        if rank == PARAMETER:
            parameters.append((slot, number))
        elif slot not in ranks:
            slots[number], ranks[slot] = slot, rank
    return _Layout(tuple(slots), ranks, about, tuple(parameters))
