from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.statistics.change_points import Noise, confidence_set, p_value, scan


def counted(shares, count=40, seed=0):
    rng = np.random.default_rng(seed)
    return rng.binomial(count, shares).astype(float), np.full(len(shares), float(count))


def test_a_step_is_a_stretch_that_reaches_the_end():
    found = scan(*counted(np.repeat([0.3, 0.8], 30)))
    assert found.found
    assert (found.start == 0) != (found.end == 60)
    assert 30 in (found.start, found.end)


def test_an_episode_is_a_stretch_in_the_middle():
    shares = np.full(80, 0.05)
    shares[40:44] = 0.6
    found = scan(*counted(shares))
    assert (found.start, found.end, found.sign) == (40, 44, 1)


def test_fewer_above_is_the_other_sign():
    shares = np.full(80, 0.5)
    shares[20:50] = 0.1
    assert scan(*counted(shares)).sign == -1


def test_a_stretch_that_leaves_nothing_over_is_found():
    found = scan(np.repeat([0.0, 10.0], 20), np.full(40, 10.0))
    assert found.found
    assert found.noise.between == 0.0


def test_what_never_varies_tells_nothing():
    count = np.full(30, 10.0)
    assert scan(np.zeros(30), count) is None
    assert scan(count, count) is None


def test_a_cycle_is_a_change_unless_times_of_day_are_compared_with_themselves():
    day = np.where(np.arange(24) < 12, 0.3, 0.7)
    above, count = counted(np.tile(day, 5), count=60)
    strata = np.tile(np.arange(24), 5)
    assert scan(above[:24], count[:24]).found
    assert not scan(above, count, strata).found


def test_a_step_within_a_cycle_is_found_where_it_is():
    shares = np.tile(np.where(np.arange(24) < 12, 0.3, 0.6), 5)
    shares[61:] += 0.2
    found = scan(*counted(shares, count=60), np.tile(np.arange(24), 5))
    assert found.found
    assert {found.start, found.end} & {60, 61, 62}


def test_bins_that_resemble_their_neighbours_must_differ_more():
    rng = np.random.default_rng(5)
    level = np.zeros(200)
    for at in range(1, 200):
        level[at] = 0.6 * level[at - 1] + rng.normal(0, 0.08)
    above, count = counted(np.clip(0.5 + level, 0, 1), count=400)
    found = scan(above, count)
    assert found.noise.inflation > 1.5
    assert found.noise.between > 0


def test_a_second_change_does_not_hide_the_first():
    shares = np.full(200, 0.5)
    shares[30:40], shares[120:130] = 0.99, 0.01
    assert scan(*counted(shares)).found


@given(st.integers(2, 50), st.integers(0, 1000))
def test_the_answer_does_not_depend_on_which_side_is_counted(factor, seed):
    above, count = counted(np.repeat([0.4, 0.6], 20), count=factor * 4, seed=seed)
    one, other = scan(above, count), scan(count - above, count)
    assert one.excess == pytest.approx(other.excess, abs=1e-6)
    assert one.found == other.found


def test_p_values_fall_with_the_excess_and_stay_in_range():
    values = [p_value(x) for x in np.linspace(-5, 400, 500)]
    assert all(0 < b <= a <= 1 for a, b in pairwise(values))
    assert p_value(2.6) == pytest.approx(0.01)


def test_noise_multiplies_the_variance_of_sums():
    assert Noise(between=0.1, inflation=2.0).of_samples(10) == 4.0


def test_the_set_of_places_holds_all_that_are_nearly_as_likely():
    gain = -np.abs(np.arange(20.0) - 8)
    assert confidence_set(gain) == (5, 11)  # 7.35 / 2 = 3.7
