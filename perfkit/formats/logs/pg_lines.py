"""Cut a PostgreSQL stderr log into records: NumPy finds them, RE2 reads distinct heads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, find_all, line_starts, segments
from perfkit.formats.logs.pg_glued import glued
from perfkit.formats.logs.pg_owners import find_owners
from perfkit.formats.logs.pg_prefix import read_heads
from perfkit.formats.logs.pg_records import (
    HAS_NUL,
    NO_END,
    NO_OWNER,
    WRONG_TIME,
    Records,
    mask_of,
)
from perfkit.formats.logs.pg_templates import MARK, TIME
from perfkit.formats.logs.pg_times import (
    NO_TIME,
    WIDTHS,
    all_in_utc,
    read_walls,
)

if TYPE_CHECKING:
    from perfkit.formats.logs.pg_prefix import Prefix

__all__ = ["read_records"]

#: A head (prefix and severity) is no longer than this.
_HEAD_BYTES = 512
#: From so many on one pass over all bytes is quicker than as many copies.
_FEW_PLACES = 20_000
_TAB, _LF, _NUL = 9, 10, 0
_EPOCH = WIDTHS[-1]
_STATE_WIDTH = 7


def read_records(
    data: bytes, prefix: Prefix, zone: str | None, *, first: bool = True, last: bool = True
) -> Records:
    """Find the records of ``data`` (valid UTF-8, LF line ends) and read their heads.

    ``first`` and ``last`` say that the log begins or ends with ``data``.
    """
    records, colons = _found(data, prefix)
    _read_heads(records, colons, prefix, zone)
    _reject(records, first=first, last=last)
    find_owners(records)
    if prefix.verbose:
        _skip_sqlstate(records)
    return records


def _found(data: bytes, prefix: Prefix) -> tuple[Records, Ints]:
    """Find the records, and each ``:  ``; the TAB before each further line is taken out."""
    starts = line_starts(data)
    begins = np.frombuffer(data, np.uint8)[starts[:-1]] != _TAB
    begins[:1] = True
    lines = len(begins)
    rows = np.flatnonzero(begins)
    start = starts[rows]
    if len(rows) < lines:
        further = starts[:-1][~begins]
        starts = starts[:-1] - np.cumsum(~begins) + ~begins
        data = _without(data, further)
        start = starts[rows]
    colons = find_all(data, b":  ")
    more = glued(data, colons, start, prefix)
    line = rows + 1
    if len(more):  # their lines are counted with the record before them
        rows = np.append(rows, np.searchsorted(starts, more, "right"))
        line = np.append(line, rows[len(line) :])
        start = np.append(start, more)
        order = np.argsort(start)
        rows, line, start = rows[order], line[order], start[order]
    return _blank_records(data, start, line, np.diff(np.append(rows, lines))), colons


def _blank_records(data: bytes, start: Ints, line: Ints, lines: Ints) -> Records:
    count = len(start)
    end = np.append(start[1:], len(data))[:count]
    return Records(
        data=data,
        text=start.copy(),
        end=end,
        source=data,
        start=start,
        stop=end,
        line=line,
        lines=lines,
        at=np.full(count, NO_TIME),
        key=np.full(count, -1),
        bad=np.ones(count, np.int64),
        blank=np.frombuffer(data, np.uint8)[start] == _LF,
        owner=np.full(count, -1),
        fields={},
    )


def _without(data: bytes, places: Ints) -> bytes:
    """Return ``data`` without the bytes at ``places`` (ascending)."""
    if len(places) <= _FEW_PLACES:
        ends = [*places.tolist(), len(data)]
        begins = [0, *(places + 1).tolist()]
        view = memoryview(data)
        return b"".join([view[begin:end] for begin, end in zip(begins, ends, strict=True)])
    kept = np.ones(len(data), np.bool_)
    kept[places] = False
    left = np.frombuffer(data, np.uint8)[kept]
    del kept  # before the next copy: chunks are large
    return left.tobytes()


def _read_heads(records: Records, colons: Ints, prefix: Prefix, zone: str | None) -> None:
    rows, text = _with_severity(records, colons)
    place, width = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    walls = np.full(len(rows), NO_TIME)
    if prefix.time_width:
        place, width, walls = _times(records, rows, text, prefix.time_width)
        if not width.all():
            timed = np.flatnonzero(width)
            rows, text, place = rows[timed], text[timed], place[timed]
            width, walls = width[timed], walls[timed]
    if not len(rows):
        return
    encoded = _heads(records, rows, text, place, width).dictionary_encode()
    marked = encoded.dictionary
    if prefix.time_width and not place.any():
        marked = pc.binary_join_element_wise(MARK, marked, "")
    records.fields = read_heads(marked, prefix)
    key = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    known = mask_of(records.fields["severity"].is_valid())[key]
    records.text[rows] = text
    epoch = bool((width == _EPOCH).all())
    if not known.all():
        rows, key, walls, width = rows[known], key[known], walls[known], width[known]
    records.key[rows] = key
    records.bad[rows] = 0
    if prefix.time_width:
        _put_times(records, rows, walls, zone, epoch=epoch)


def _with_severity(records: Records, colons: Ints) -> tuple[Ints, Ints]:
    """Return the records with ``:  `` in their head, and where their texts begin."""
    if not len(colons):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    nearest = np.searchsorted(colons, records.start)
    at = colons[np.minimum(nearest, len(colons) - 1)]
    limit = np.minimum(records.end, records.start + _HEAD_BYTES)
    rows = np.flatnonzero((nearest < len(colons)) & (at + 3 <= limit))
    return rows, at[rows] + 3


def _times(records: Records, rows: Ints, text: Ints, width: int) -> tuple[Ints, Ints, Ints]:
    """Return place, width (0: none) and value of the time in each head."""
    start = records.start[rows]
    place, widths = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    walls = np.full(len(rows), NO_TIME)
    for candidate in (width, *WIDTHS):
        left = np.flatnonzero(widths == 0)
        if not len(left):
            break
        _put_walls(records, start, left, candidate, widths, walls)
    left = np.flatnonzero(widths == 0)
    if len(left):
        heads = segments(records.data, start[left], text[left]).cast(pa.binary())
        found = pc.find_substring_regex(heads, TIME).to_numpy(zero_copy_only=False)
        place[left] = np.maximum(found, 0)
        for candidate in (width, *WIDTHS):
            here = left[(found > 0) & (widths[left] == 0)]
            _put_walls(records, start + place, here, candidate, widths, walls)
    return place, np.where(start + place + widths <= text, widths, 0), walls


def _put_walls(
    records: Records, start: Ints, rows: Ints, width: int, widths: Ints, walls: Ints
) -> None:
    timed, found = read_walls(records.bytes_at(start[rows], width + 1), width)
    widths[rows[timed]] = width
    walls[rows[timed]] = found[timed]


def _heads(records: Records, rows: Ints, text: Ints, place: Ints, width: Ints) -> pa.Array:
    """Return the heads: without the time that begins them, or with a mark where it was."""
    start = records.start[rows]
    after = segments(records.data, start + place + width, text)
    if not place.any():
        return after
    before = segments(records.data, start, start + place)
    return pc.binary_join_element_wise(before, after, MARK)


def _put_times(records: Records, rows: Ints, ns: Ints, zone: str | None, *, epoch: bool) -> None:
    named = records.category("zone", rows)
    codes = named.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1
    known = ns != NO_TIME
    names = ["", *(name.strip() for name in named.dictionary.to_pylist())]
    seen = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    if not epoch:
        ns[known] = all_in_utc(ns[known], codes[known], names, zone)
    records.zones = frozenset() if epoch else frozenset(names[code] for code in seen)
    records.at[rows] = ns
    records.bad[rows[~known]] = WRONG_TIME


def _skip_sqlstate(records: Records) -> None:
    """With ``log_error_verbosity = verbose`` a message begins with its SQLSTATE."""
    rows = np.flatnonzero(records.bad == 0)
    words = records.first_words(rows, _STATE_WIDTH)
    has = mask_of(pc.match_substring_regex(words, "^[0-9A-Z]{5}: "))
    states = np.full(len(records.key), None, object)
    states[rows[has]] = pc.binary_slice(words.filter(pa.array(has)), 0, 5).cast(pa.string())
    records.states = pc.replace_with_mask(
        pa.array(states, pa.string()), pa.array(states == "00000"), pa.scalar(None, pa.string())
    )
    records.text[rows[has]] += _STATE_WIDTH


def _reject(records: Records, *, first: bool, last: bool) -> None:
    """Mark what cannot be used; a log of one line may do without its end."""
    data = records.data
    if 0 in data:
        holes = np.flatnonzero(np.frombuffer(data, np.uint8) == _NUL)
        records.bad[np.searchsorted(records.start, holes, side="right") - 1] = HAS_NUL
    if data.startswith(b"\t"):
        records.bad[0] = NO_OWNER
    single = first and len(records.start) == 1
    if last and data and not data.endswith(b"\n") and not single:
        records.bad[-1] = NO_END
    records.bad[records.blank] = 0
    records.key[(records.bad > 0) | records.blank] = -1
