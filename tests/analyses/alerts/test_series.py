from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.alerts import series

NUMBERS = st.lists(st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)), min_size=1, max_size=40)


@given(values=NUMBERS)
def test_the_rolling_median_is_numpys_median_of_what_is_known(values):
    array = np.array(values)
    found = series.rolling_median(array, 5)
    for place in range(len(array)):
        around = array[max(0, place - 2) : place + 3]
        known = around[~np.isnan(around)]
        if len(known) > 2:
            assert found[place] == pytest.approx(np.median(known))
        else:
            assert np.isnan(found[place])


def test_runs_are_closed_over_short_gaps():
    flags = np.array([1, 1, 0, 1, 0, 0, 0, 1, 1, 1], bool)
    assert series.runs(flags, 1) == [(0, 2), (3, 4), (7, 10)]
    assert series.runs(flags, 3, bridge=1) == [(0, 4), (7, 10)]
    assert series.runs(np.zeros(3, bool), 1) == []


def test_ranks_of_equal_values_are_their_mean():
    assert series.ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [2.5, 0.0, 2.5, 1.0]


def test_the_usual_is_seen_below_an_incident_of_half_the_time():
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.1, 4000)
    raised = values.copy()
    raised[:2000] += 2.0
    low, deviation = series.usual(raised)
    assert low == pytest.approx(0, abs=0.02)
    assert deviation == pytest.approx(0.1, rel=0.5)


def test_the_slope_with_load_ignores_a_step_at_equal_load():
    rng = np.random.default_rng(1)
    load = np.sin(np.arange(1000) / 40) + rng.normal(0, 0.05, 1000)
    values = 0.3 * load + rng.normal(0, 0.02, 1000)
    assert series.load_slope(values, load) == pytest.approx(0.3, abs=0.02)
    stepped = values + np.where(np.arange(1000) > 500, 1.0, 0.0)
    assert series.load_slope(stepped, load) == pytest.approx(0.3, abs=0.15)
    assert series.load_slope(values, np.zeros(1000)) == 0.0


def test_the_quantile_of_nothing_is_unknown():
    assert np.isnan(series.quantile(np.array([np.nan]), 0.5))
