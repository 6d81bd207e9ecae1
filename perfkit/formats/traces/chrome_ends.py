"""What ends say of the spans that they end: how long these took, and more arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.formats.traces.chrome_pairs import pairs
from perfkit.formats.traces.chrome_rows import joined
from perfkit.formats.traces.chrome_times import UNKNOWN

if TYPE_CHECKING:
    from perfkit.formats.traces.chrome_gathered import Gathered
    from perfkit.formats.traces.chrome_times import Ints

__all__ = ["Ended", "ended"]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """By span: its duration (or UNKNOWN), and until when it lasts at most.

    ``attributes`` is the column with the arguments of ends. ``unfinished`` counts spans that
    never ended, ``unbegun`` ends of nothing.
    """

    dur: Ints
    end: Ints
    attributes: pa.ChunkedArray
    unfinished: int
    unbegun: int


def ended(found: Gathered, start: Ints, dur: Ints, attributes: pa.ChunkedArray) -> Ended:
    """Give each begin its end."""
    end = start + np.where(dur == UNKNOWN, 0, dur)
    if not len(found.row):
        return Ended(dur=dur, end=end, attributes=attributes, unfinished=0, unbegun=0)
    marks = found.marks
    paired = pairs(marks)
    begun = np.flatnonzero(marks.begins)
    met = begun[paired.end[begun] >= 0]
    dur = dur.copy()
    dur[found.row[met]] = marks.time[paired.end[met]] - marks.time[met]
    # what never ended lasts to the end of the trace
    latest = max(int(end.max(initial=UNKNOWN)), int(marks.time.max())) + 1
    over = paired.over[begun]
    end[found.row[begun]] = np.where(over == UNKNOWN, latest, over)
    return Ended(
        dur=dur,
        end=end,
        attributes=_with_args(attributes, found, met, paired.end[met]),
        unfinished=len(begun) - len(met),
        unbegun=int((~marks.begins).sum()) - len(met),
    )


def _with_args(column: pa.ChunkedArray, found: Gathered, met: Ints, end: Ints) -> pa.ChunkedArray:
    """Add the arguments of ends to those of begins."""
    args = found.args.take(pa.array(end))
    some = np.flatnonzero(args.is_valid().to_numpy())
    if not len(some):
        return column
    rows = found.row[met[some]]
    before = column.take(pa.array(rows)).to_pylist()
    after = args.take(pa.array(some)).to_pylist()
    new = [joined(old or b"", added) for old, added in zip(before, after, strict=True)]
    place = np.full(len(column), -1, np.int64)
    place[rows] = np.arange(len(rows))
    changed = pa.array(new, pa.binary()).take(pa.array(place, mask=place < 0))
    return pa.compute.if_else(pa.array(place >= 0), changed, column)
