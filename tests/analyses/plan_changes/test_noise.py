import pytest

from perfkit.analyses.plan_changes.noise import (
    factor,
    rows_explain,
    times_differ,
    values_differ,
)


@pytest.mark.parametrize(
    ("a", "b", "differ"),
    [(10, 11.9, False), (10, 12.6, True), (0.1, 0.9, False), (0.1, 1.2, True), (None, 5, False),
     (12.6, 10, True), (1000, 1100, False)],
)  # fmt: skip
def test_a_time_differs_by_a_fifth_and_a_millisecond(a, b, differ):
    assert times_differ(a, b) is differ
    assert times_differ(b, a) is differ


def test_costs_within_a_quarter_are_ties():
    assert not values_differ(80, 100)
    assert values_differ(70, 100)
    assert not values_differ(0, 0)
    assert not values_differ(None, 3)


def test_rows_explain_a_time_that_grew_no_more_than_twice_as_much():
    assert rows_explain(10, 20)
    assert not rows_explain(10, 21)
    assert not rows_explain(1, 1.5)
    assert not rows_explain(None, 2)
    assert factor(0, 5) == 5
    assert factor(None, 5) is None
