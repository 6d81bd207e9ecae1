"""Cut a MySQL slow query log into records: NumPy finds them by the first words of lines.

A record is what ``File_query_log::write_slow`` (MySQL, Percona Server) and
``MYSQL_QUERY_LOG::write`` (MariaDB) print, of which only ``# Query_time`` is always there::

    # Time: 2026-11-21T11:00:00.123456Z
    # User@Host: app[app] @ web1 [10.0.0.1]  Id:     5
    # Thread_id: 5  Schema: shop  QC_hit: No
    # Query_time: 0.000195  Lock_time: 0.000000  Rows_sent: 1  Rows_examined: 0
    # ... any number of further lines
    use shop;
    SET timestamp=1795260737;
    select ...;

A statement may hold lines that begin with ``# Time:`` or ``# User@Host:`` (comments,
literals): a record begins only where ``# Query_time:`` follows directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from perfkit.formats.lines import Ints, line_starts, segments

__all__ = [
    "ERROR",
    "OPENING_LINES",
    "RATE",
    "TIME",
    "USER",
    "Flags",
    "Records",
    "find_records",
    "is_opening",
]

Flags = np.ndarray[Any, np.dtype[np.bool_]]

TIME, USER, SESSION, QUERY, STAMP, USE, RATE, ERROR, COMMAND = range(1, 10)
_WORDS = {
    b"# Time: ": TIME,
    b"# User@H": USER,
    b"# Thread": SESSION,
    b"# Schema": SESSION,
    b"# Client": SESSION,
    b"# Query_": QUERY,
    b"SET time": STAMP,
    b"SET last": STAMP,
    b"SET inse": STAMP,
    b"# Log_sl": RATE,
    b"# Error ": ERROR,
    b"# admini": COMMAND,
}
_WORD = 8
_QUERY_REST = b"time: "
_HASH = ord("#")
_STARTED = b"started with:"
#: Lines that a server writes when it opens the log.
OPENING_LINES = 3


@dataclass(frozen=True, kw_only=True)
class Records:
    """The records of one chunk; all arrays but the first three are per record.

    Numbers of lines count from 0; -1 says that there is no such line.

    Attributes:
        starts: offset of every line, and of the end.
        kinds: what the first word of every line says.
        openings: the first of the lines that a server writes when it opens the log.
        first: line where the record begins.
        bound: line behind the record.
        time, user, session, query, stamp, use: lines of its header (``stamp``: SET timestamp).
        body: line where the statement begins.
    """

    data: bytes
    starts: Ints
    kinds: Ints
    openings: Ints
    first: Ints
    bound: Ints
    time: Ints
    user: Ints
    session: Ints
    query: Ints
    stamp: Ints
    use: Ints
    body: Ints

    def lines(self, numbers: Ints, *, without: int = 0) -> pa.Array:
        """Return lines without their ends and first bytes, for ascending numbers; null for -1."""
        known = np.flatnonzero(numbers >= 0)
        chosen = numbers[known]
        unended = (chosen == len(self.starts) - 2) & (not self.data.endswith(b"\n"))
        ends = self.starts[chosen + 1] - 1 + unended
        texts = segments(self.data, self.starts[chosen] + without, ends)
        if len(known) == len(numbers):
            return texts
        place = np.full(len(numbers), -1)
        place[known] = np.arange(len(known))
        return texts.take(pa.array(place, mask=place < 0))

    def of_kind(self, kind: int) -> tuple[Ints, Ints]:
        """Return the lines of ``kind`` in the headers behind ``query``, and their records."""
        found = np.flatnonzero(self.kinds == kind)
        owner = np.searchsorted(self.query, found) - 1
        found, owner = found[owner >= 0], owner[owner >= 0]
        inside = found < self.body[owner]
        return found[inside], owner[inside]

    def outside(self) -> Ints:
        """Return the lines that are neither in a record nor an opening."""
        change = np.zeros(len(self.starts) + OPENING_LINES, np.int64)
        change[self.first] += 1
        change[self.bound] -= 1
        change[self.openings] += 1
        change[self.openings + OPENING_LINES] -= 1
        return np.flatnonzero(np.cumsum(change[: len(self.starts) - 1]) == 0)


def find_records(data: bytes, *, short: bool = False) -> Records:
    """Find the records of ``data``; with ``short`` also those without ``# User@Host``.

    ``short`` is what the server option ``--log-short-format`` makes of the log.
    """
    starts = line_starts(data)
    kinds = _kinds(data, starts)
    openings = _openings(data, starts)
    heads = _heads(kinds, short=short)
    bounds = _bounds(heads["first"], heads["query"], openings, len(kinds))
    bodies = _bodies(data, starts, kinds, heads["query"], bounds)
    return Records(
        data=data,
        starts=starts,
        kinds=kinds,
        openings=openings,
        bound=bounds,
        **heads,
        **bodies,
    )


def is_opening(lines: list[bytes]) -> bool:
    """Say whether lines begin as those that a server writes when it opens a query log."""
    return (
        len(lines) >= OPENING_LINES
        and b", Version: " in lines[0]
        and lines[0].rstrip().endswith(_STARTED)
        and lines[1][:9].lower() == b"tcp port:"
        and lines[2].split() == [b"Time", b"Id", b"Command", b"Argument"]
    )


def _kinds(data: bytes, starts: Ints) -> Ints:
    kinds = np.zeros(len(starts) - 1, np.int64)
    count = int(np.searchsorted(starts[:-1], len(data) - 2 * _WORD, side="right"))
    for line in range(max(count, 0), len(kinds)):  # too close to the end for two words
        kinds[line] = _kind(data[starts[line] : starts[line + 1]])
    if count <= 0:
        return kinds
    words: Any = np.ndarray((len(data) - _WORD + 1,), "<u8", data, 0, (1,))  # at every byte
    found = words[starts[:count]]
    for word, kind in _WORDS.items():
        kinds[:count][found == _number(word)] = kind
    kinds[:count][found & np.uint64(0xFFFFFFFF) == _number(b"use ")] = USE
    queries = np.flatnonzero(kinds[:count] == QUERY)
    rest = words[starts[queries] + _WORD] & np.uint64(0xFFFFFFFFFFFF)
    kinds[queries[rest != _number(_QUERY_REST)]] = 0
    return kinds


def _kind(line: bytes) -> int:
    if line.startswith(b"use "):
        return USE
    kind = _WORDS.get(line[:_WORD], 0)
    return 0 if kind == QUERY and not line.startswith(_QUERY_REST, _WORD) else kind


def _number(word: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(word, "little"))


def _openings(data: bytes, starts: Ints) -> Ints:
    found = []
    at = data.find(_STARTED)
    while at >= 0:
        line = int(np.searchsorted(starts, at, side="right")) - 1
        end = starts[min(line + OPENING_LINES, len(starts) - 1)]
        if end - at < 1 << 16 and is_opening(data[starts[line] : end].split(b"\n")):
            found.append(line)
        at = data.find(_STARTED, at + len(_STARTED))
    return np.array(found, np.int64)


def _heads(kinds: Ints, *, short: bool) -> dict[str, Ints]:
    """Go up from each ``# Query_time`` to where its record begins."""
    before = np.concatenate([[0], kinds])  # the kind of the line before
    query = np.flatnonzero(kinds == QUERY)
    session = query - (before[query] == SESSION)
    user = session - (before[session] == SESSION)  # behind # Client
    has_user = before[user] == USER
    time = user - has_user
    has_time = has_user & (before[time] == TIME)
    heads = {
        "query": query,
        "session": np.where(session < query, session, -1),
        "user": np.where(has_user, user - 1, -1),
        "time": np.where(has_time, time - 1, -1),
        "first": time - has_time,
    }
    return {name: lines[has_user | short] for name, lines in heads.items()}


def _bounds(first: Ints, query: Ints, openings: Ints, total: int) -> Ints:
    after = np.append(first[1:], total)[: len(first)]
    opened = np.append(openings, total)
    bounds: Ints = np.minimum(after, opened[np.searchsorted(opened, query)])
    return bounds


def _bodies(data: bytes, starts: Ints, kinds: Ints, query: Ints, bounds: Ints) -> dict[str, Ints]:
    """Find where statements begin: behind SET timestamp, or else behind the comments."""
    total = len(kinds)
    stamps = np.append(np.flatnonzero(kinds == STAMP), total)
    stamp = stamps[np.searchsorted(stamps, query)]
    has_stamp = stamp < bounds
    lead = np.frombuffer(data, np.uint8)[starts[:-1]]
    plain = np.append(np.flatnonzero((lead != _HASH) | (kinds == COMMAND)), total)
    begin = plain[np.searchsorted(plain, query)]
    use = np.where(has_stamp, stamp - 1, begin)
    has_use = (np.append(kinds, 0)[use] == USE) & (use < bounds)
    body = np.where(has_stamp, stamp + 1, begin + has_use)
    return {
        "stamp": np.where(has_stamp, stamp, -1),
        "use": np.where(has_use, use, -1),
        "body": np.minimum(body, bounds),
    }
