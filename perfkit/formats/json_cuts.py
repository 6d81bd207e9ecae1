"""Where in a large JSON document one element of an array ends, found from its end backwards.

Only the last 64 KiB are looked at, and eight times as much as often as no element ends there:
brackets outside strings tell how deep each object is, without knowing what is before. Whether
the window begins within a string is not known; both are tried, and an object counts only when
it can be decoded and looks like an element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    #: The keys of an object and their undecoded values -> whether it is an element of the array.
    Looks = Callable[[Mapping[str, msgspec.Raw]], bool]

__all__ = ["end_of_last_element", "is_element"]

Ints = np.ndarray[Any, np.dtype[np.int64]]

_FIRST_WINDOW = 1 << 16
_GROWTH = 8
#: No element is larger: what is sought further back costs more than it is worth.
_LARGEST = 64 << 20
#: Elements of an array are among the outermost objects of a window, and among the last of these.
_LEVELS = 12
_TRIES = 64

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BRACE, _BRACKETS, _CLOSED, _QUOTE = 0x7B, 0x7B, 0x7D, 0x22
_LOWER = 0x20  # [ and ] become { and }


def is_element(data: Any, looks: Looks) -> bool:
    """Say whether ``data`` is one whole JSON object that looks like an element."""
    try:
        return looks(_object.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def end_of_last_element(data: bytes, looks: Looks) -> int:
    """Return the offset behind the last whole element in ``data``, 0 when there is none."""
    size = _FIRST_WINDOW
    while True:
        begin = max(len(data) - size, 0)
        for start, end in _candidates(data[begin:]):
            if is_element(memoryview(data)[begin + start : begin + end], looks):
                return begin + end
        if begin == 0 or size >= _LARGEST:
            return 0
        size *= _GROWTH


def _candidates(window: bytes) -> Iterator[tuple[int, int]]:
    """Yield begin and end of objects, the outermost first and of these the last first."""
    plain = window.replace(b"\\\\", b"__").replace(b'\\"', b"__") if b"\\" in window else window
    view = np.frombuffer(plain, np.uint8)
    folded = view | _LOWER
    place = np.flatnonzero((folded == _BRACKETS) | (folded == _CLOSED))
    quotes = np.flatnonzero(view == _QUOTE)
    within = np.searchsorted(quotes, place) % 2 == 1
    # more brackets are outside strings than within
    for outside in sorted((within, ~within), key=np.count_nonzero, reverse=True):
        yield from _objects(view, place[outside])


def _objects(view: Any, place: Ints) -> Iterator[tuple[int, int]]:
    """Yield the objects between brackets at ``place``."""
    if not len(place):
        return
    opens = (view[place] | _LOWER) == _BRACKETS
    level = np.cumsum(np.where(opens, 1, -1)) + ~opens  # of a bracket and its counterpart
    for one in range(int(level.min()), int(level.min()) + _LEVELS):
        here = np.flatnonzero(level == one)
        whole = opens[here[:-1]] & ~opens[here[1:]] & (view[place[here[:-1]]] == _BRACE)
        for last in np.flatnonzero(whole)[: -_TRIES - 1 : -1].tolist():
            yield int(place[here[last]]), int(place[here[last + 1]]) + 1
