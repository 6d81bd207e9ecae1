"""The lines of a slow query log that cannot be used, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from perfkit.formats.logs.mysql_lines import OPENING_LINES
from perfkit.formats.model import KEPT_PER_REASON, BadLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.mysql_lines import Records

__all__ = ["Rejects", "rejects", "without_cut_header"]

_NUMBERS, _EMPTY, _NUL, _CUT, _EARLY, _STRAY = range(1, 7)
_REASONS = (
    "",
    "its numbers cannot be read",
    "it has no statement",
    "it holds a run of NUL bytes",
    "it is cut off",
    "its beginning is in an earlier file",
    "it belongs to no record",
)
#: So many are no part of a statement: a file system lost what was here.
_HOLE = b"\0" * 16
#: How records begin.
_FIRST = (b"# Time: ", b"# User@Host: ")
_LONGEST = 16
_END_BYTES = 1 << 10


@dataclass(frozen=True, kw_only=True)
class Rejects:
    """``good`` are the records that can be used; ``lines`` and ``irrelevant`` count lines."""

    good: Ints
    bad: tuple[BadLine, ...]
    lines: int
    irrelevant: int


def without_cut_header(records: Records) -> Records:
    """End the last record where the comments of one begin that was not written to its end."""
    if not len(records.bound) or records.data[-_END_BYTES:].rstrip().endswith(b";"):
        return records
    line = len(records.kinds)
    lead = np.frombuffer(records.data, np.uint8)[records.starts[:-1]]
    while line > records.body[-1] and lead[line - 1] == ord("#"):
        line -= 1
    at = int(records.starts[line])
    begun = records.data[at : at + _LONGEST].split(b"\n", 1)[0]
    begins = begun and any(first[: len(begun)] == begun[: len(first)] for first in _FIRST)
    if not begins or records.data[at - 2 : at] != b";\n":
        return records
    bound = records.bound.copy()
    bound[-1] = line
    return replace(records, bound=bound)


def rejects(records: Records, known: pa.Array, statements: pa.Array, *, last: bool) -> Rejects:
    """Say which records and lines cannot be used; ``known``: whose numbers could be read."""
    reason = _of_records(records, known, statements, last=last)
    outside = records.outside()
    blank = records.starts[outside + 1] - records.starts[outside] <= 1
    stray = outside[~blank]
    bad = np.flatnonzero(reason)
    return Rejects(
        good=np.flatnonzero(reason == 0),
        bad=(*_bad_records(records, bad, reason), *_bad_lines(records, stray, last=last)),
        lines=int((records.bound - records.first)[bad].sum()) + len(stray),
        irrelevant=OPENING_LINES * len(records.openings) + int(blank.sum()),
    )


def _of_records(records: Records, known: pa.Array, statements: pa.Array, *, last: bool) -> Ints:
    reason = np.zeros(len(records.first), np.int64)
    reason[_flags(pc.equal(statements, ""))] = _EMPTY
    reason[~_flags(known)] = _NUMBERS
    if _HOLE in records.data:
        holes = pc.match_substring(statements, _HOLE.decode())
        reason[_flags(holes)] = _NUL
    if last and len(reason) and records.bound[-1] == len(records.kinds):
        ended = records.data[-_END_BYTES:].rstrip().endswith(b";")
        reason[-1] = reason[-1] if ended else _CUT
    return reason


def _flags(values: pa.Array) -> Any:
    return values.fill_null(False).to_numpy(zero_copy_only=False)  # noqa: FBT003 - the value to fill in


def _bad_records(records: Records, bad: Ints, reason: Ints) -> Iterator[BadLine]:
    for row in bad.tolist():
        line = int(records.first[row])
        text = records.data[records.starts[line] : records.starts[records.bound[row]]]
        yield BadLine.of(line + 1, _REASONS[reason[row]], text)


def _bad_lines(records: Records, stray: Ints, *, last: bool) -> Iterator[BadLine]:
    ends = [*records.bound[-1:].tolist(), *(records.openings[-1:] + OPENING_LINES).tolist()]
    begins = [*records.first[:1].tolist(), *records.openings[:1].tolist()]
    begin, end = (min(begins), max(ends)) if begins else (len(records.kinds), len(records.kinds))
    kept = np.concatenate([stray[:KEPT_PER_REASON], stray[KEPT_PER_REASON:][-KEPT_PER_REASON:]])
    for line in kept.tolist():
        reason = _EARLY if line < begin else _CUT if last and line >= end else _STRAY
        text = records.data[records.starts[line] : records.starts[line + 1]]
        yield BadLine.of(line + 1, _REASONS[reason], text)
