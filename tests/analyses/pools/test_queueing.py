"""Erlang's formulas against the sums they were made of, and published values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.pools.queueing import mean_wait_ms, wait_probability

LOADS = st.tuples(st.integers(1, 40), st.floats(0.001, 0.999)).map(lambda d: (d[0] * d[1], d[0]))


def erlang_c(load, size):
    """The definition, term by term (Erlang 1917)."""
    last = load**size / math.factorial(size) * size / (size - load)
    return last / (sum(load**k / math.factorial(k) for k in range(size)) + last)


@given(LOADS)
def test_the_recursion_is_erlangs_sum(drawn):
    load, size = drawn
    assert wait_probability(load, size) == pytest.approx(erlang_c(load, size), rel=1e-9)


def test_with_one_connection_everybody_waits_as_often_as_it_is_in_use():
    assert wait_probability(0.3, 1) == pytest.approx(0.3)
    assert mean_wait_ms(0.5, 1, 10.0) == pytest.approx(10.0)  # M/M/1: rho / (1 - rho) x hold


def test_published_values_of_the_tables_are_met():
    # Erlang C tables: 2 servers at 1 erlang, 5 at 3.5, 10 at 8
    assert wait_probability(1.0, 2) == pytest.approx(1 / 3)
    assert wait_probability(3.5, 5) == pytest.approx(0.3778, abs=1e-4)
    assert wait_probability(8.0, 10) == pytest.approx(0.4092, abs=1e-4)


@pytest.mark.parametrize(("load", "size"), [(5.0, 5), (9.0, 5), (0.0, 0), (math.inf, 3)])
def test_with_more_load_than_connections_the_queue_never_ends(load, size):
    assert wait_probability(load, size) == 1.0
    assert mean_wait_ms(load, size, 10.0) == math.inf


def test_an_idle_pool_lets_nobody_wait():
    assert wait_probability(0.0, 5) == 0.0
    assert mean_wait_ms(0.0, 5, 10.0) == 0.0


@given(LOADS)
def test_one_connection_more_never_makes_it_worse(drawn):
    load, size = drawn
    assert wait_probability(load, size + 1) <= wait_probability(load, size)
    assert mean_wait_ms(load, size + 1, 10.0) <= mean_wait_ms(load, size, 10.0)


@given(LOADS, st.floats(0, 1e6))
def test_the_wait_grows_with_the_hold_in_proportion(drawn, hold):
    load, size = drawn
    assert mean_wait_ms(load, size, 2 * hold) == pytest.approx(2 * mean_wait_ms(load, size, hold))
