"""JSON documents one behind the other, as who asks several times with ``>>`` has them."""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["documents"]

#: Behind so many broken documents all that is left is one.
_BROKEN = 100
_GAP = re.compile(r"[\s,\[\]\ufeff]*")


def documents(text: str, begins: re.Pattern[str]) -> Iterator[tuple[str, bool]]:
    r"""Yield each document, and whether it is whole.

    Args:
        text: documents, with blanks, commas or the brackets of one array around them.
        begins: how a document begins: a broken one ends where the next begins.

    Example:
        >>> list(documents('{"a":1}\n{"a":[', re.compile(r'[{]"a"')))
        [('{"a":1}', True), ('{"a":[', False)]
    """
    decoder, at, broken = JSONDecoder(), 0, 0
    while (at := _end_of_gap(text, at)) < len(text):
        try:
            _, end = decoder.raw_decode(text, at)
            whole = True
        except (ValueError, RecursionError):
            broken, whole = broken + 1, False
            found = begins.search(text, at + 1) if broken < _BROKEN else None
            end = found.start() if found else len(text)
        yield text[at:end], whole
        at = end


def _end_of_gap(text: str, at: int) -> int:
    found = _GAP.match(text, at)
    return found.end() if found else at
