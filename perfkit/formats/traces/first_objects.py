"""The first whole objects in the beginning of a JSON file, which may end anywhere."""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["first_objects"]

_OBJECT = re.compile(r"\{\s*\"")
#: So many places are tried: a file whose beginning is damaged is still recognised.
_TRIES = 50


def first_objects(head: bytes) -> Iterator[dict[str, Any]]:
    """Yield the outermost objects that are whole in ``head``; nothing when it is no JSON.

    Example:
        >>> list(first_objects(b'{"hits": [{"a": 1}, {"a": {"b": 2}}, {"a"'))
        [{'a': 1}, {'a': {'b': 2}}]
    """
    text = head.decode("utf-8", "replace")
    if text.lstrip()[:1] not in {"[", "{"}:
        return
    decoder, at = JSONDecoder(), 0
    for _ in range(_TRIES):
        begin = _OBJECT.search(text, at)
        if begin is None:
            return
        try:
            found, at = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            at = begin.start() + 1
            continue
        yield found
