"""What ends say of the spans that they end."""

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.chrome_ends import ended
from perfkit.formats.traces.chrome_gathered import Gathered
from perfkit.formats.traces.chrome_pairs import Marks
from perfkit.formats.traces.chrome_times import UNKNOWN


def gathered(*marks):
    """Marks of (row of a begin or -1, time, arguments of an end), all on one lane."""
    row, time, args = zip(*marks, strict=True) if marks else ((), (), ())
    count = len(marks)
    row = np.array(row, np.int64)
    none = np.full(count, -1)
    return Gathered(
        request_rows=none, query_rows=none, threads=[("1", "1")], names={}, thread=none, lane=none,
        marks=Marks(begins=row >= 0, lane=np.zeros(count, np.int64),
                    time=np.array(time, np.int64), name=none, cat=none),
        row=row, args=pa.chunked_array([pa.array(args, pa.binary())]), met=Counter(),
    )  # fmt: skip


def column(*values):
    return pa.chunked_array([pa.array(values, pa.binary())])


def test_without_marks_nothing_changes():
    start, dur = np.array([5, 9]), np.array([3, UNKNOWN])
    found = ended(gathered(), start, dur, column(b"{}", None))
    assert found.end.tolist() == [8, 9]
    assert found.dur.tolist() == [3, UNKNOWN]
    assert (found.unfinished, found.unbegun) == (0, 0)


def test_an_end_gives_its_begin_a_duration_and_leaves_other_spans_alone():
    start, dur = np.array([10, 20, 30]), np.array([UNKNOWN, 4, UNKNOWN])
    marks = gathered((0, 10, None), (2, 30, None), (-1, 35, None), (-1, 90, None))
    found = ended(marks, start, dur, column(None, None, None))
    assert found.dur.tolist() == [80, 4, 5]
    assert found.end.tolist() == [90, 24, 35]
    assert dur.tolist() == [UNKNOWN, 4, UNKNOWN]  # the caller's stay as they were


def test_what_never_ended_lasts_longer_than_everything():
    start, dur = np.array([10, 20]), np.array([UNKNOWN, 500])
    found = ended(
        gathered((0, 10, None), (-1, 12, None), (-1, 14, None)), start, dur, column(None, None)
    )
    assert (found.unfinished, found.unbegun) == (0, 1)
    found = ended(gathered((0, 10, None)), start, dur, column(None, None))
    assert found.dur.tolist() == [UNKNOWN, 500]
    assert found.end.tolist()[0] > 520
    assert (found.unfinished, found.unbegun) == (1, 0)


def test_arguments_of_an_end_come_behind_those_of_its_begin():
    marks = gathered((0, 1, None), (-1, 2, b'{"b":2}'), (1, 3, None), (-1, 4, b'{"c":3}'))
    found = ended(
        marks, np.array([1, 3, 9]), np.array([UNKNOWN] * 3), column(b'{"a":1}', None, b"x")
    )
    assert found.attributes.to_pylist() == [b'{"a":1,"b":2}', b'{"c":3}', b"x"]


def test_arguments_of_an_end_of_nothing_are_nobodys():
    marks = gathered((-1, 1, b'{"b":2}'), (0, 3, None))
    found = ended(marks, np.array([3]), np.array([UNKNOWN]), column(b'{"a":1}'))
    assert found.attributes.to_pylist() == [b'{"a":1}']


@given(steps=st.lists(st.booleans(), max_size=30))
def test_every_begin_is_finished_or_counted_and_so_is_every_end(steps):
    marks, stack, expected = [], [], {}
    for time, begins in enumerate(steps):
        if begins:
            stack.append((sum(row >= 0 for row, *_ in marks), time))
            marks.append((stack[-1][0], time, None))
        else:
            if stack:
                row, began = stack.pop()
                expected[row] = time - began
            marks.append((-1, time, None))
    count = sum(steps)
    start = np.array([time for row, time, _ in marks if row >= 0], np.int64)
    dur = np.full(count, UNKNOWN)
    found = ended(gathered(*marks), start, dur, column(*[None] * count))
    assert {row: d for row, d in enumerate(found.dur.tolist()) if d != UNKNOWN} == expected
    assert found.unfinished == count - len(expected)
    assert found.unbegun == len(steps) - count - len(expected)
