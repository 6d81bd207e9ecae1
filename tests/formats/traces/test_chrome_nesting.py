"""Nesting: parents of made-up trees are found again, and of anything at all as a search finds."""

import time

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from perfkit.formats.traces.chrome_nesting import in_order, nest


def nested(rows):
    """Nest rows of (lane, start, length), all of known length."""
    lane, start, length = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return nest(lane, start, start + length, np.ones(len(rows), np.bool_))


def test_parents_tops_and_times_taken():
    rows = [(0, 0, 100), (0, 10, 30), (0, 20, 5), (0, 50, 10), (1, 5, 50), (0, 200, 10)]
    found = nested(rows)
    assert found.parent.tolist() == [-1, 0, 1, 0, -1, -1]
    assert found.top.tolist() == [0, 0, 0, 0, 4, 5]
    assert found.covered.tolist() == [40, 5, 0, 0, 0, 0]
    assert not found.overlaps.any()


def test_the_longer_of_two_that_begin_together_is_the_parent_whichever_is_first():
    assert nested([(0, 1, 5), (0, 1, 10)]).parent.tolist() == [1, -1]
    assert nested([(0, 1, 5), (0, 1, 5)]).parent.tolist() == [-1, 0]


def test_neighbours_are_no_parents():
    assert nested([(0, 0, 10), (0, 10, 10), (0, 20, 0)]).parent.tolist() == [-1, -1, -1]


def test_events_without_length_lie_where_they_begin():
    rows = [(0, 0, 10), (0, 0, 0), (0, 5, 0), (0, 5, 0), (0, 10, 0)]
    assert nested(rows).parent.tolist() == [-1, 0, 0, 0, -1]


def test_events_that_overlap_get_no_wrong_parent():
    rows = [(0, 0, 100), (0, 10, 50), (0, 40, 50), (0, 70, 10)]
    found = nested(rows)
    assert found.parent.tolist() == [-1, 0, 0, 2]
    assert found.overlaps.tolist() == [False, False, True, False]
    assert found.covered.tolist() == [80, 0, 10, 0]  # from 10 to 90, once


def test_whole_microseconds_may_be_rounded_by_one():
    rows = [(0, 10_000, 100_000), (0, 50_000, 61_000), (0, 111_000, 4_000)]
    assert nested(rows).parent.tolist() == [-1, 0, -1]
    finer = [(0, 10_000, 100_000), (0, 50_000, 61_000), (0, 111_000, 4_001)]
    assert nested(finer).parent.tolist() == [-1, -1, -1]
    short = [(0, 10_000, 2_000), (0, 11_000, 2_000)]
    assert nested(short).parent.tolist() == [-1, -1]


def test_what_never_ended_takes_nothing_of_its_parent():
    lane = np.zeros(3, np.int64)
    start, end = np.array([0, 10, 20]), np.array([100, 100, 30])
    found = nest(lane, start, end, np.array([True, False, True]))
    assert found.parent.tolist() == [-1, 0, 1]
    assert found.covered.tolist() == [0, 10, 0]


@st.composite
def trees(draw):
    """Rows of trees on lanes, with the parent of each, in any order."""
    rows = []

    def grow(lane, parent, begin, end, depth):
        at = begin
        while at < end and draw(st.booleans()):
            start = draw(st.integers(at, end - 1))
            stop = draw(st.integers(start + 1, end))
            if parent is not None and (start, stop) == rows[parent][1:3]:
                break  # equal ones nest in the order of their rows
            rows.append((lane, start, stop, parent))
            if depth:
                grow(lane, len(rows) - 1, start, stop, depth - 1)
            at = stop

    for lane in range(draw(st.integers(1, 3))):
        grow(lane, None, 0, 300, 4)
    order = draw(st.permutations(range(len(rows))))
    place = {row: n for n, row in enumerate(order)}
    return [(*rows[row][:3], place.get(rows[row][3], -1)) for row in order]


@given(trees())
def test_parents_are_recovered(given):
    if not given:
        return
    found = nested([(lane, start, stop - start) for lane, start, stop, _ in given])
    assert found.parent.tolist() == [parent for *_, parent in given]
    assert not found.overlaps.any()
    for row, (_, start, stop, parent) in enumerate(given):
        children = sum(one[2] - one[1] for one in given if one[3] == row)
        assert found.covered[row] == children <= stop - start
        top = row if parent < 0 else found.top[parent]
        assert found.top[row] == top


intervals = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-20, 20), st.integers(0, 30)), min_size=1, max_size=40
)


@given(intervals)
@example([(0, 0, 1)] * 12)
def test_the_parent_of_anything_is_the_nearest_earlier_that_ends_no_sooner(given):
    found = nested(given)
    order = sorted(range(len(given)), key=lambda n: (given[n][0], given[n][1], -given[n][2], n))
    for place, row in enumerate(order):
        lane, start, length = given[row]
        slack = min(1, max(length - 1, 0) // 2)
        wanted = [
            other
            for other in order[:place]
            if given[other][0] == lane
            and sum(given[other][1:]) >= start + length - slack + (length == 0)
        ]
        assert found.parent[row] == (wanted[-1] if wanted else -1)


@given(intervals, st.integers(2, 64))
def test_parents_do_not_depend_on_how_far_pointers_were_followed(given, steps):
    from perfkit.formats.traces import chrome_nesting

    wanted = nested(given).parent.tolist()
    before = chrome_nesting._STEPS
    chrome_nesting._STEPS = steps % 3
    try:
        assert nested(given).parent.tolist() == wanted
    finally:
        chrome_nesting._STEPS = before


def test_times_far_apart_are_ordered_too():
    lane = np.array([1, 0, 1, 0])
    moment = np.array([2**62, -(2**61), -(2**61), 2**62])
    assert in_order(lane, moment, np.zeros(4, np.int64)).tolist() == [1, 3, 2, 0]


def test_much_is_nested_in_little_time():
    count = 300_000
    start = np.arange(count) * 10
    for length in (np.full(count, 10**7), np.full(count, 5), 10 * (count - np.arange(count))):
        begin = time.process_time()
        nest(np.zeros(count, np.int64), start, start + length, np.ones(count, np.bool_))
        assert time.process_time() - begin < 3
