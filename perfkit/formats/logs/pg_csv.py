"""Cut a PostgreSQL csvlog into records: NumPy finds where they begin, pyarrow reads columns.

A message may hold line ends and whatever else is between quotes, so a line is a record's first
one when the quotes before it are closed. Where they are not, because a record was damaged, what
begins like a record begins one: only the damaged record is lost.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv

from perfkit.formats.lines import Ints, find_all, line_starts
from perfkit.formats.logs.pg_columns import Rows, records_of
from perfkit.formats.logs.pg_records import HAS_NUL, NO_CSV, Records, rows_of_bytes
from perfkit.formats.logs.pg_times import looks_like_time

if TYPE_CHECKING:
    from perfkit.formats.logs.pg_records import Flags

__all__ = ["CERTAIN", "find_starts", "last_start", "read_csv", "width_of"]

#: PostgreSQL's documentation, "Using CSV-Format Log Output"; up to version 8.4 without the
#: application, up to 12 without the last three, 13 without the last two.
COLUMNS = (
    *("log_time", "user", "database", "pid", "peer", "session", "number", "tag"),
    *("began", "vxid", "xid", "severity", "sqlstate", "message", "DETAIL", "HINT", "QUERY"),
    *("internal_position", "CONTEXT", "STATEMENT", "position", "location", "application"),
    *("backend", "leader", "query_id"),
)
#: How many columns the versions of PostgreSQL write.
WIDTHS = (22, 23, 24, 26)
_READ = [
    "log_time",
    "user",
    "database",
    "pid",
    "peer",
    "session",
    "severity",
    "sqlstate",
    "message",
    "DETAIL",
    "HINT",
    "QUERY",
    "CONTEXT",
    "STATEMENT",
    "application",
    "position",
    "internal_position",
]
_LONG = frozenset(
    {
        "log_time",
        "position",
        "internal_position",
        "message",
        "DETAIL",
        "HINT",
        "QUERY",
        "CONTEXT",
        "STATEMENT",
    }
)
_TEXT, _FEW = pa.string(), pa.dictionary(pa.int32(), pa.string())
_NUL, _LF = 0, 10
_SAMPLE = 50
#: A record of a session: what it begins with is never within quotes, where quotes are doubled.
CERTAIN = re.compile(
    rb'[0-9][^,"\n]{18,40},"(?:[^"\n]|"")+","(?:[^"\n]|"")+",[0-9]+,"[^"\n]*",'
    rb"[0-9a-f]+\.[0-9a-f]+,"
)
_TIME_BYTES = 24


class Starts(NamedTuple):
    """Lines that begin a record; ``broken`` are records whose quotes are not closed."""

    lines: Ints
    first: Ints
    broken: Flags


def find_starts(data: bytes) -> Starts:
    """Find the records of a csvlog, whole and broken ones; ``data`` begins with a record."""
    lines = line_starts(data)
    quotes = find_all(data, b'"')
    before = np.searchsorted(quotes, lines)
    timed = _timed(data, lines[:-1])
    closed = before[:-1] % 2 == 0
    if before[-1] % 2 == 0 and (closed == timed).all():
        first = np.flatnonzero(timed)
        return Starts(lines, first, np.zeros(len(first), np.bool_))
    return _with_damage(data, lines, before, np.flatnonzero(timed))


def last_start(data: bytes) -> int:
    """Return where the last record begins; ``data`` begins with a record and may end in one."""
    lines = line_starts(data)[:-1]
    quotes = find_all(data, b'"')
    closed = np.searchsorted(quotes, lines) % 2 == 0
    timed = _timed(data, lines)
    found = lines[timed & closed] if (timed & closed)[1:].any() else lines[timed]
    return int(found[-1]) if len(found) else 0


def _with_damage(data: bytes, lines: Ints, before: Ints, timed: Ints) -> Starts:
    """Find records where some quotes are not closed, or where lines are no records."""
    count = len(lines) - 1
    certain = [n for n in timed.tolist() if CERTAIN.match(data, int(lines[n]))]
    parts = np.unique([0, *certain, count])
    odd = np.flatnonzero(np.diff(before[parts]) % 2)
    possible = timed[np.isin(np.searchsorted(parts, timed, "right") - 1, odd)]
    parts = np.unique(np.concatenate([parts, possible]))
    part = np.searchsorted(parts, np.arange(count), "right") - 1
    broken = (np.diff(before[parts]) % 2 == 1)[part]
    begins = ((before[:-1] - before[parts[part]]) % 2 == 0) & ~broken
    begins[parts[:-1]] = True
    first = np.flatnonzero(begins)
    return Starts(lines, first, broken[first])


def _timed(data: bytes, starts: Ints) -> Flags:
    heads = rows_of_bytes(np.frombuffer(data, np.uint8), starts, _TIME_BYTES)
    timed: Flags = looks_like_time(heads, 23)
    return timed if timed.all() else timed | looks_like_time(heads, 19)


def read_csv(data: bytes, width: int, zone: str | None) -> Records:
    """Read the records of ``data`` (valid UTF-8, LF line ends), ``width`` columns each."""
    found = find_starts(data)
    begin = found.lines[found.first]
    stop = np.append(begin[1:], len(data))[: len(begin)]
    bad = np.where(found.broken, NO_CSV, 0)
    if _NUL in data:
        holes = np.flatnonzero(np.frombuffer(data, np.uint8) == _NUL)
        bad[np.searchsorted(begin, holes, side="right") - 1] = HAS_NUL
    blank = np.frombuffer(data, np.uint8)[begin] == _LF if len(begin) else begin == 1
    good = np.flatnonzero((bad == 0) & ~blank)
    whole = len(good) == len(begin)
    pieces = [] if whole else [data[a:b] for a, b in zip(begin[good], stop[good], strict=True)]
    columns, wrong = _columns(data if whole else b"".join(pieces), width)
    fed = len(good) == len(wrong) + len(columns["message"])
    if len(wrong) or not fed:
        bad[good[wrong] if fed else good] = NO_CSV
        columns = _read_singly(data, begin, stop, good, bad, width)
    lines = np.diff(np.append(found.first, len(found.lines) - 1))
    rows = Rows(
        source=data,
        start=begin,
        stop=stop,
        line=found.first + 1,
        lines=lines,
        bad=bad,
        blank=blank,
    )
    return records_of(rows, columns, zone)


def _read_singly(
    data: bytes, begin: Ints, stop: Ints, good: Ints, bad: Ints, width: int
) -> dict[str, pa.Array]:
    """Look at the ``bad`` ones of the ``good`` rows one by one, and read all of them again.

    Rows of another version of PostgreSQL are good in the end, others stay bad.
    """
    pieces = []
    for row in good.tolist():
        piece = data[begin[row] : stop[row]]
        if bad[row]:
            values = _values(piece)
            if len(values) not in WIDTHS:
                continue
            bad[row] = 0
            piece = _written((values + [""] * width)[:width])
        pieces.append(piece)
    return _columns(b"".join(pieces), width)[0]


def _values(piece: bytes) -> list[str]:
    """Return the values of one record, none when it is no single one."""
    try:
        found = list(csv.reader(io.StringIO(piece.decode("utf-8", "replace"), newline="")))
    except csv.Error:  # also: a field is longer than csv reads
        return _long_values(piece) if len(piece) > csv.field_size_limit() else []
    return found[0] if len(found) == 1 else []


def _long_values(piece: bytes) -> list[str]:
    options = pv.ReadOptions(
        use_threads=False, autogenerate_column_names=True, block_size=len(piece) + 1
    )
    texts = pv.ConvertOptions(
        column_types={f"f{n}": pa.string() for n in range(max(WIDTHS))}, check_utf8=False
    )
    parsing = pv.ParseOptions(newlines_in_values=True)
    try:
        table = pv.read_csv(pa.BufferReader(piece), options, parsing, texts)
    except pa.ArrowInvalid:
        return []
    if table.num_rows != 1:
        return []
    return [column[0].as_py() or "" for column in table.columns]


def _written(values: list[str]) -> bytes:
    output = io.StringIO()
    csv.writer(output, lineterminator="\n").writerow(values)
    return output.getvalue().encode()


def _columns(data: bytes, width: int) -> tuple[dict[str, pa.Array], Ints]:
    """Return the columns of the rows, and which rows have another number of columns."""
    wrong: list[int] = []

    def skip(row: Any) -> str:
        wrong.append(row.number - 1)
        return "skip"

    names = COLUMNS[:width]
    read = [name for name in _READ if name in names]
    if not data:
        return {name: pa.array([], pa.string()) for name in read}, np.zeros(0, np.int64)
    table = pv.read_csv(
        pa.BufferReader(data),
        read_options=pv.ReadOptions(
            use_threads=False, column_names=names, block_size=max(len(data) + 1, 1 << 20)
        ),
        parse_options=pv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
        ),
        convert_options=pv.ConvertOptions(
            include_columns=read,
            column_types={name: _TEXT if name in _LONG else _FEW for name in names},
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,
        ),
    )
    columns = {name: table[name].combine_chunks() for name in read}
    return columns, np.array(wrong, np.int64)


@lru_cache(maxsize=16)
def width_of(head: bytes) -> int:
    """Return how many columns the records of a csvlog have, 0 when it is none."""
    seen = Counter(len(_values(record)) for record in _first_records(head))
    known = {width: times for width, times in seen.items() if width in WIDTHS}
    return max(known, key=lambda width: known[width], default=0)


def _first_records(head: bytes) -> list[bytes]:
    head = head[: head.rfind(b"\n") + 1] if head.count(b"\n") > 1 else head
    found = find_starts(head)
    begin = [*found.lines[found.first].tolist(), len(head)]
    return [head[a:b] for a, b in pairwise(begin)][:_SAMPLE]
