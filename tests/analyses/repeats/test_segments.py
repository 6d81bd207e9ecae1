"""Numbers over groups of intervals, against a ruler with milliseconds."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.segments import Timeline, covered_ms, medians, reached, totals

INTERVALS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(0, 20)), max_size=20
)


def columns(intervals):
    ordered = sorted(intervals)
    owner = np.array([o for o, _, _ in ordered], np.int64)
    start, length = (np.array([float(row[i]) for row in ordered]) for i in (1, 2))
    return owner, start, length


def ruler(intervals, owner):
    return {ms for o, s, n in intervals if o == owner for ms in range(s, s + n)}


@given(INTERVALS)
def test_the_time_covered_is_that_of_a_ruler_with_milliseconds(intervals):
    _, start, length = columns(intervals)
    marks = {ms for _, s, n in intervals for ms in range(s, s + n)}
    assert covered_ms(start, length) == pytest.approx(len(marks))


def test_without_starts_it_is_the_sum():
    assert covered_ms(np.array([np.nan, 0.0]), np.array([5.0, 7.0])) == 12.0


@given(INTERVALS)
def test_what_was_reached_before_is_the_latest_end_in_the_segment(intervals):
    owner, start, length = columns(intervals)
    end = start + length
    found = reached(owner, end)
    for row in range(len(end)):
        before = [end[n] for n in range(row) if owner[n] == owner[row]]
        assert found[row] == (max(before) if before else -np.inf)


@given(INTERVALS, st.integers(0, 3), st.integers(0, 90), st.integers(0, 90))
def test_the_idle_time_of_an_owner_is_what_the_ruler_shows(intervals, owner, one, other):
    low, high = sorted((one, other))
    who, start, length = columns(intervals)
    asked = (np.array([v]) for v in (owner, float(low), float(high)))
    (idle,) = Timeline(who, start, start + length).idle(*asked)
    busy = ruler(intervals, owner) & set(range(low, high))
    assert idle == pytest.approx(high - low - len(busy))


def test_intervals_of_unknown_time_are_no_time():
    line = Timeline(np.zeros(1, np.int64), np.array([np.nan]), np.array([4.0]))
    assert line.idle(np.array([0]), np.array([0.0]), np.array([9.0])).tolist() == [9.0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99) | st.none()), max_size=30))
def test_medians_and_totals_are_those_of_each_segment(pairs):
    pairs.sort(key=lambda pair: pair[0])
    segment = np.array([s for s, _ in pairs], np.int64)
    values = np.array([np.nan if v is None else float(v) for _, v in pairs])
    middle, sums = medians(segment, values, 4), totals(segment, values, 4)
    for number in range(4):
        known = [v for s, v in pairs if s == number and v is not None]
        assert sums[number] == sum(known)
        if known:
            assert middle[number] == statistics.median(known)
        else:
            assert np.isnan(middle[number])
