from __future__ import annotations

import math
import statistics

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.statistics import (
    MINIMUM_COUNT,
    minimum_count,
    quantile,
    quantile_interval,
    summary,
)

finite = st.floats(-1e9, 1e9)


def test_the_minimum_counts_are_those_of_the_literature():
    assert MINIMUM_COUNT == {50: 6, 90: 36, 95: 72, 99: 368, 99.9: 3688}


@pytest.mark.parametrize("p", [50, 90, 95, 99])
def test_an_interval_is_finite_from_the_minimum_count_on_and_not_before(p):
    n = MINIMUM_COUNT[p]
    assert all(math.isnan(x) for x in quantile_interval(np.arange(n - 1), p / 100))
    assert all(math.isfinite(x) for x in quantile_interval(np.arange(n), p / 100))


@given(st.lists(finite, min_size=1, max_size=50), st.floats(0, 1))
def test_a_quantile_is_that_of_numpy(samples, q):
    assert quantile(samples, q) == np.quantile(samples, q)


@given(st.lists(finite, max_size=500))
def test_samples_in_order_are_described_as_they_are(samples):
    assert repr(summary(np.sort(samples), in_order=True)) == repr(summary(np.sort(samples)))


def _exact_tail(n: int, q: float, up_to: int) -> float:
    """P(B <= up_to), summed term by term with whole-number binomials."""
    return math.fsum(math.comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(up_to + 1))


@given(st.integers(1, 400), st.sampled_from([0.01, 0.25, 0.5, 0.9, 0.95]))
def test_the_order_statistics_are_the_tightest_that_the_binomial_allows(n, q):
    low, high = quantile_interval(np.arange(1, n + 1), q)  # the samples are their own ranks
    if n < minimum_count(q):
        assert math.isnan(low)
        assert math.isnan(high)
        return
    assert _exact_tail(n, q, int(low) - 1) <= 0.025 < _exact_tail(n, q, int(low))
    assert 1 - _exact_tail(n, q, int(high) - 1) <= 0.025 < 1 - _exact_tail(n, q, int(high) - 2)


def test_the_median_interval_of_a_hundred_is_that_of_the_tables():
    assert quantile_interval(range(1, 101), 0.5) == (40, 61)
    assert quantile_interval(range(1, 101), 0.5) == (40, 61)


@pytest.mark.parametrize(("q", "n"), [(0.5, 20), (0.9, 60), (0.95, 200)])
def test_intervals_cover_the_true_quantile_of_skewed_data_as_often_as_they_claim(q, n):
    rng = np.random.default_rng(1)
    truth = -math.log(1 - q)
    covered = 0
    for _ in range(1500):
        low, high = quantile_interval(rng.exponential(size=n), q)
        covered += low <= truth <= high
    assert 0.94 <= covered / 1500 <= 0.995


def test_ten_million_samples_have_a_narrow_interval_quickly():
    samples = np.arange(10_000_000)
    low, high = quantile_interval(samples, 0.99)
    normal = 1.959964 * math.sqrt(1e7 * 0.99 * 0.01)
    assert (high - low) / 2 == pytest.approx(normal, rel=0.01)


@pytest.mark.parametrize(("q", "confidence"), [(0, 0.95), (1, 0.95), (95, 0.95), (0.5, 1)])
def test_probabilities_out_of_range_are_a_usage_error(q, confidence):
    with pytest.raises(UsageError, match="between 0 and 1"):
        quantile_interval([1, 2, 3], q, confidence)


def test_unknown_samples_are_left_out():
    assert quantile([1, math.nan, 3], 0.5) == 2
    assert summary(pa.array([1.0, None, 3.0]))["count"] == 2
    assert math.isnan(quantile([], 0.5))
    assert math.isnan(quantile([math.nan], 0.5))


@given(st.lists(finite, max_size=120))
def test_a_summary_agrees_with_numpy_and_marks_what_has_too_few_samples(samples):
    result = summary(samples)
    assert result["count"] == len(samples)
    for p in (50, 90, 95, 99):
        assert result[f"p{p}_trusted"] == (len(samples) >= MINIMUM_COUNT[p])
        assert math.isnan(result[f"p{p}_low"]) == (not result[f"p{p}_trusted"])
        if samples:
            assert result[f"p{p}"] == np.quantile(samples, p / 100)
    if samples:
        assert result["max"] == max(samples)
        assert result["mean"] == pytest.approx(statistics.fmean(samples), abs=1e-3)
    else:
        assert math.isnan(result["mean"])


def test_a_summary_is_made_of_plain_python_numbers():
    assert {type(value) for value in summary(range(400)).values()} <= {int, float, bool}
