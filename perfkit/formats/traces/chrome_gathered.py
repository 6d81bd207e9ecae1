"""The carries of all chunks as one: threads, lanes and rows numbered throughout the file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit.formats.traces.chrome_pairs import Marks
from perfkit.span_ids import codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perfkit.formats.traces.chrome_carry import Carry
    from perfkit.formats.traces.chrome_lanes import Lane, Thread
    from perfkit.formats.traces.chrome_times import Ints

__all__ = ["Gathered", "gathered"]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What the chunks of a file carried.

    Attributes:
        request_rows: which span each request is.
        query_rows: which span each query is.
        threads: (pid, tid) by number.
        names: names of threads, and of processes as (pid, "").
        thread: the thread of each span.
        lane: the lane of each span, from 0; the first are the threads.
        marks: begins and ends.
        row: the span of each begin, -1 for ends.
        args: the arguments of ends.
        met: how many events of each phase are no spans.
    """

    request_rows: Ints
    query_rows: Ints
    threads: list[Thread]
    names: dict[Thread, str]
    thread: Ints
    lane: Ints
    marks: Marks
    row: Ints
    args: pa.ChunkedArray
    met: Counter[str]


class _Numbers:
    """Numbers threads and lanes as they appear."""

    def __init__(self) -> None:
        self.threads: dict[Thread, int] = {}
        self.lanes: dict[Lane, int] = {}

    def of(self, carry: Carry) -> tuple[Ints, Ints, Ints]:
        """Return thread and lane of each span, and the lane of each mark (not yet from 0)."""
        threads = [self.threads.setdefault(one, len(self.threads)) for one in carry.threads]
        lanes = [-1 - self.lanes.setdefault(one, len(self.lanes)) for one in carry.lanes]
        # a negative lane counts from the end
        places = np.array([*threads, *reversed(lanes)], np.int64)
        return places[carry.thread], places[carry.lane], places[carry.marked.lane]

    def from_zero(self, lanes: Sequence[Ints]) -> Ints:
        """Put asynchronous lanes behind the threads."""
        lane = _joined(lanes)
        return np.where(lane < 0, len(self.threads) - 1 - lane, lane)


def gathered(carries: Sequence[Carry]) -> Gathered:
    """Join what the chunks of a file carried, in order."""
    numbers = _Numbers()
    placed = [numbers.of(carry) for carry in carries]
    bases = np.cumsum([0, *(len(carry.thread) for carry in carries)]).tolist()
    row = _shifted((carry.marked.row for carry in carries), bases)
    lane, marked = (numbers.from_zero([one[part] for one in placed]) for part in (1, 2))
    return Gathered(
        request_rows=_shifted((carry.request_rows for carry in carries), bases),
        query_rows=_shifted((carry.query_rows for carry in carries), bases),
        threads=list(numbers.threads),
        names={key: name for carry in carries for key, name in carry.names.items()},
        thread=_joined([one[0] for one in placed]),
        lane=lane,
        marks=Marks(
            begins=row >= 0,
            lane=marked,
            time=_joined([carry.marked.time for carry in carries]),
            name=codes(pa.chunked_array([c.marked.name for c in carries], pa.string()))[0],
            cat=codes(pa.chunked_array([c.marked.cat for c in carries], pa.string()))[0],
        ),
        row=row,
        args=pa.chunked_array([carry.marked.args for carry in carries], pa.binary()),
        met=sum((carry.met for carry in carries), Counter()),
    )


def _joined(arrays: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *arrays])


def _shifted(arrays: Iterable[Ints], bases: Sequence[int]) -> Ints:
    """Number rows throughout the file; -1 stays."""
    moved = [
        np.where(rows < 0, rows, rows + base) for rows, base in zip(arrays, bases, strict=False)
    ]
    return _joined(moved)
