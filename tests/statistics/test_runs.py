import math

import numpy as np
import pytest

from perfkit.statistics.runs import between_runs, drift, enough, located, run_shift
from perfkit.statistics.shift import shift


def runs(random, count, n=100, drift=0.0, change=0.0):
    return [
        change + drift * random.standard_normal() + 0.35 * random.standard_normal(n)
        for _ in range(count)
    ]


def test_three_runs_on_one_side_are_enough():
    assert [enough(*pair) for pair in ((1, 1), (2, 2), (3, 1), (1, 3), (5, 5), (3, 0))] == [
        *(False, False, True, True, True, False),
    ]


def test_the_t_test_is_that_of_the_books():
    # Student's sleep data, t.test(extra ~ group, var.equal = TRUE) in R
    drug = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    other = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    found = between_runs(drug, other)
    assert (found.value, found.p_value) == pytest.approx((1.58, 0.07919), abs=1e-4)
    assert (found.low, found.high) == pytest.approx((-0.203874, 3.363874), abs=1e-4)


def test_unequal_numbers_of_runs_are_welchs():
    found = between_runs(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0, 40.0]))
    assert found.freedom == pytest.approx(3.05, abs=0.02)


def test_drift_of_runs_is_not_taken_for_a_change():
    random = np.random.default_rng(1)
    by_runs = by_samples = 0
    for _ in range(100):
        old, new = (runs(random, 5, drift=0.05) for _ in range(2))
        found, _ = run_shift(old, new)
        by_runs += found.p_value < 0.05
        by_samples += shift(np.concatenate(old), np.concatenate(new)).p_value < 0.05
    assert by_runs <= 12
    assert by_samples > 15


def test_a_change_larger_than_the_drift_is_found():
    random = np.random.default_rng(2)
    found, apart = run_shift(runs(random, 5, drift=0.02), runs(random, 5, drift=0.02, change=0.3))
    assert found.low < 0.3 < found.high
    assert found.p_value < 0.001
    assert 0 <= apart < 0.08


def test_the_drift_is_what_the_samples_do_not_explain():
    random = np.random.default_rng(3)
    still, moving = (runs(random, 12, n=400, drift=sd) for sd in (0.0, 0.2))
    of = [drift(located(side, np.concatenate(side), 1.0)) for side in (still, moving)]
    assert of[0] < 0.02
    assert 0.12 < of[1] < 0.3
    assert math.isnan(drift(located(still[:2], still[0], 1.0)))


def test_a_single_run_must_differ_from_the_runs_and_by_its_samples():
    random = np.random.default_rng(4)
    old = runs(random, 4, n=400)
    small = runs(random, 1, n=6)
    found, _ = run_shift(old, small)
    alone = shift(np.concatenate(old), small[0])
    assert found.p_value >= alone.p_value
    assert found.high - found.low >= 0.9 * (alone.high - alone.low)


def test_equal_runs_do_not_differ():
    side = [np.full(10, 2.0)] * 3
    found, _ = run_shift(side, side)
    assert (found.value, found.p_value) == (0, 1)
