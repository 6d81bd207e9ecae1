"""Events that are spans -> the tables of one chunk, as far as its own events tell.

Times are still relative to the file's origin, and ids, parents and services unknown: see
:mod:`.chrome_whole`. Arguments whose names are those of a convention for traces
(``http.route``, ``db.statement``) make requests and queries.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from perfkit import span_attributes
from perfkit.formats.traces.chrome_times import UNKNOWN
from perfkit.formats.traces.conventions import Facts, category, facts
from perfkit.formats.traces.span_columns import SpanColumns, SpanTables, column_tables, encoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.traces.chrome_events import Event, Events
    from perfkit.formats.traces.chrome_times import Ints

__all__ = ["joined", "span_rows", "texts_of"]

_KINDS = frozenset({"server", "client", "producer", "consumer", "internal"})
#: Names of attributes have a dot; those of a function's arguments have none.
_CONVENTION = re.compile(rb'"[a-z_]+(?:\.[A-Za-z_]+)+"\s*:')
#: ``fib (scrabble.py:1)``: where a function is says nothing about what it does.
_PLACE = re.compile(r" \(.*\)$")
_SILENT = facts({})
_decode = msgspec.json.Decoder(dict[str, Any]).decode
#: What runs on a graphics card (PyTorch's categories) is no work of the processor.
_DEVICES = frozenset({"kernel", "gpu_memcpy", "gpu_memset", "gpu_user_annotation"})


def span_rows(events: Events) -> SpanTables:
    """Build the tables of events that are spans."""
    items = events.items
    told = _Told()
    each = np.array(told.numbers(items), np.int64)
    which = np.array(told.fact, np.int64)[each]
    words = list(told.facts)
    name = encoded(pa.array([event.name or "" for event in items], pa.string()))
    unknown = pa.nulls(len(items), pa.string())
    return column_tables(
        SpanColumns(
            trace_id=unknown,
            span_id=unknown,
            parent_id=unknown,
            service=unknown,
            name=name,
            kind=texts_of(told.kinds, each),
            started_ns=pa.array(events.ts),
            duration_ns=pa.array(events.dur, mask=events.dur == UNKNOWN),
            error=pa.array([one.error for one in words], pa.string()).take(pa.array(which)),
            line=pa.array(events.line),
            facts=words,
            fact=which,
            attributes=pa.array(told.attributes, pa.binary()).take(pa.array(each)),
            category=_categories(name, told, each),
        )
    )


class _Told:
    """What different categories with arguments say."""

    def __init__(self) -> None:
        self.attributes: list[bytes | None] = []
        self.kinds: list[str | None] = []
        self.cats: list[str | None] = []
        self.fact: list[int] = []
        self.facts: dict[Facts, int] = {_SILENT: 0}

    def numbers(self, items: Sequence[Event]) -> list[int]:
        """Return the number of what each event says; that of equal arguments is the same."""
        cats = [event.cat for event in items]
        known = {cat: _Known(self, cat) for cat in dict.fromkeys(cats)}
        if len(known) == 1:  # as most tools write it
            (only,) = known.values()
            return [only[bytes(event.args)] for event in items]
        return [known[cat][bytes(event.args)] for cat, event in zip(cats, items, strict=True)]


class _Known(dict[bytes, int]):
    """Numbers of what arguments in one category say, found when they are met first."""

    def __init__(self, told: _Told, cat: str | None) -> None:
        self._told, self._cat = told, cat
        self._before = b'{"cat":%b}' % msgspec.json.encode(cat) if cat else b""

    def __missing__(self, args: bytes) -> int:
        told = self._told
        said = _said(args) if _CONVENTION.search(args) else {}
        kind = str(said.get("span.kind", "")).lower()
        number = self[args] = len(told.cats)
        told.attributes.append(joined(self._before, args))
        told.fact.append(told.facts.setdefault(facts(said), len(told.facts)) if said else 0)
        told.kinds.append(kind if kind in _KINDS else None)
        told.cats.append(self._cat)
        return number


def _said(args: bytes) -> dict[str, Any]:
    if args.count(b"{") > 1:
        return span_attributes.decoded(args)
    try:
        return _decode(args)
    except (msgspec.DecodeError, RecursionError):
        return {}


def joined(before: bytes, args: bytes) -> bytes | None:
    """Put a JSON object and the arguments of an event into one object; None: there is nothing."""
    if args in {b"", b"null"} or (args[:1] == b"{" and not args[1:-1].strip()):
        return before or None
    if args[:1] != b"{":
        args = b'{"args":%b}' % args
    return b"%b,%b" % (before[:-1], args[1:]) if before[1:-1] else args


def texts_of(words: Sequence[str | None], each: Ints) -> pa.DictionaryArray:
    """Return the text of each event."""
    texts = pa.array(words, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(texts.indices.take(pa.array(each)), texts.dictionary)


def _categories(name: pa.DictionaryArray, told: _Told, each: Ints) -> pa.DictionaryArray:
    """Return what spans spend their time on where arguments do not tell.

    It is decided once for each name in each category.
    """
    cats = {cat: number for number, cat in enumerate(dict.fromkeys(told.cats))}
    silent = len(cats)  # stands for: its arguments tell
    tells = [one.category is not None for one in told.facts]
    numbers = [
        silent if tells[fact] else cats[cat] for cat, fact in zip(told.cats, told.fact, strict=True)
    ]
    pairs = name.indices.to_numpy().astype(np.int64) * (silent + 1) + np.array(numbers)[each]
    shapes = pa.array(pairs).dictionary_encode()
    names, groups = name.dictionary.to_pylist(), list(cats)
    labels = [
        None if cat == silent else _label(names[place], groups[cat])
        for place, cat in (divmod(pair, silent + 1) for pair in shapes.dictionary.to_pylist())
    ]
    return texts_of(labels, shapes.indices.to_numpy())


def _label(name: str, cat: str | None) -> str:
    """Return the category by the name; a function of nothing known is the application's."""
    if cat in _DEVICES:
        return "other"
    found = category(None, _PLACE.sub("", name), None)
    return "app" if found == "other" else found
