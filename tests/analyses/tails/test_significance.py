"""Tests of association, against their definitions written out."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.tails.significance import (
    benjamini_hochberg,
    effective,
    fisher_exact,
    mann_whitney,
    mantel_haenszel,
)

few = st.integers(1, 9)


@given(few, few, st.data())
def test_fisher_adds_up_the_tables_that_are_as_unlikely(slow, rest, data):
    slow_has = data.draw(st.integers(0, slow))
    rest_has = data.draw(st.integers(0, rest))
    has = slow_has + rest_has

    def ways(k):
        return math.comb(slow, k) * math.comb(rest, has - k)

    possible = range(max(0, has - rest), min(slow, has) + 1)
    unlikely = sum(ways(k) for k in possible if ways(k) <= ways(slow_has))
    expected = unlikely / math.comb(slow + rest, has)
    assert fisher_exact(slow_has, slow, rest_has, rest) == pytest.approx(expected)


def test_the_lady_who_tasted_tea():
    """Fisher's own example (The Design of Experiments, 1935): all eight cups right."""
    assert fisher_exact(4, 4, 0, 4) == pytest.approx(2 / 70)


@pytest.mark.parametrize("cells", [(0, 0, 3, 5), (0, 4, 0, 9), (4, 4, 9, 9), (3, 5, 0, 0)])
def test_a_table_that_cannot_tell_says_one(cells):
    assert fisher_exact(*cells) == 1.0


@given(st.lists(st.integers(0, 5), min_size=6, max_size=9), st.integers(2, 4))
def test_larger_counts_the_pairs(values, slow_count):
    numbers = np.array(values, dtype=float)
    slow = np.arange(len(values)) < slow_count
    _, larger = mann_whitney(numbers, slow, np.ones(len(values)))
    assert larger == pytest.approx(_larger(numbers, set(range(slow_count))))


@given(st.permutations(range(10)))
def test_the_rank_sum_test_is_close_to_all_permutations(values):
    numbers = np.array(values, dtype=float)
    p, larger = mann_whitney(numbers, np.arange(10) < 4, np.ones(10))
    assert abs(p - np.mean(np.abs(_EVERY - 0.5) >= abs(larger - 0.5) - 1e-9)) < 0.1


def _larger(numbers, chosen):
    pairs = [
        (numbers[i], numbers[j]) for i in chosen for j in range(len(numbers)) if j not in chosen
    ]
    return np.mean([(a > b) + (a == b) / 2 for a, b in pairs])


_EVERY = np.array([_larger(np.arange(10.0), set(c)) for c in itertools.combinations(range(10), 4)])


def test_a_known_rank_sum():
    """All of 8 below all of 8: U = 0, z = 32 / sqrt(8 * 8 * 17 / 12)."""
    slow = np.arange(16) < 8
    p, larger = mann_whitney(np.arange(16.0), slow, np.ones(16))
    assert larger == 0
    assert p == pytest.approx(math.erfc(32 / math.sqrt(8 * 8 * 17 / 12) / math.sqrt(2)))


def test_equal_values_tell_nothing():
    assert mann_whitney(np.ones(20), np.arange(20) < 5, np.ones(20)) == (1.0, 0.5)


def test_sampled_rows_are_worth_less_than_as_many_of_equal_weight():
    assert effective(np.ones(50)) == 50
    assert effective(np.array([1.0, 100.0])) == pytest.approx(101**2 / 10001)
    assert effective(np.zeros(0)) == 0


def test_weights_count_as_rows_do():
    values, slow = np.array([1.0, 2, 3, 4]), np.array([True, False, True, False])
    _, larger = mann_whitney(values, slow, np.array([3.0, 1, 1, 1]))
    again = np.repeat(values, [3, 1, 1, 1]), np.repeat(slow, [3, 1, 1, 1])
    assert larger == pytest.approx(mann_whitney(*again, np.ones(6))[1])


def test_what_a_stratum_explains_is_no_association():
    """Tenants are slow on the old host only, where most of tenant 1 is: Simpson's paradox."""
    host = np.repeat([0, 0, 1, 1], [90, 10, 10, 90])
    tenant = np.repeat([0, 1, 0, 1], [90, 10, 10, 90]).astype(bool)
    slow = np.zeros(200, dtype=bool)
    slow[[100, *range(110, 119)]] = True  # 10 % of each tenant on host 1, none on host 0
    assert mantel_haenszel(tenant, slow, np.zeros(200, np.int64)) < 0.01
    assert mantel_haenszel(tenant, slow, host) > 0.9


def test_a_single_row_has_no_variance():
    assert mantel_haenszel(np.array([True]), np.array([True]), np.array([0])) == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_reject_what_the_step_up_procedure_rejects(p_values):
    p = np.array(p_values)
    q = benjamini_hochberg(p)
    ordered = np.sort(p)
    passed = [k for k in range(1, len(p) + 1) if ordered[k - 1] <= 0.05 * k / len(p)]
    limit = ordered[max(passed) - 1] if passed else -1.0
    borderline = np.isclose(q, 0.05)
    assert ((q <= 0.05) == (p <= limit))[~borderline].all()
    assert (q >= p - 1e-12).all()
