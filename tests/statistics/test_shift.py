import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.statistics.shift import pair_quantiles, shift

FEW = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=30)
PLACES = (-0.1, 0.0, 0.025, 0.31, 0.5, 0.8, 1.0, 1.7)


def brute_force(x, y, places):
    every = np.sort(np.subtract.outer(y, x), axis=None)
    ranks = [
        math.floor(p * every.size) if p < 0.5 else math.ceil(p * every.size) - 1 for p in places
    ]
    ends = [float(every[min(max(rank, 0), every.size - 1)]) for rank in ranks]
    return [float(np.median(every)) if p == 0.5 else e for p, e in zip(places, ends, strict=True)]


@given(FEW, FEW)
def test_few_pairs_are_all_formed(before, after):
    x, y = np.sort(before), np.sort(after)
    assert list(pair_quantiles(x, y, PLACES)) == brute_force(x, y, PLACES)


@settings(max_examples=40)
@given(
    st.integers(0, 2**32), st.integers(150, 500), st.integers(150, 500), st.sampled_from([0, 1, 3])
)
def test_bisection_finds_what_all_pairs_have(seed, n, m, digits):
    random = np.random.default_rng(seed)
    x, y = np.sort(random.normal(size=n)), np.sort(random.normal(1, 3, size=m))
    if digits:
        x, y = x.round(digits), y.round(digits)
    assert pair_quantiles(x, y, PLACES) == pytest.approx(brute_force(x, y, PLACES), abs=1e-9)


def test_half_of_all_pairs_may_be_equal():
    x = np.sort(np.concatenate((np.zeros(600), np.random.default_rng(1).random(400))))
    assert pair_quantiles(x, x + 2, (0.5,)) == pytest.approx((2.0,), abs=1e-12)


@pytest.mark.parametrize("n", [40, 300, 30_000])
def test_of_shifted_samples_it_is_the_shift(n):
    x = np.random.default_rng(n).normal(size=n)
    found = shift(x, x + 0.25)
    assert found.value == pytest.approx(0.25, abs=1e-4)
    assert found.low < 0.25 < found.high


@pytest.mark.parametrize("n", [25, 800])
def test_exchanging_the_sides_turns_the_sign(n):
    random = np.random.default_rng(n)
    x, y = random.normal(size=n), random.normal(0.2, 2, size=n + 7)
    there, back = shift(x, y, tau=1.7), shift(y, x, tau=1.7)
    assert (back.value, back.low, back.high) == pytest.approx(
        (-there.value, -there.high, -there.low)
    )
    assert back.p_value == pytest.approx(there.p_value)


def test_the_p_value_is_mann_whitneys():
    # Hollander, Wolfe and Chicken, example 4.1: W = 30 of m = 10, n = 5, U = 15; z = -1.224745
    term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    weeks = [1.15, 0.88, 0.90, 0.74, 1.21]
    exact = 0.2544  # wilcox.test(term, weeks) in R
    assert shift(weeks, term).p_value == pytest.approx(exact, abs=0.03)
    assert shift(weeks, term).value == pytest.approx(0.305)


def test_dependence_widens_the_interval_and_weakens_the_test():
    x = np.random.default_rng(5).normal(size=400)
    alone, together = shift(x, x[::-1] + 0.2), shift(x, x[::-1] + 0.2, tau=4)
    assert together.high - together.low == pytest.approx(2 * (alone.high - alone.low), rel=0.1)
    assert together.p_value > alone.p_value
    assert together.error == pytest.approx(2 * alone.error, rel=0.1)


def test_constants_are_compared():
    same = shift([5.0] * 20, [5.0] * 30)
    assert (same.value, same.low, same.high, same.p_value) == (0, 0, 0, 1)
    apart = shift([5.0] * 20, [6.0] * 30)
    assert (apart.value, apart.low, apart.high) == (1, 1, 1)
    assert apart.p_value < 1e-6


def test_single_samples_have_no_surprise():
    found = shift([1.0], [3.0])
    assert found.value == 2
    assert found.p_value > 0.3
