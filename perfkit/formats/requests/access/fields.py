"""The fields of divided lines as columns; where a value cannot be what its field says is marked."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.requests.access.escapes import texts
from perfkit.formats.requests.access.moments import moments, resolution
from perfkit.formats.requests.access.numbers import Numbers, decimals, integers
from perfkit.formats.requests.access.request_lines import RequestLines, methods, request_lines

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.access.divide import Divided
    from perfkit.formats.requests.access.template import Field, Template
    from perfkit.formats.requests.access.words import Bools, Text

__all__ = ["Fields"]

#: A unit of time -> powers of ten to milliseconds.
_POWERS = {"s": 3, "ms": 0, "us": -3, "ns": -6}
_FINENESS = {"s": 0, "ms": 1, "us": 2, "ns": 3}
_ONE_OF_SEVERAL = re.compile(rb"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_NS = pa.timestamp("ns", "UTC")


class Fields:
    """Reads columns of the divided lines.

    ``broken`` are lines with a value that cannot be what its field says, ``naive`` says that
    some times named no zone.
    """

    def __init__(self, template: Template, text: Text, lines: Divided, zone: str | None) -> None:
        """Read nothing yet."""
        self.template, self.text, self.lines, self.zone = template, text, lines, zone
        self.broken: Bools = np.zeros(len(lines.rows), np.bool_)
        self.naive = False

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self.lines.rows)

    def edges(self, place: int) -> tuple[Ints, Ints]:
        """Return where a field begins and ends."""
        return self.lines.begin[place], self.lines.end[place]

    def text_of(self, *roles: str) -> pa.Array:
        """Return the first text that is known of these roles; dashes and nothing are unknown."""
        found = [self._text(place) for role in roles for place in self.template.places(role)]
        if not found:
            return pa.nulls(len(self), pa.string())
        return found[0] if len(found) == 1 else pc.coalesce(*found)

    def category(self, role: str) -> pa.Array:
        """Return a text of which few are different."""
        return self.text_of(role).dictionary_encode()

    def integer(self, role: str) -> pa.Array:
        """Return the first integer of a role that is known."""
        found = [self._integer(place) for place in self.template.places(role)]
        return _first(found) if found else pa.nulls(len(self), pa.int64())

    def milliseconds(self, role: str) -> pa.Array:
        """Return the duration of a role that is known, the finest one."""
        places = self.template.places(role)
        places.sort(key=lambda place: -_FINENESS[self.template.fields[place].unit])
        found = [self._duration(place) for place in places]
        return _first(found) if found else pa.nulls(len(self), pa.float64())

    def times(self, role: str) -> pa.Array:
        """Return nanoseconds since 1970 of a role, as integers: of the finest time."""
        places = self.template.places(role)
        places.sort(key=lambda place: -resolution(self.template.fields[place].unit))
        found = [self._time(place) for place in places]
        return _first(found) if found else pa.nulls(len(self), pa.int64())

    def request_line(self) -> RequestLines | None:
        """Return methods and paths, where the template has request lines."""
        places = self.template.places("request")
        return request_lines(self.text, *self.edges(places[0])) if places else None

    def method(self) -> pa.Array | None:
        """Return methods, where the template has them by themselves."""
        places = self.template.places("method")
        return methods(self.text, *self.edges(places[0])) if places else None

    def between(self, begin: Ints, end: Ints, known: Bools) -> pa.Array:
        """Return texts without escapes."""
        return texts(self.text, begin, end, known, escaped=self.template.escaped)

    def known(self, place: int) -> Bools:
        """Say where a field has a value: neither nothing nor a dash."""
        begin, end = self.edges(place)
        found: Bools = (end > begin) & ~self._is_dash(begin, end)
        return found

    def _is_dash(self, begin: Ints, end: Ints) -> Bools:
        found: Bools = (end - begin == 1) & (self.text.view[begin] == ord("-"))
        return found

    def _text(self, place: int) -> pa.Array:
        return self.between(*self.edges(place), self.known(place))

    def _integer(self, place: int) -> pa.Array:
        begin, end = self.edges(place)
        found = integers(self.text, begin, end)
        known = self.known(place)
        self.broken |= known & ~found.valid
        if self.template.fields[place].unit != "clf":
            return _array(found, known)
        dash = self._is_dash(begin, end)
        return _array(Numbers(np.where(dash, 0, found.value), found.valid | dash), known | dash)

    def _duration(self, place: int) -> pa.Array:
        begin, end = self.edges(place)
        field = self.template.fields[place]
        found = decimals(self.text, begin, end, _POWERS[field.unit])
        known = self.known(place)
        odd = np.flatnonzero(known & ~found.valid)
        if len(odd):
            sums = [self._sum(field, begin[row], end[row]) for row in odd.tolist()]
            found.value[odd] = [0.0 if ms is None else ms for ms in sums]
            known[odd] = [ms is not None for ms in sums]
            found.valid[odd] = known[odd]
            below = self.text.view[begin[odd]] == ord("-")  # a clock that was set back
            self.broken[odd] |= ~known[odd] & ~below
        return _array(found, known)

    def _sum(self, field: Field, begin: int, end: int) -> float | None:
        """Add up the tries of ``0.1, 0.2 : 0.3``; None: there was none."""
        value = self.text.data[begin:end]
        if not field.several and (b"," in value or b":" in value):
            return None
        tries = [one.strip() for one in re.split(rb"[,:]", value)]
        if not all(one in {b"", b"-"} or _ONE_OF_SEVERAL.fullmatch(one) for one in tries):
            return None
        numbers = [Decimal(one.decode()) for one in tries if one not in {b"", b"-"}]
        return float(sum(numbers) * Decimal(10) ** _POWERS[field.unit]) if numbers else None

    def _time(self, place: int) -> pa.Array:
        begin, end = self.edges(place)
        found = moments(self.text, begin, end, self.template.fields[place].unit, self.zone)
        known = self.known(place)
        self.broken |= known & ~found.known
        self.naive |= found.naive
        return _array(Numbers(found.ns, found.known), known)


def _array(found: Numbers, known: Bools) -> pa.Array:
    valid = found.valid & known
    return pa.array(found.value, mask=None if valid.all() else ~valid)


def _first(found: list[pa.Array]) -> pa.Array:
    return found[0] if len(found) == 1 else pc.coalesce(*found)
