import math

import pytest

from perfkit.statistics.student import two_sided, upper_quantile

# Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.10
TABLE = [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)]


@pytest.mark.parametrize(("freedom", "t"), TABLE)
def test_quantiles_are_those_of_the_printed_table(freedom, t):
    assert upper_quantile(0.025, freedom) == pytest.approx(t, abs=0.001)


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0, 4.0, 40.0])
def test_one_and_two_degrees_have_closed_forms(t):
    assert two_sided(t, 1) == pytest.approx(1 - 2 * math.atan(t) / math.pi)
    assert two_sided(t, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-9)


def test_many_degrees_are_the_normal_distribution():
    assert two_sided(1.96, 9e4) == pytest.approx(two_sided(1.96, 1e6), rel=1e-4)
    assert upper_quantile(0.025, 1e9) == pytest.approx(1.959964, abs=1e-6)


def test_quantile_and_tail_undo_each_other():
    for freedom in (1.5, 3.7, 44.0, 5000.0):
        assert two_sided(upper_quantile(0.01, freedom), freedom) == pytest.approx(0.02, rel=1e-6)


def test_what_is_not_known_stays_unknown():
    assert math.isnan(two_sided(math.nan, 3))
    assert math.isnan(two_sided(1.0, 0))
    assert two_sided(-math.inf, 3) == 0
