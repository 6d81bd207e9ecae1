r"""OTLP/JSON documents one behind the other, each as it stands: ``{...}{...}``, ``[...]\n[...]``.

Who asks an API for one trace after the other, prints each with ``jq``, or appends payload to
payload, has such a file. Each document is found by one call of the decoder, which says in its
complaint about "trailing characters" where the next begins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["documents"]

_GAP = re.compile(rb"[\s,\0\]]*")
_PLACE = re.compile(r"\(byte ([0-9]+)\)")
#: How a document begins. A key with its colon cannot be within a string, whose quotes have
#: backslashes.
_BEGINS = re.compile(
    rb'\{\s*(?:"\w+"\s*:\s*\{\s*){0,2}"(?:resourceSpans|resource_spans|batches)"\s*:\s*\['
)
_LIST = re.compile(rb"\[\s*")
#: So often may an input be read again in search of the ends of broken documents.
_REREAD = 16

_skip = msgspec.json.Decoder(msgspec.Raw).decode


def documents(data: bytes) -> Iterator[bytes]:
    """Yield the documents in ``data``: objects and lists, in order.

    A broken one, or one that is cut off, ends where the next begins. Where too many are broken
    all that is left is one.

    Example:
        >>> list(documents(b'{"resourceSpans":[]} {"resourceSpans":[{"resourceSp'))
        [b'{"resourceSpans":[]}', b'{"resourceSpans":[{"resourceSp']
    """
    view, at, left = memoryview(data), 0, _REREAD * len(data)
    while (at := _end_of(_GAP, data, at)) < len(data):
        read, whole = _value(view[at:])
        end = at + read
        if not whole:
            left -= read
            found = _BEGINS.search(data, _end_of(_BEGINS, data, _end_of(_LIST, data, at)))
            end = found.start() if found and left > 0 else len(data)
        yield data[at:end]
        at = end


def _end_of(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    found = pattern.match(data, at)
    return found.end() if found else at


def _value(view: memoryview) -> tuple[int, bool]:
    """Return how many bytes were read of the value that ``view`` begins with; is it whole?"""
    try:
        _skip(view)
    except msgspec.DecodeError as error:
        place = _PLACE.search(str(error))
        if place is None:
            return len(view), False
        trailing = "trailing" in str(error)
        return int(place[1]) - trailing, trailing
    except RecursionError:
        return len(view), False
    return len(view), True
