from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.alerts import grid as grids

SECOND = grids.SECOND


def test_bins_are_whole_and_lie_on_the_clock():
    grid = grids.finest(61 * SECOND + 5, 1261 * SECOND, 2400, per_bin=100, most=1000)
    assert grid.seconds == 60
    assert grid.start == 120 * SECOND
    assert grid.end <= 1261 * SECOND + 1


@given(
    first=st.integers(0, 10**18),
    length=st.integers(1, 10**17),
    rows=st.integers(1, 10**7),
)
def test_no_grid_has_more_bins_than_allowed_or_leaves_the_recording(first, length, rows):
    grid = grids.finest(first, first + length, rows, per_bin=20, most=3000)
    assert grid.size <= max(3000, length / (3600 * SECOND) + 1)
    assert grid.size == 0 or (grid.start >= first and grid.end <= first + length + 1)


def test_places_outside_are_none_and_counts_add_up():
    grid = grids.Grid(100, 10, 5)
    places = grid.places(np.array([99, 100, 109, 149, 150, np.iinfo(np.int64).min]))
    assert places.tolist() == [-1, 0, 0, 4, -1, -1]
    assert grid.count(places).tolist() == [2, 0, 0, 0, 1]
    assert grid.count(places, weights=np.arange(6.0)).tolist() == [3, 0, 0, 0, 3]
    assert grid.window(1, 3) == (110, 130)


@given(
    times=st.lists(st.integers(-50, 250), max_size=60),
    start=st.integers(0, 50),
    width=st.integers(1, 40),
    size=st.integers(1, 5),
)
def test_counting_at_once_is_counting_bin_by_bin(times, start, width, size):
    grid = grids.Grid(start, width, size)
    at = np.array([*times, np.iinfo(np.int64).min], np.int64)
    even = at % 2 == 0
    everything = np.ones(len(at), np.bool_)
    counted = grid.counts(at, everything, even, ~everything)
    for found, where in zip(counted, (everything, even, ~everything), strict=True):
        mine = at[where].tolist()
        bins = [(grid.at(place), grid.at(place + 1)) for place in range(size)]
        assert found.tolist() == [sum(low <= t < high for t in mine) for low, high in bins]


def test_times_before_and_behind_the_grid_are_told_apart():
    grid = grids.Grid(100, 10, 5)
    assert grid.cells(np.array([99, 100, 149, 150, 10**18])).tolist() == [0, 1, 5, 6, 6]


def test_a_clock_that_starts_in_1970_does_not_stretch_the_recording():
    times = np.arange(1_000, dtype=np.int64) * SECOND + 1_789_948_800 * SECOND
    with_stray = np.concatenate((times, [5 * SECOND]))
    assert grids.extent(with_stray[::-1]) == (times[0], times[-1])
    assert grids.extent(times) == (times[0], times[-1])


def test_without_two_times_there_is_no_extent():
    assert grids.extent(np.array([5], np.int64)) is None
    assert grids.extent(np.array([5, 5], np.int64)) is None
