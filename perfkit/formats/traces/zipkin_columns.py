"""Decoded spans of Zipkin -> the columns of a chunk.

Most spans repeat the tags, the endpoints and the names of others: what these say is found once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.traces import ids
from perfkit.formats.traces.span_columns import SpanColumns
from perfkit.formats.traces.zipkin_model import Span2, nanoseconds
from perfkit.formats.traces.zipkin_told import Told, joined, process, told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Ids", "columns", "identified"]

_NO_NOTES = frozenset({b"null", b"[]"})
_US = 1000


class Ids(NamedTuple):
    """The ids of some spans as columns; null where one is none."""

    trace: pa.Array
    span: pa.Array
    parent: pa.Array

    def known(self) -> pa.Array:
        """Say which spans have a trace's and their own."""
        return pc.and_(self.trace.is_valid(), self.span.is_valid())


def identified(spans: Sequence[Span2]) -> Ids:
    """Return the ids left-padded to 32 and 16 digits.

    A parent of nothing but zeros, or the span itself, is no parent.
    """
    trace = ids.column([_text(span.traceId) for span in spans], ids.TRACE_DIGITS)
    own = ids.column([_text(span.id) for span in spans], ids.SPAN_DIGITS)
    parent = ids.parents([_text(span.parentId) for span in spans])
    itself = pc.fill_null(pc.equal(own, parent), fill_value=False)
    if pc.any(itself).as_py():
        parent = pc.if_else(itself, pa.scalar(None, pa.string()), parent)
    return Ids(trace, own, parent)


def columns(spans: Sequence[Span2], lines: Sequence[int], known: Ids) -> SpanColumns:
    """Return the columns of ``spans``, all of whose ids are ``known``."""
    said, fact = _distinct([_key(span) for span in spans], lambda key: told(*key))
    by, each = _distinct([bytes(span.localEndpoint) for span in spans], process)
    return SpanColumns(
        trace_id=known.trace,
        span_id=known.span,
        parent_id=known.parent,
        service=_taken([one.service for one in by], each),
        name=pa.array([span.name or "" for span in spans], pa.string()),
        kind=_taken([one.kind for one in said], fact),
        started_ns=_nanoseconds([span.timestamp for span in spans]),
        duration_ns=_nanoseconds([span.duration for span in spans]),
        error=_taken([one.error for one in said], fact),
        line=pa.array(lines, pa.int64()),
        facts=[one.facts for one in said],
        fact=fact,
        attributes=_attributes(spans, said, fact),
        category=_taken([one.category for one in said], fact),
        resource=_taken([one.resource for one in by], each),
    )


def _text(identifier: str | int | None) -> str | None:
    return identifier if identifier is None or type(identifier) is str else str(identifier)


def _key(span: Span2) -> tuple[bytes, bytes, str | None, str]:
    """Return what decides what is told; only a server's name tells something."""
    kind = span.kind or ("SERVER" if span.shared else None)
    name = span.name or "" if kind == "SERVER" else ""
    return bytes(span.tags), bytes(span.remoteEndpoint), kind, name


def _distinct(keys: Sequence[Any], make: Callable[[Any], Any]) -> tuple[list[Any], Any]:
    """Return what ``make`` makes of each different key, and which of these each key is."""
    place: dict[Any, int] = {}
    each = np.array([place.setdefault(key, len(place)) for key in keys], np.int64)
    return [make(key) for key in place], each


def _taken(texts: Sequence[str | None], each: Any) -> pa.Array:
    words = pa.array(texts, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(words.indices.take(pa.array(each)), words.dictionary)


def _nanoseconds(us: Sequence[Any]) -> pa.Array:
    try:
        ns = pc.multiply_checked(pa.array(us, pa.int64()), _US)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # some are no integers
        ns = pa.array([nanoseconds(one) for one in us], pa.int64())
    return pc.if_else(pc.greater(ns, 0), ns, pa.scalar(None, pa.int64()))


def _attributes(spans: Sequence[Span2], said: Sequence[Told], fact: Any) -> pa.Array:
    """Return the tags, with the annotations under a name of their own."""
    noted = [bytes(span.annotations) for span in spans]
    rows = fact.tolist()
    found = [
        said[row].attributes if notes in _NO_NOTES else _with(said[row].attributes, notes)
        for row, notes in zip(rows, noted, strict=True)
    ]
    return pa.array(found, pa.binary())


def _with(tags: bytes, notes: bytes) -> bytes:
    return joined(tags, b'{"annotations":' + notes + b"}") if notes[:1] == b"[" else tags
