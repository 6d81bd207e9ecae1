"""Measures against NumPy, intervals against simulated truth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import statistics
from perfkit.analyses.slos.measured import dependence, measured

MS = st.lists(st.floats(0, 1e5), min_size=1, max_size=400)


def alternating(values):
    """Return values in an order in which neighbours have nothing in common."""
    return np.random.default_rng(4).permutation(values)


@given(MS, st.sampled_from(["p50<9ms", "p95<9ms", "p99.9<9ms"]))
def test_a_percentile_is_that_of_numpy(sample, objective, ms, text):
    asked = objective(text)
    found = measured(sample(ms, asked), asked)
    assert found.value == pytest.approx(np.quantile(ms, asked.quantile))
    assert found.over == sum(value >= 9 for value in ms)


def test_of_independent_requests_the_interval_is_that_of_the_order_statistics(sample, objective):
    ms = alternating(np.arange(1000.0))
    found = measured(sample(ms, objective("p95<9ms")), objective("p95<9ms"))
    assert found.worth == 1000
    assert (found.low, found.high) == statistics.quantile_interval(ms, 0.95)


def test_too_few_requests_leave_the_percentile_without_an_interval(sample, objective):
    found = measured(sample([1.0] * 71, objective("p95<9ms")), objective("p95<9ms"))
    assert math.isnan(found.low)
    assert 0.05 < found.share_high < 0.06  # 0 of 71


def test_failures_are_a_share_with_its_interval(sample, objective):
    asked = objective("error_rate<1%")
    over = alternating([True] * 5 + [False] * 95)
    found = measured(sample([1.0] * 100, over=over), asked)
    assert found.value == 0.05
    assert (found.low, found.high) == pytest.approx((0.016432, 0.112835), abs=1e-6)
    assert math.isnan(found.beyond_ms)


def test_the_longest_request_has_no_interval(sample, objective):
    found = measured(sample([1.0, 7.0], objective("max<5ms")), objective("max<5ms"))
    assert (found.value, found.over, found.beyond_ms) == (7.0, 1, 2.0)
    assert math.isnan(found.low)


def test_weights_count_in_percentile_and_interval(sample, objective):
    asked = objective("p50<9ms")
    ms = alternating(np.arange(200.0))
    found = measured(sample(ms, asked, weight=np.where(ms < 100, 1.0, 9.0)), asked)
    assert found.value == 144  # 100 + 45 x 9 of 1,000 are up to it
    assert found.low < 144 < found.high
    assert found.requests == 1000
    assert found.worth == pytest.approx(1000**2 / 8200, rel=0.3)


def test_neighbours_that_resemble_each_other_widen_the_interval(sample, objective):
    asked = objective("p95<9ms")
    runs = np.repeat(alternating(np.arange(400.0)), 10)
    alone, together = (measured(sample(ms, asked), asked) for ms in (alternating(runs), runs))
    assert together.worth < alone.worth / 4
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


@pytest.mark.parametrize("count", [0, 1, 300])
def test_where_all_are_alike_nothing_depends_on_its_neighbours(count):
    assert dependence(np.ones(count, np.bool_)) == 1.0


def test_runs_of_ten_count_for_one_or_a_little_less():
    drawn = np.random.default_rng(1).random(2000) < 0.1
    assert 8 < dependence(np.repeat(drawn, 10)) < 20


def test_an_outage_is_no_dependence():
    drawn = np.random.default_rng(1).random(8000) < 0.01
    drawn[3000:4000] = True
    assert dependence(drawn) < 2


def first_order(rng, count, rho):
    noise = rng.standard_normal(count) * math.sqrt(1 - rho * rho)
    found = np.empty(count)
    found[0] = rng.standard_normal()
    for place in range(1, count):
        found[place] = rho * found[place - 1] + noise[place]
    return found


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_a_percentile_at_its_limit_is_rarely_called_broken_or_met(sample, objective, rho):
    """True p95 = limit: either verdict is wrong in 2.5 % of cases; here in at most 5 %."""
    rng, asked = np.random.default_rng(8), objective("p95<200ms")
    broken = met = 0
    for _ in range(200):
        ms = 200 * np.exp(0.35 * (first_order(rng, 500, rho) - 1.6448536))
        found = measured(sample(ms, asked), asked)
        broken += found.low >= 200
        met += found.high < 200
    assert max(broken, met) <= 10
