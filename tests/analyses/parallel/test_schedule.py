"""The longest chain of what waits for each other is what remains."""

from __future__ import annotations

import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.parallel.schedule import schedule


def requests(*rows, segment=None):
    """Return what a schedule needs of a matrix: (start, end) or None per call and request."""
    start, end = (np.array([[(c or (0, 0))[k] for c in row] for row in rows]) for k in (0, 1))
    return types.SimpleNamespace(
        start=start,
        end=end,
        row=np.array([[0 if c else -1 for c in row] for row in rows]),
        present=np.array([[c is not None for c in row] for row in rows]),
        segment=np.zeros_like(start) if segment is None else np.array(segment),
    )


def apart(count, *pairs):
    found = np.zeros((count, count), np.bool_)
    for a, b in pairs:
        found[a, b] = found[b, a] = True
    return found


ROW = ((0, 100), (110, 210), (220, 270))


@pytest.mark.parametrize(
    ("pairs", "best", "begin"),
    [
        ((), 250, [0, 100, 200]),
        (((0, 1), (1, 2), (0, 2)), 100, [0, 0, 0]),
        (((0, 2), (1, 2)), 200, [0, 100, 0]),
        (((0, 1),), 150, [0, 0, 100]),
    ],
)
def test_calls_begin_when_all_they_wait_for_has_ended(pairs, best, begin):
    found = schedule(requests(ROW), apart(3, *pairs))
    assert (found.now.tolist(), found.best.tolist()) == ([250], [best])
    assert found.begin.tolist() == [begin]


def test_the_order_of_the_columns_and_absent_calls_do_not_matter():
    found = schedule(
        requests((None, (110, 210), (0, 100)), ((0, 50), None, None)), apart(3, (1, 2))
    )
    assert found.now.tolist() == [200, 50]
    assert found.best.tolist() == [100, 50]
    assert found.begin.tolist() == [[-1, 0, 0], [0, -1, -1]]


def test_what_overlaps_already_keeps_its_distance():
    found = schedule(requests(((0, 100), (60, 160))), apart(2, (0, 1)))
    assert found.saved.tolist() == [0]
    assert found.begin.tolist() == [[0, 60]]


def test_calls_of_different_segments_wait():
    found = schedule(requests(ROW, segment=[[0, 1, 1]]), apart(3, (0, 1), (1, 2), (0, 2)))
    assert found.best.tolist() == [200]


@given(
    st.lists(
        st.one_of(st.none(), st.tuples(st.integers(0, 50), st.integers(1, 40))),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=15),
)
def test_a_saving_lies_between_nothing_and_all_but_the_longest(calls, pairs):
    row = [None if call is None else (call[0], call[0] + call[1]) for call in calls]
    some = [(a, b) for a, b in pairs if a < len(row) and b < len(row)]
    found = schedule(requests(row), apart(len(row), *some))
    lengths = [call[1] for call in calls if call]
    (saved,), (now,) = found.saved.tolist(), found.now.tolist()
    assert 0 <= saved <= max(now - max(lengths, default=0), 0)
    assert now <= sum(lengths)
    everything = schedule(requests(row), np.ones((len(row), len(row)), np.bool_))
    assert everything.saved.tolist()[0] >= saved
    nothing = schedule(requests(row), np.zeros((len(row), len(row)), np.bool_))
    assert nothing.saved.tolist() == [0]
