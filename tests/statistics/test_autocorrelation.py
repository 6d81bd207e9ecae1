import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.statistics.autocorrelation import autocorrelation_time, ranks

RANDOM = np.random.default_rng(7)


def ar1(n, rho):
    noise = RANDOM.standard_normal(n) * np.sqrt(1 - rho**2)
    for i in range(1, n):
        noise[i] += rho * noise[i - 1]
    return noise


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_of_a_first_order_process_it_is_the_known_one(rho):
    # (1 + rho) / (1 - rho); ranks correlate a little less than the values
    found = np.mean([autocorrelation_time(ar1(4000, rho)) for _ in range(10)])
    assert found == pytest.approx((1 + rho) / (1 - rho), rel=0.25)


def test_of_independent_samples_it_is_near_one():
    found = [autocorrelation_time(RANDOM.standard_normal(500)) for _ in range(50)]
    assert min(found) >= 1
    assert np.mean(found) < 1.2


def test_the_unit_and_any_growing_function_of_it_do_not_matter():
    values = ar1(300, 0.5)
    assert autocorrelation_time(values) == pytest.approx(autocorrelation_time(np.exp(3 * values)))


def test_equal_values_in_a_row_are_no_trend():
    # sorted by time alone, equal values would get growing ranks
    assert autocorrelation_time(np.array([1.0] * 300 + [2.0] + [1.0] * 300)) < 1.5
    assert autocorrelation_time(np.full(100, 5.0)) < 1.2


def test_several_runs_are_not_taken_for_one():
    low, high = RANDOM.standard_normal(300), RANDOM.standard_normal(300) + 50
    assert autocorrelation_time(low, high) < 1.5
    assert autocorrelation_time(np.concatenate((low, high))) > 50


def test_weights_say_which_series_counts():
    calm, busy = RANDOM.standard_normal(1000), ar1(1000, 0.9)
    calmer = autocorrelation_time(calm, busy, weights=[9, 1])
    assert calmer < autocorrelation_time(calm, busy, weights=[1, 9])


def test_too_few_samples_have_none():
    assert autocorrelation_time([1.0, 2.0, 3.0]) == 1
    assert autocorrelation_time([], []) == 1


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=60))
def test_ranks_are_the_mean_of_all_orders(values):
    found = ranks(np.array(values, float))
    below = [sum(other < value for other in values) for value in values]
    same = [values.count(value) for value in values]
    assert found.tolist() == [b + s / 2 for b, s in zip(below, same, strict=True)]
