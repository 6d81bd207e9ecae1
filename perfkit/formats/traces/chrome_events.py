"""Chrome trace events as msgspec types, and one chunk's events decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from perfkit.formats.json_elements import Array
from perfkit.formats.traces import chrome_times as times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.formats.json_elements import Elements
    from perfkit.formats.model import Chunk
    from perfkit.formats.traces.chrome_times import Ints

__all__ = ["ARRAY", "Event", "Events", "looks", "read_events"]

_NONE = msgspec.Raw(b"")


class Event(msgspec.Struct, gc=False):
    """One event; ``ts`` and ``dur`` are microseconds. ``pid`` and ``tid`` may be names."""

    ph: str
    name: str | None = None
    ts: float | int | str | None = None
    dur: float | int | str | None = None
    pid: int | str | float | None = None
    tid: int | str | float | None = None
    cat: str | None = None
    args: msgspec.Raw = _NONE
    id: int | str | float | None = None
    id2: msgspec.Raw = _NONE


class _Exact(msgspec.Struct, gc=False):
    """The times of one event as they are written."""

    ph: str
    ts: msgspec.Raw = _NONE
    dur: msgspec.Raw = _NONE


def looks(element: Mapping[str, msgspec.Raw]) -> bool:
    """Say whether an object is an event: it has a phase, and a time or a process."""
    return "ph" in element and not element.keys().isdisjoint({"ts", "pid", "name"})


_BEGINS = rb'"traceEvents"\s*:\s*\[|\A\s*\['
ARRAY: Array[Event] = Array(_BEGINS, Event, looks)
_NOTHING = _Exact("")
_EXACT: Array[_Exact] = Array(_BEGINS, _Exact, looks)


class Events(NamedTuple):
    """Some events of one chunk: the first letter of their phase, their times, their record numbers.

    Times are nanoseconds since the file's origin, :data:`.chrome_times.UNKNOWN` where there are
    none.
    """

    items: list[Event]
    phase: Any
    ts: Ints
    dur: Ints
    line: Ints

    def some(self, mask: Any) -> Events:
        """Return those for which ``mask`` is true."""
        if mask.all():
            return self
        places = np.flatnonzero(mask)
        items = [self.items[place] for place in places.tolist()]
        return Events(items, *(column[places] for column in self[1:]))


def read_events(chunk: Chunk) -> tuple[Elements[Event], Events]:
    """Decode a chunk; times that float64 cannot hold are read digit by digit."""
    elements = ARRAY.read(chunk)
    items = elements.items
    line = elements.lines
    lines = np.arange(line.start, line.stop) if isinstance(line, range) else np.array(line)
    return elements, Events(items, _phases(items), *_times(chunk, elements), lines.astype(np.int64))


def _phases(items: list[Event]) -> Any:
    """Return the first letters of the events' phases; in many files all are one."""
    phases = [event.ph for event in items]
    if phases and phases.count(phases[0]) == len(phases):
        return np.full(len(phases), _letters(phases[:1])[0], np.uint8)
    return np.frombuffer(_letters(phases), np.uint8)


def _letters(phases: list[str]) -> bytes:
    return "".join([phase[:1] or "?" for phase in phases]).encode("ascii", "replace")


def _times(chunk: Chunk, elements: Elements[Event]) -> tuple[Ints, Ints]:
    """Return when events began and how long they took."""
    written = [event.ts for event in elements.items], [event.dur for event in elements.items]
    read = [times.numbers(values) for values in written]
    if not any(map(times.is_lossy, written, read)):
        return times.nanoseconds(read[0]), times.nanoseconds(read[1])
    exact = _EXACT.read(chunk)
    by_line = dict(zip(exact.lines, exact.items, strict=True))
    items = [by_line.get(line, _NOTHING) for line in elements.lines]
    return times.exact_ns([i.ts for i in items]), times.exact_ns([i.dur for i in items])
