"""Carries of chunks as one: numbers of threads, lanes and rows throughout the file."""

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.chrome_carry import Carry, Marked
from perfkit.formats.traces.chrome_gathered import gathered


def carry(spans, marks=(), *, threads, lanes=(), names=None, met=(), requests=(), queries=()):
    """A chunk: ``spans`` as (thread, lane), ``marks`` as (row, lane, time, name, args)."""
    row, lane, time, name, args = zip(*marks, strict=True) if marks else ((),) * 5
    return Carry(
        request_rows=np.array(requests, np.int64),
        query_rows=np.array(queries, np.int64),
        threads=list(threads),
        lanes=list(lanes),
        thread=np.array([one for one, _ in spans], np.int64),
        lane=np.array([one for _, one in spans], np.int64),
        marked=Marked(
            row=np.array(row, np.int64), lane=np.array(lane, np.int64),
            time=np.array(time, np.int64), name=pa.array(name, pa.string()),
            cat=pa.array([None] * len(marks), pa.string()), args=pa.array(args, pa.binary()),
        ),
        names=names or {}, met=Counter(met), file="", base_ns=None, cut_off=False, keep=None,
    )  # fmt: skip


A, B, C = ("1", "1"), ("1", "2"), ("2", "2")
X, Y = ("nestable", "x", "1", ""), ("nestable", "y", "1", "")


def test_threads_are_numbered_as_they_appear_in_the_file():
    first = carry([(0, 0), (1, 1)], threads=[A, B])
    second = carry([(0, 0), (1, 1)], threads=[C, A])
    found = gathered([first, second])
    assert found.threads == [A, B, C]
    assert [found.threads[n] for n in found.thread.tolist()] == [A, B, C, A]
    assert found.lane.tolist() == found.thread.tolist()


def test_lanes_of_asynchronous_events_come_behind_all_threads():
    """Also behind those of later chunks: no lane is a thread's and an event's at once."""
    first = carry([(0, -1), (0, -2)], threads=[A], lanes=[X, Y])
    second = carry([(0, 0), (0, -1)], threads=[B], lanes=[Y])
    found = gathered([first, second])
    assert found.lane.tolist() == [2, 3, 1, 3]


def test_rows_are_numbered_throughout_the_file_and_ends_have_none():
    mark = [(0, 0, 5, "a", None), (-1, 0, 9, "a", b"{}")]
    one = carry([(0, 0), (0, 0)], mark, threads=[A], requests=[1], queries=[0])
    found = gathered([one, one])
    assert found.row.tolist() == [0, -1, 2, -1]
    assert found.request_rows.tolist() == [1, 3]
    assert found.query_rows.tolist() == [0, 2]
    assert found.marks.begins.tolist() == [True, False] * 2
    assert found.args.to_pylist() == [None, b"{}"] * 2


def test_equal_names_of_marks_have_equal_numbers_in_all_chunks():
    chunks = [
        carry([(0, 0)], [(0, 0, n, name, None)], threads=[A])
        for n, name in enumerate(["b", "a", "b", None])
    ]
    number = gathered(chunks).marks.name.tolist()
    assert number[0] == number[2] != number[1]
    assert number[3] == -1
    assert min(number[:3]) >= 0


def test_later_names_win_and_counts_add_up():
    chunks = [
        carry([], threads=[], names={A: "old", B: "b"}, met={"C": 2}),
        carry([], threads=[], names={A: "new"}, met={"C": 1, "i": 1}),
    ]
    found = gathered(chunks)
    assert found.names == {A: "new", B: "b"}
    assert found.met == {"C": 3, "i": 1}


def test_no_chunks_are_nothing():
    found = gathered([])
    assert (found.threads, found.row.tolist(), found.met) == ([], [], Counter())


lane = st.sampled_from([A, B, C, X, Y])


@given(
    chunks=st.lists(st.lists(st.tuples(st.sampled_from([A, B, C]), lane), max_size=6), max_size=4)
)
def test_two_spans_share_a_lane_if_it_is_the_same_wherever_they_are(chunks):
    carries, said = [], []
    for spans in chunks:
        threads = list(
            dict.fromkeys([t for t, _ in spans] + [on for _, on in spans if len(on) == 2])
        )
        lanes = list(dict.fromkeys(on for _, on in spans if len(on) == 4))
        placed = [
            (threads.index(t), threads.index(on) if len(on) == 2 else -1 - lanes.index(on))
            for t, on in spans
        ]
        carries.append(carry(placed, threads=threads, lanes=lanes))
        said += spans
    found = gathered(carries)
    assert [found.threads[n] for n in found.thread.tolist()] == [thread for thread, _ in said]
    numbers = dict(zip((on for _, on in said), found.lane.tolist(), strict=True))
    assert [numbers[on] for _, on in said] == found.lane.tolist()
    assert len(set(numbers.values())) == len(numbers)
    assert all((number < len(found.threads)) == (len(on) == 2) for on, number in numbers.items())
