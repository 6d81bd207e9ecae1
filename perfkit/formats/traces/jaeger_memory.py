"""Lists of tags -> what they say, each different one read once.

Half of the spans of a chunk, and most of those of a file, have tags that others have too, byte
by byte. Those are remembered from chunk to chunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from perfkit.formats.traces.attribute_pairs import Pairs, Reading
from perfkit.formats.traces.jaeger_tags import (
    Told,
    meaning_of,
    plain,
    tags_of,
    told_by,
    told_together,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfkit.span_ids import Ints

__all__ = ["OF_DOCUMENTS", "OF_TRACES", "Chosen", "Memory", "binary"]

#: So many bytes of tags that were met again are remembered, and of those that were not yet.
_ROOM = 16 << 20
_BETWEEN = b"\0"


class Chosen(NamedTuple):
    """Different values, and which of them each span has."""

    values: Sequence[Any]
    each: Ints

    def column(self, name: str) -> pa.DictionaryArray:
        """Return one attribute of each span's value, a text."""
        words = pa.array([getattr(v, name) for v in self.values], pa.string()).dictionary_encode()
        each = words.indices.take(pa.array(self.each))
        return pa.DictionaryArray.from_arrays(each, words.dictionary)


class Memory:
    """Reads tags; remembers what those that repeat say."""

    def __init__(self, read: Callable[[bytes], Told]) -> None:
        """Remember nothing yet; ``read`` reads those that were not met."""
        self._read = read
        self._often: dict[bytes, Told] = {}
        self._once: dict[bytes, Told] = {}
        self._room = {True: _ROOM, False: _ROOM}

    def told(self, raw: pa.BinaryArray) -> Chosen:
        """Return what the different tags say, and which of them each span has."""
        words = raw.dictionary_encode()
        each = words.indices.to_numpy()
        distinct: list[bytes] = words.dictionary.to_pylist()
        found = [self._often.get(one) for one in distinct]
        repeats = (np.bincount(each, minlength=len(distinct)) > 1).tolist()
        for place, one in enumerate(distinct):
            if found[place] is None:
                found[place] = self._met(one, repeats=repeats[place])
        return Chosen(found, each)

    def _met(self, one: bytes, *, repeats: bool) -> Told:
        """Return what tags say that were not met twice before."""
        told = self._once.get(one)
        repeats = repeats or told is not None
        told = told or self._read(one)
        room = self._room
        if room[repeats] > 0:
            (self._often if repeats else self._once)[one] = told
            room[repeats] -= len(one)
        elif not repeats:  # those met once so long ago may as well be forgotten
            self._once.clear()
            room[repeats] = _ROOM
        return told


def _of_trace(raw: bytes) -> Told:
    return told_by(tags_of(raw))


def _of_document(raw: bytes) -> Told:
    tags = plain(*raw.split(_BETWEEN, 1))
    return told_by(tags)._replace(attributes=msgspec.json.encode(tags))


#: Tags of the query service, and tags and map of a document in Elasticsearch, NUL between them.
_tags = Pairs(Reading(pair=meaning_of, together=told_together, whole=_of_trace))
OF_TRACES, OF_DOCUMENTS = Memory(_tags.read), Memory(_of_document)


def binary(raw: Sequence[msgspec.Raw]) -> pa.BinaryArray:
    """Return undecoded values as an array of bytes; each is copied once."""
    offsets = np.zeros(len(raw) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, raw), np.int64, len(raw)), out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(raw))]
    return pa.Array.from_buffers(pa.binary(), len(raw), buffers)
