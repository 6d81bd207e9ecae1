import math

import numpy as np
import pytest

from perfkit.statistics.proportions import difference_interval, wilson_interval


def test_the_intervals_of_newcombes_tables():
    # Newcombe 1998, table II, method 10: 56/70 and 48/80; 9/10 and 3/10
    assert difference_interval(48, 80, 56, 70) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert difference_interval(3, 10, 9, 10) == pytest.approx((0.1705, 0.8090), abs=1e-4)
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_exchanging_the_sides_turns_the_sign():
    low, high = difference_interval(3, 90, 20, 110)
    assert difference_interval(20, 110, 3, 90) == pytest.approx((-high, -low))


def test_no_failure_at_all_still_has_an_interval():
    low, high = difference_interval(0, 50, 0, 50)
    assert low < 0 < high
    assert wilson_interval(0, 50)[0] == pytest.approx(0, abs=1e-12)


def test_nothing_counted_is_unknown():
    assert all(map(math.isnan, difference_interval(0, 0, 1, 2)))
    assert all(map(math.isnan, wilson_interval(0, 0)))


def test_it_covers_the_truth_of_rare_failures():
    random = np.random.default_rng(3)
    old, new = random.binomial(400, 0.01, 2000), random.binomial(400, 0.03, 2000)
    held = [
        low <= 0.02 <= high
        for low, high in map(lambda a, b: difference_interval(a, 400, b, 400), old, new)
    ]
    assert 0.93 < np.mean(held) < 0.98
