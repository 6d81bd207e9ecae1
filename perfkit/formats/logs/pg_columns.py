"""Columns of a csvlog or a jsonlog -> records, as those of a text log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, segments
from perfkit.formats.logs.pg_records import BESIDE, WRONG_TIME, Flags, Records, rows_of_bytes
from perfkit.formats.logs.pg_severities import in_english
from perfkit.formats.logs.pg_times import NO_TIME, WIDTHS, all_in_utc, read_walls

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Rows", "records_of"]

_FIELDS = (
    *("user", "database", "pid", "client", "peer", "session", "severity", "sqlstate"),
    "application",
)
_NOTHING = pa.array(["", "[unknown]", "00000"])


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Where the rows of a file are, and why some are bad (0: good); ``blank`` ones are neither."""

    source: bytes
    start: Ints
    stop: Ints
    line: Ints
    lines: Ints
    bad: Ints
    blank: Flags


def records_of(rows: Rows, columns: Mapping[str, pa.Array], zone: str | None) -> Records:
    """Return the records of ``rows``; the columns are those of the good rows, by field."""
    good = np.flatnonzero((rows.bad == 0) & ~rows.blank)
    count = len(rows.start)
    key, fields = _distinct(columns, len(good))
    at, zones = _times(columns["log_time"], zone)
    data, text, end = _offsets(_placed(columns))
    bad = rows.bad.copy()
    bad[good[at == NO_TIME]] = WRONG_TIME
    keys = _spread(key, good, count, -1)
    keys[bad > 0] = -1
    return Records(
        data=data,
        text=_spread(text, good, count, 0),
        end=_spread(end, good, count, 0),
        source=rows.source,
        start=rows.start,
        stop=rows.stop,
        line=rows.line,
        lines=rows.lines,
        at=_spread(at, good, count, NO_TIME),
        key=keys,
        bad=bad,
        blank=rows.blank,
        owner=np.where(keys < 0, -1, np.arange(count)),
        fields=fields,
        zones=zones,
        beside={name: _aligned(columns[name], good, count) for name in BESIDE if name in columns},
    )


def _placed(columns: Mapping[str, pa.Array]) -> pa.Array:
    """Return the messages, with the place of the error behind them as in a text log."""
    messages = columns["message"]
    place = pc.coalesce(columns["position"], columns["internal_position"])
    if place.null_count == len(place):
        return messages
    known = place.is_valid()
    texts = [messages.filter(known).fill_null(""), place.filter(known)]
    return pc.replace_with_mask(
        messages, known, pc.binary_join_element_wise(*texts, " at character ")
    )


def _spread(values: Ints, places: Ints, count: int, otherwise: int) -> Ints:
    spread = np.full(count, otherwise)
    spread[places] = values
    return spread


def _aligned(column: pa.Array, good: Ints, count: int) -> pa.Array:
    if len(good) == count:
        return column
    place = _spread(np.arange(len(good)), good, count, -1)
    return column.take(pa.array(place, mask=place < 0))


def _distinct(columns: Mapping[str, pa.Array], count: int) -> tuple[Ints, dict[str, pa.Array]]:
    """Return a key per row, and the fields per key: few rows differ in them."""
    key = np.zeros(count, np.int64)
    codes = {name: _codes(columns[name]) for name in _FIELDS if name in columns}
    for values, indices in codes.values():
        mixed = pa.array(key * (len(values) + 1) + indices + 1).dictionary_encode()
        key = mixed.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    # Keys count up in order of appearance: each first one is a new maximum.
    first = np.flatnonzero(np.diff(np.maximum.accumulate(key), prepend=-1))
    fields = {}
    for name, (values, indices) in codes.items():
        place = indices[first]
        texts = values.take(pa.array(place, mask=place < 0))
        fields["client" if name == "peer" else name] = _read(name, texts)
    return key, fields


def _codes(column: pa.Array) -> tuple[pa.Array, Ints]:
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    indices: Ints = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return encoded.dictionary, indices.astype(np.int64)


def _read(name: str, texts: pa.Array) -> pa.Array:
    texts = pc.ascii_trim_whitespace(texts)
    if name == "severity":
        return in_english(texts)
    if name == "peer":  # host:port, as the csvlog has it
        texts = pc.replace_substring_regex(texts, r":[0-9]{1,5}$", "")
    return pc.if_else(pc.is_in(texts, _NOTHING), None, texts)


def _times(stamps: pa.Array, zone: str | None) -> tuple[Ints, frozenset[str]]:
    """Return times in UTC, and the names of their zones."""
    data, start, end = _offsets(stamps)
    ns = np.full(len(stamps), NO_TIME)
    width = np.zeros(len(stamps), np.int64)
    view = np.frombuffer(data, np.uint8)
    for candidate in (23, *WIDTHS):
        left = np.flatnonzero((width == 0) & (end - start >= candidate))
        if len(left):
            heads = rows_of_bytes(view, start[left], candidate + 1)
            heads[start[left] + candidate >= end[left], candidate] = 0
            timed, found = read_walls(heads, candidate)
            width[left[timed]] = candidate
            ns[left[timed]] = found[timed]
    named = segments(data, start + width, end).dictionary_encode()
    codes = named.indices.to_numpy(zero_copy_only=False)
    names = [name.strip() for name in named.dictionary.to_pylist()]
    known = (ns != NO_TIME) & (width > 0)
    ns[known] = all_in_utc(ns[known], codes[known], names, zone)
    seen = np.flatnonzero(np.bincount(codes[known], minlength=len(names)))
    return ns, frozenset(names[code] for code in seen)


def _offsets(column: pa.Array) -> tuple[Any, Ints, Ints]:
    """Return the bytes of a string column, and where each value begins and ends (null: empty)."""
    buffers = column.buffers()
    if not len(column) or buffers[2] is None:
        return b"", np.zeros(len(column), np.int64), np.zeros(len(column), np.int64)
    offsets = np.frombuffer(buffers[1], np.int32)[column.offset : column.offset + len(column) + 1]
    places: Ints = offsets.astype(np.int64)
    return buffers[2], places[:-1], places[1:]
