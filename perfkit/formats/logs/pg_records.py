"""Cut a PostgreSQL stderr log into records: NumPy finds them, RE2 reads distinct heads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, line_starts, segments
from perfkit.formats.logs.pg_prefix import MAIN, Prefix, read_heads
from perfkit.formats.logs.pg_templates import MARK, TIME
from perfkit.formats.logs.pg_times import NO_TIME, in_utc, wall_ns

__all__ = ["BAD", "Records", "read_records"]

Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: A head (prefix and severity) is no longer than this.
_HEAD_BYTES = 512
_TAB, _LF, _NUL = 9, 10, 0

#: Why a record is rejected, by its code in ``Records.bad``.
BAD = (
    "",
    "it does not begin with the log_line_prefix",
    "it holds a NUL byte",
    "its time is no time",
    "its beginning is in an earlier file",
    "it has no line end: cut off while it was written",
)


@dataclass(kw_only=True)
class Records:
    """Columns of the records of one chunk; ``fields`` are those of the prefix, one per key.

    ``key`` is -1 and ``bad`` > 0 for a record that cannot be used; ``owner`` is the record
    that a DETAIL, HINT, CONTEXT or STATEMENT belongs to (itself for the others, -1: none).
    """

    data: bytes
    start: Ints
    text: Ints
    end: Ints
    line: Ints
    lines: Ints
    at: Ints
    key: Ints
    bad: Ints
    blank: Flags
    owner: Ints
    fields: dict[str, pa.Array]
    zones: frozenset[str]

    def severity(self) -> pa.Array:
        """Return the severity of each record, null when it is bad."""
        return self.field("severity", np.arange(len(self.start)))

    def field(self, name: str, rows: Ints) -> pa.Array:
        """Return a field of the prefix for ``rows`` (null: not in the prefix, or empty)."""
        if name not in self.fields:
            return pa.nulls(len(rows), pa.string())
        keys = self.key[rows]
        return self.fields[name].take(pa.array(keys, mask=keys < 0))

    def session(self, rows: Ints) -> pa.Array:
        """Return the session id, or the process id where the prefix has none."""
        return pc.coalesce(self.field("session", rows), self.field("pid", rows))

    def times(self, rows: Ints, before_ms: Any = None) -> pa.Array:
        """Return the times, less ``before_ms`` (NaN: nothing) milliseconds; unknown is null."""
        ns = self.at[rows]
        unknown = ns == NO_TIME
        if before_ms is not None:
            ns = ns - np.where(unknown, 0, np.nan_to_num(before_ms) * 1e6).astype(np.int64)
        return pa.array(ns, pa.timestamp("ns", "UTC"), mask=unknown)

    def messages(self, rows: Ints) -> pa.Array:
        """Return the texts behind ``LOG:  ``, continuation lines joined."""
        return joined(segments(self.data, self.text[rows], self.end[rows]))

    def first_words(self, rows: Ints, width: int) -> pa.Array:
        """Return the first ``width`` bytes of the messages."""
        ends = np.minimum(self.end[rows], self.text[rows] + width)
        return segments(self.data, self.text[rows], ends).cast(pa.binary())


def joined(texts: pa.Array) -> pa.Array:
    """Return texts without the TAB that PostgreSQL puts before each further line."""
    return pc.ascii_trim_whitespace(pc.replace_substring(texts, "\n\t", "\n"))


def read_records(data: bytes, prefix: Prefix, zone: str | None, *, last: bool) -> Records:
    """Find the records of ``data`` (valid UTF-8, LF line ends) and read their heads."""
    starts = line_starts(data)
    lead = np.frombuffer(data, np.uint8)[starts[:-1]]
    begins = lead != _TAB
    begins[:1] = True
    rows = np.flatnonzero(begins)
    start = starts[rows]
    count = len(rows)
    records = Records(
        data=data,
        start=start,
        text=start.copy(),
        end=np.append(start[1:], len(data))[:count],
        line=rows + 1,
        lines=np.diff(np.append(rows, len(starts) - 1)),
        at=np.full(count, NO_TIME),
        key=np.full(count, -1),
        bad=np.ones(count, np.int64),
        blank=lead[rows] == _LF,
        owner=np.full(count, -1),
        fields={},
        zones=frozenset(),
    )
    _read_heads(records, prefix, zone)
    _reject(records, last=last)
    _find_owners(records)
    return records


def _read_heads(records: Records, prefix: Prefix, zone: str | None) -> None:
    ends = np.minimum(records.end, records.start + _HEAD_BYTES)
    heads = segments(records.data, records.start, ends).cast(pa.binary())
    width = pc.find_substring(heads, ":  ").to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(width >= 0)
    text = records.start[rows] + width[rows] + 3
    heads = segments(records.data, records.start[rows], text)
    if prefix.time_width:
        place = pc.find_substring_regex(heads, TIME).to_numpy(zero_copy_only=False)
        timed = place >= 0
        rows, text, place = rows[timed], text[timed], place[timed]
        at = records.start[rows] + place
        times = segments(records.data, at, np.minimum(at + prefix.time_width, text))
        heads = _without_time(records, rows, place, prefix.time_width, text)
    if not len(rows):
        return
    encoded = heads.dictionary_encode()
    fields = read_heads(encoded.dictionary, prefix)
    key = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    known = fields["severity"].is_valid().to_numpy(zero_copy_only=False)[key]
    records.key[rows[known]] = key[known]
    records.bad[rows[known]] = 0
    records.text[rows] = text
    records.fields = fields
    if prefix.time_width:
        _read_times(records, rows[known], times.filter(pa.array(known)), zone)
    if prefix.verbose:
        _skip_sqlstate(records)


def _without_time(records: Records, rows: Ints, place: Ints, width: int, text: Ints) -> pa.Array:
    start = records.start[rows]
    after = segments(records.data, np.minimum(start + place + width, text), text)
    if not place.any():
        return pc.binary_join_element_wise(MARK, after, "")
    return pc.binary_join_element_wise(segments(records.data, start, start + place), after, MARK)


def _read_times(records: Records, rows: Ints, times: pa.Array, zone: str | None) -> None:
    encoded = times.dictionary_encode()
    walls = np.array([wall_ns(text) for text in encoded.dictionary.to_pylist()], np.int64)
    ns = walls[encoded.indices.to_numpy(zero_copy_only=False)] if len(rows) else walls
    named = records.field("zone", rows).fill_null("").dictionary_encode()
    codes = named.indices.to_numpy(zero_copy_only=False)
    names = [name.strip() for name in named.dictionary.to_pylist()]
    known = ns != NO_TIME
    for code, name in enumerate(names):
        here = known & (codes == code)
        ns[here] = in_utc(ns[here], name, zone)
    epoch = pc.match_substring(times, ":").to_numpy(zero_copy_only=False)
    records.zones = frozenset(names) if len(rows) and epoch.any() else frozenset()
    records.at[rows] = ns
    records.bad[rows[~known]] = 3


def _skip_sqlstate(records: Records) -> None:
    """With ``log_error_verbosity = verbose`` a message begins with its SQLSTATE."""
    rows = np.flatnonzero(records.bad == 0)
    words = records.first_words(rows, 7)
    has = pc.match_substring_regex(words, "^[0-9A-Z]{5}: ").to_numpy(zero_copy_only=False)
    records.text[rows[has]] += 7


def _reject(records: Records, *, last: bool) -> None:
    data = records.data
    if 0 in data:
        holes = np.flatnonzero(np.frombuffer(data, np.uint8) == _NUL)
        records.bad[np.searchsorted(records.start, holes, side="right") - 1] = 2
    if data.startswith(b"\t"):
        records.bad[0] = 4
    if last and data and not data.endswith(b"\n") and len(records.start) > 1:
        records.bad[-1] = 5
    records.bad[records.blank] = 0
    records.key[(records.bad > 0) | records.blank] = -1


def _find_owners(records: Records) -> None:
    good = np.flatnonzero(records.key >= 0)
    if not len(good):
        return
    severity = records.field("severity", good)
    main = pc.is_in(severity, pa.array(MAIN)).to_numpy(zero_copy_only=False)
    session = records.session(good).fill_null("").dictionary_encode()
    codes = session.indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    grouped = codes[order]
    place = np.where(main[order], np.arange(len(order)), -1)
    latest = np.maximum.accumulate(place)
    found = latest >= 0
    found[found] = grouped[latest[found]] == grouped[found]
    owner = np.full(len(order), -1)
    owner[order[found]] = good[order[latest[found]]]
    records.owner[good] = owner
    orphans = good[owner < 0]
    records.bad[orphans] = 4
    records.key[orphans] = -1
