"""Records of a PostgreSQL log, whatever it was written as: columns over one buffer of messages.

``pg_lines``, ``pg_csv`` and ``pg_json`` make them; statements, plans, events and joins are read
from them alike. Fields are kept once per distinct head (``key``), messages as offsets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, segments
from perfkit.formats.logs.pg_times import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["BAD", "BESIDE", "Flags", "Records", "mask_of", "rows_of_bytes"]

Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: Why a record is rejected, by its code in ``Records.bad``.
BAD = (
    "",
    "it does not begin with the log_line_prefix",
    "it holds a NUL byte",
    "its time is no time",
    "its beginning is in an earlier file",
    "it has no line end: cut off while it was written",
    "its plan is cut off",
    "it is no complete line of a csvlog",
    "it is no JSON object of a PostgreSQL log",
    "the message it belongs to could not be read",
)
WRONG_HEAD, HAS_NUL, WRONG_TIME, NO_OWNER, NO_END, CUT_PLAN, NO_CSV, NO_JSON, LOST_OWNER = range(
    1, 10
)

#: What PostgreSQL writes behind a message, in its order.
BESIDE = ("DETAIL", "HINT", "QUERY", "CONTEXT", "STATEMENT")


@dataclass(kw_only=True)
class Records:
    """Columns of the records of one chunk.

    ``data[text:end]`` is a message, ``source[start:stop]`` its record as it was written.
    ``line`` is its first physical line, ``lines`` how many it has. ``key`` is the row in
    ``fields``; it is -1, and ``bad`` > 0, for a record that cannot be used. ``owner`` is the
    record that a DETAIL, HINT, CONTEXT or STATEMENT belongs to (itself for the others, -1:
    none); where these are columns of the record itself they are in ``beside``.
    """

    data: Any
    text: Ints
    end: Ints
    source: bytes
    start: Ints
    stop: Ints
    line: Ints
    lines: Ints
    at: Ints
    key: Ints
    bad: Ints
    blank: Flags
    owner: Ints
    fields: Mapping[str, pa.Array]
    zones: frozenset[str] = frozenset()
    beside: Mapping[str, pa.Array] | None = None
    states: pa.Array | None = None
    _bytes: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Look at the messages as bytes."""
        self._bytes = np.frombuffer(self.data, np.uint8) if len(self.data) else _NOTHING

    def severity(self) -> pa.Array:
        """Return the severity of each record, null when it is bad."""
        return self.field("severity", np.arange(len(self.key)))

    def has_severity(self, names: Collection[str], rows: Ints | None = None) -> Flags:
        """Say which records (of ``rows``) have one of the severities ``names``."""
        keys = self.key if rows is None else self.key[rows]
        known = self.fields.get("severity")
        if known is None or not len(known):
            return np.zeros(len(keys), np.bool_)
        chosen = mask_of(pc.is_in(known, pa.array(list(names), pa.string())))
        return np.append(chosen, False)[keys]

    def field(self, name: str, rows: Ints) -> pa.Array:
        """Return a field of the prefix for ``rows`` (null: not in the prefix, or empty)."""
        if name == "sqlstate" and self.states is not None:
            stated = self.states.take(pa.array(rows))
            return pc.coalesce(stated, self._of_key(name, rows))
        return self._of_key(name, rows)

    def _of_key(self, name: str, rows: Ints) -> pa.Array:
        if name not in self.fields:
            return pa.nulls(len(rows), pa.string())
        keys = self.key[rows]
        return self.fields[name].take(pa.array(keys, mask=keys < 0))

    def category(self, name: str, rows: Ints) -> pa.DictionaryArray:
        """Return a field for ``rows`` as a dictionary, without a string per row."""
        known = self.fields.get(name, _NONE)
        return _coded(known, self.key[rows])

    def session_category(self, rows: Ints) -> pa.DictionaryArray:
        """Return :meth:`session` as a dictionary."""
        return _coded(self._sessions(), self.key[rows])

    def session(self, rows: Ints) -> pa.Array:
        """Return the session id, or the process id where the prefix has none."""
        keys = self.key[rows]
        return self._sessions().take(pa.array(keys, mask=keys < 0))

    def _sessions(self) -> pa.Array:
        count = max((len(column) for column in self.fields.values()), default=0)
        nothing = pa.nulls(count, pa.string())
        return pc.coalesce(self.fields.get("session", nothing), self.fields.get("pid", nothing))

    def times(self, rows: Ints, before_ms: Any = None) -> pa.Array:
        """Return the times, less ``before_ms`` (NaN: nothing) milliseconds; unknown is null."""
        ns = self.at[rows]
        unknown = ns == NO_TIME
        if before_ms is not None:
            ns = ns - np.where(unknown, 0, np.nan_to_num(before_ms) * 1e6).astype(np.int64)
        return pa.array(ns, pa.timestamp("ns", "UTC"), mask=unknown)

    def messages(self, rows: Ints) -> pa.Array:
        """Return the texts behind ``LOG:  `` in ascending ``rows``, without outer blanks."""
        return self.texts(self.text[rows], self.end[rows])

    def texts(self, start: Ints, end: Ints) -> pa.Array:
        """Return ``data[start:end]`` of ascending ranges, without outer blanks."""
        return segments(self.data, *self.trimmed(start, end))

    def trimmed(self, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        """Return the ranges without blanks and line ends at both sides."""
        end = _stepped(self, np.maximum(start, end), start, -1)
        return _stepped(self, start, end, 1), end

    def is_blank(self, places: Ints) -> Flags:
        """Say where a blank, a TAB or a line end is."""
        if not len(self._bytes):
            return np.zeros(len(places), np.bool_)
        blank: Flags = _BLANK[self._bytes.take(places, mode="clip")]
        return blank

    def first_words(self, rows: Ints, width: int) -> pa.Array:
        """Return the first ``width`` bytes of the messages."""
        ends = np.minimum(self.end[rows], self.text[rows] + width)
        return segments(self.data, self.text[rows], ends).cast(pa.binary())

    def bytes_at(self, start: Ints, width: int) -> Any:
        """Return ``width`` bytes from each place as a matrix; behind the end there are zeros."""
        return rows_of_bytes(self._bytes, start, width)

    def begins(self, rows: Ints, word: bytes) -> Flags:
        """Say which messages begin with ``word``."""
        return self.begins_at(self.text[rows], word, self.end[rows])

    def begins_at(self, start: Ints, word: bytes, end: Ints) -> Flags:
        """Say where ``word`` stands between ``start`` and ``end``."""
        last = len(self._bytes) - len(word)
        if last < 0:
            return np.zeros(len(start), np.bool_)
        same = _values(self._bytes, len(word))[np.minimum(start, last)] == np.void(word)
        fits: Flags = same & (start + len(word) <= end)
        return fits

    def companions(self, rows: Ints) -> Ints:
        """Return the records that are a DETAIL, a HINT, ... of ``rows``."""
        others = np.flatnonzero((self.owner >= 0) & (self.owner != np.arange(len(self.owner))))
        asked = np.zeros(len(self.key), np.bool_)
        asked[rows] = True
        return others[asked[self.owner[others]]]

    def detail(self, rows: Ints, name: str, among: Ints | None = None) -> pa.Array:
        """Return the text of the DETAIL (HINT, CONTEXT, ...) of each record, null: none.

        ``among`` are the companions of ``rows`` if they are known.
        """
        if self.beside is not None:
            column = self.beside.get(name)
            return pa.nulls(len(rows), pa.string()) if column is None else column.take(rows)
        found = self.companions(rows) if among is None else among
        found = found[self.has_severity([name], found)]
        if not len(found):
            return pa.nulls(len(rows), pa.string())
        place = np.full(len(self.key), -1)
        place[self.owner[found]] = np.arange(len(found))
        chosen = place[rows]
        return self.messages(found).take(pa.array(chosen, mask=chosen < 0))

    def raw(self, rows: Ints) -> pa.Array:
        """Return severity and message of each record, DETAIL, HINT, ... behind it, as bytes.

        The same bytes whatever the log was written as.
        """
        order = np.argsort(rows, kind="stable")
        messages = self.messages(rows[order]).take(np.argsort(order, kind="stable"))
        parts = [self.field("severity", rows).fill_null(""), messages]
        text = pc.binary_join_element_wise(*parts, ":  ")
        among = self.companions(rows)
        for name in BESIDE:
            found = self.detail(rows, name, among)
            if found.null_count < len(found):
                more = pc.binary_join_element_wise(f"\n{name}:  ", found, "")
                text = pc.binary_join_element_wise(text, more.fill_null(""), "")
        return text.cast(pa.binary())

    def within(self, low: int | None, high: int | None) -> Flags:
        """Say which records are not outside of a window of time (an unknown time never is)."""
        inside = np.ones(len(self.at), np.bool_)
        if low is not None:
            inside &= self.at >= low
        if high is not None:
            inside &= self.at < high
        wanted: Flags = inside | (self.at == NO_TIME)
        return wanted

    def record(self, row: int) -> bytes:
        """Return the bytes of one record, as far as they are kept."""
        return self.source[self.start[row] : self.stop[row]]


_NOTHING = np.zeros(0, np.uint8)
_NONE = pa.array([], pa.string())
#: Blanks that are looked at one by one.
_STEPS = 64
#: Nearly all messages have so few: a line end behind, one blank before.
_STEPS_OF_ALL = 2
_BLANK = np.isin(np.arange(256), list(b" \t\n\v\f\r"))


def rows_of_bytes(data: Any, start: Ints, width: int) -> Any:
    """Return ``width`` bytes of ``data`` from each place as a matrix, zeros behind its end."""
    last = len(data) - width
    late = np.flatnonzero(start > last)
    if last < 0:
        found = np.zeros((len(start), width), np.uint8)
    else:
        found = _values(data, width)[np.minimum(start, last)].view(np.uint8).reshape(-1, width)
    for row in late.tolist():
        rest = data[start[row] :]
        found[row] = 0
        found[row, : len(rest)] = rest[:width]
    return found


def _values(data: Any, width: int) -> Any:
    """Return ``width`` bytes from every place as one value, which is much quicker than as many."""
    return np.ndarray((len(data) - width + 1,), np.dtype((np.void, width)), data, strides=(1,))


def mask_of(values: pa.Array) -> Flags:
    """Return Arrow booleans for NumPy; unknown is false."""
    flags: Flags = pc.fill_null(values, False).to_numpy(zero_copy_only=False)  # noqa: FBT003 - the value to fill in
    return flags


def _stepped(records: Records, places: Ints, limit: Ints, step: int) -> Ints:
    """Move the places by ``step``, up to ``limit``, until no blank is beside them."""
    for _ in range(_STEPS_OF_ALL):
        blank = (places != limit) & records.is_blank(places - (step < 0))
        if not blank.any():
            return places
        places = places + blank * step
    left = np.arange(len(places))
    for _ in range(_STEPS):
        beside = places[left] - (step < 0)
        left = left[(places[left] != limit[left]) & records.is_blank(beside)]
        if not len(left):
            break
        places[left] += step
    for row in left.tolist():  # few have more blanks, which may be millions
        place, end = int(places[row]), int(limit[row])
        if step > 0:
            places[row] = end - len(bytes(records.data[place:end]).lstrip())
        else:
            places[row] = end + len(bytes(records.data[end:place]).rstrip())
    return places


def _coded(values: pa.Array, keys: Ints) -> pa.DictionaryArray:
    if not len(values):
        return pa.nulls(len(keys), pa.string()).dictionary_encode()
    encoded = values.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    of_rows = np.where(keys < 0, -1, codes[keys]).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(of_rows, mask=of_rows < 0), encoded.dictionary)
