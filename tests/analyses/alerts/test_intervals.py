from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.alerts import intervals


def test_the_lower_end_is_wilsons():
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 is 0.2553 to 0.3662
    assert intervals.lowest_share(81, 263) == pytest.approx(0.2553, abs=1e-4)
    assert intervals.lowest_share(np.array([0, 1]), np.array([0, 29])).tolist() == pytest.approx(
        [0.0, 0.0061], abs=1e-4
    )


@given(trials=st.integers(1, 60), chance=st.floats(0.01, 0.99), data=st.data())
def test_the_bound_is_above_the_binomial_tail(trials, chance, data):
    hits = data.draw(st.integers(0, trials))
    tail = sum(
        math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k)
        for k in range(hits, trials + 1)
    )
    assert intervals.binomial_bound(hits, trials, chance) >= tail * (1 - 1e-9)


def test_what_cannot_happen_has_no_chance():
    assert intervals.binomial_bound(1, 10, 0.0) == 0.0


def test_the_upper_end_mirrors_the_lower_one():
    highest = intervals.highest_share([0, 3, 10], [10, 10, 10])
    lowest = intervals.lowest_share([10, 7, 0], [10, 10, 10])
    assert highest.tolist() == (1 - lowest).tolist()
    assert intervals.highest_share(0, 0) == 1
