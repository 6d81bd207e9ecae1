"""Exact shares: against published values, the definition, and intervals they must agree with."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import statistics
from perfkit.statistics.binomial import chance_bound, exact_interval, upper_tail
from perfkit.statistics.proportions import wilson_interval

COUNTS = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [  # scipy.stats.binomtest(hits, count).proportion_ci(0.95, "exact")
        (0, 10, 0.0, 0.3084971),
        (1, 10, 0.0025286, 0.4450161),
        (10, 10, 0.6915029, 1.0),
        (5, 100, 0.0164319, 0.1128349),
        (50, 1000, 0.0373354, 0.0653905),
        (15, 4000, 0.0021003, 0.0061775),
    ],
)
def test_intervals_are_those_of_clopper_and_pearson(hits, count, low, high):
    assert exact_interval(hits, count) == pytest.approx((low, high), abs=1e-6)


def test_without_samples_there_is_no_interval():
    assert all(map(math.isnan, exact_interval(0, 0)))


def test_of_very_many_the_interval_is_wilsons():
    assert exact_interval(20_000, 50_000) == wilson_interval(20_000, 50_000)


def test_a_tail_is_the_sum_of_its_terms():
    terms = [math.comb(40, k) * 0.05**k * 0.95 ** (40 - k) for k in range(41)]
    for hits in range(42):
        assert upper_tail(hits, 40, 0.05) == pytest.approx(sum(terms[hits:]), abs=1e-12)


@pytest.mark.parametrize(("share", "tail"), [(0.0, 0.0), (1.0, 1.0)])
def test_what_never_and_what_always_happens_is_certain(share, tail):
    assert upper_tail(3, 10, share) == tail


@given(COUNTS)
def test_an_interval_holds_its_share_and_is_mirrored(pair):
    hits, count = pair
    low, high = exact_interval(hits, count)
    assert 0 <= low <= hits / count <= high <= 1
    mirrored = exact_interval(count - hits, count)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-9)


@given(COUNTS, st.sampled_from([0.5, 0.9, 0.95]))
def test_it_is_the_twin_of_the_interval_of_a_quantile(pair, q):
    """As few over the limit as that the quantile lies below it: the same by both ways."""
    over, count = pair
    ranks = statistics.interval_ranks(count, q)
    if ranks is not None:
        low, high = exact_interval(over, count)
        assert (low > 1 - q) == (count - over <= ranks[0])
        assert (high < 1 - q) == (count - over > ranks[1])


@given(COUNTS, st.floats(0.001, 0.999))
def test_the_bound_is_never_below_the_chance(pair, share):
    hits, count = pair
    assert chance_bound(hits, count, share) >= upper_tail(hits, count, share) - 1e-9


def test_the_bound_is_exact_where_all_are_hits_and_one_where_none_is_asked():
    found = chance_bound([2, 0, 0], [2, 5, 0], 0.05)
    assert found == pytest.approx(np.array([0.0025, 1.0, 1.0]))
