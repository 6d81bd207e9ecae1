"""What must hold of any input at all: a Recording whose counts add up, or one sentence.

:func:`judged` loads bytes and returns what does not hold. It knows nothing of formats but whether
they count physical lines.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import perfkit
from perfkit import tables
from perfkit.errors import PerfkitError
from perfkit.formats.lines import count_lines
from perfkit.formats.registry import named
from perfkit.ingest.gather import gather
from perfkit.ingest.packed import Unpacked
from perfkit.ingest.pieces import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.recording import Recording, Source

__all__ = ["Judged", "broken_sentence", "judged", "rows", "unequal_in_pieces"]

#: Formats whose ``lines`` may be records: of a document, or of a table with fields of many lines.
RECORDS = {
    "mongodb-profile", "mysql-digests", "mysql-slow-table", "otlp-json", "pg-stat-statements",
    "redis-slowlog",
}  # fmt: skip

_BOM = b"\xef\xbb\xbf"
_LONGEST = 1200


@dataclass(kw_only=True)
class Judged:
    """What became of an input, and everything about it that does not hold."""

    recording: Recording | None = None
    error: PerfkitError | None = None
    wrong: list[str] = field(default_factory=list)


def judged(data: bytes, *, digest: bool = False) -> Judged:
    """Load ``data`` and check all that must hold; what is no PerfkitError is not caught."""
    try:
        rec = perfkit.load(io.BytesIO(data))
    except PerfkitError as error:
        return Judged(error=error, wrong=list(broken_sentence(error)))
    wrong = [*_sources(rec), *_places(rec, data), *_values(rec)]
    if not rows(rec):
        wrong.append("it was loaded, and holds no row")
    if digest:
        wrong += _digested(rec)
    return Judged(recording=rec, wrong=wrong)


def rows(rec: Recording) -> int:
    """Count the rows of all tables."""
    return sum(table.num_rows for table in rec.contents.values())


def broken_sentence(error: PerfkitError) -> Iterator[str]:
    """Yield how an error is not one sentence with one hint."""
    for name, text in (("message", error.message), ("hint", error.hint)):
        if not text or "\n" in text or len(text) > _LONGEST or not text.isprintable():
            yield f"the {name} of {type(error).__name__} is {text[:200]!r}"


def unequal_in_pieces(data: bytes, name: str, size: int) -> list[str]:
    """Parse ``data`` as format ``name`` as a whole and in pieces; return what is unequal."""
    whole, cut = (
        gather(Text(Unpacked(io.BytesIO(data), "data")), named(name), size=some)
        for some in (len(data) + 1, size)
    )
    wrong = [
        f"{what}: {getattr(whole, what)} as a whole, {getattr(cut, what)} in pieces of {size}"
        for what in ("lines", "irrelevant", "rejected_lines")
        if getattr(whole, what) != getattr(cut, what)
    ]
    for table in {*whole.tables, *cut.tables}:
        both = [part.tables.get(table, tables.empty(table)) for part in (whole, cut)]
        if both[0].num_rows != both[1].num_rows:
            counts = " and ".join(str(part.num_rows) for part in both)
            wrong.append(f"{table}: {counts} rows as a whole and in pieces of {size}")
    return wrong


def _sources(rec: Recording) -> Iterator[str]:
    for one in rec.inputs:
        counts = (one.used, one.irrelevant, one.rejected)
        if min(counts) < 0 or sum(counts) != one.lines or not one.used:
            yield f"{one.format}: {counts} do not make {one.lines} lines"


def _places(rec: Recording, data: bytes) -> Iterator[str]:
    """Lines are within the input; offsets are where the lines begin."""
    physical = count_lines(data.removeprefix(_BOM))
    alone = len(rec.inputs) == 1 and " in " not in rec.inputs[0].reason
    for place, one in enumerate(rec.inputs):
        whole = one.format not in RECORDS and _unwrapped(one)
        if whole and alone and one.lines != physical:
            yield f"{one.format}: {one.lines} lines of {physical} are accounted for"
        most = one.lines if whole else max(one.lines, physical)
        yield from _rows_within(rec, place, one, most)
        yield from _rejects_within(rec, place, one, most)
        if whole:
            yield from _offsets(rec, place, data)


def _unwrapped(one: Source) -> bool:
    return ", in " not in one.reason


def _rows_within(rec: Recording, place: int, one: Source, most: int) -> Iterator[str]:
    for name, table in rec.contents.items():
        line = table["line"].filter(pc.equal(table["source"], place))
        if line.null_count:
            yield f"{one.format}: {name} has rows without a line"
        low, high = pc.min_max(line).as_py().values()
        if low is not None and not 1 <= low <= high <= most:
            yield f"{one.format}: {name} has lines {low} to {high} of {most}"


def _rejects_within(rec: Recording, place: int, one: Source, most: int) -> Iterator[str]:
    mine = [bad for bad in rec.rejects if bad.source == place]
    if len(mine) > one.rejected or (one.rejected and not mine):
        yield f"{one.format}: {one.rejected} lines are rejected, {len(mine)} are shown"
    for bad in mine:
        if not 1 <= bad.line <= most or not bad.reason:
            yield f"{one.format}: line {bad.line} of {most} is rejected: {bad.reason!r}"


def _offsets(rec: Recording, place: int, data: bytes) -> Iterator[str]:
    for bad in rec.rejects:
        at = bad.offset
        if bad.source != place or at is None:
            continue
        before = data[:at]
        if before.count(b"\n") != bad.line - 1 or before.removeprefix(_BOM)[-1:] not in b"\n":
            yield f"line {bad.line} does not begin at {at}"


def _values(rec: Recording) -> Iterator[str]:
    """No number is infinite: unknown is null."""
    for name, table in rec.contents.items():
        table.validate(full=True)
        for column in table.column_names:
            if pa.types.is_floating(table.schema.field(column).type):
                found = np.asarray(table[column].to_numpy())
                if np.isinf(found).any():
                    yield f"{name}.{column} is infinite"


def _digested(rec: Recording) -> Iterator[str]:
    repr(rec)
    try:
        result = perfkit.digest(rec)
        str(result)
    except PerfkitError as error:
        yield from broken_sentence(error)
