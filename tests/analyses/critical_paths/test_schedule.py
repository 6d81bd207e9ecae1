import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.critical_paths.order import Order
from perfkit.analyses.critical_paths.schedule import Schedule
from perfkit.analyses.traces.entries import entries
from perfkit.analyses.traces.nested import nest


def schedule(made, rows):
    forest = made.forest(*rows)
    return Schedule(Order(nest(forest, entries(forest))), forest.links.depth)


def took(made, rows, **changed):
    """Return how long the request takes when spans of these ids last so long."""
    plan = schedule(made, rows)
    place = {row[0]: number for number, row in enumerate(rows)}
    return plan.lengths({place[name]: length for name, length in changed.items()})[0]


SERIES = [("R", None, 0, 100), ("A", "R", 10, 20), ("B", "R", 40, 50)]
AT_ONCE = [("R", None, 0, 100), ("A", "R", 10, 70), ("B", "R", 12, 50), ("C", "R", 85, 10)]
BELOW = [("R", None, 0, 100), ("S", "R", 10, 80), ("A", "S", 20, 30), ("B", "S", 60, 20)]


def test_what_comes_after_moves_up_with_the_code_between(made):
    assert took(made, SERIES, A=0) == 80
    assert took(made, SERIES, B=0) == 50
    assert took(made, SERIES, A=5, B=5) == 40


def test_of_parallel_calls_the_next_longest_becomes_critical(made):
    assert took(made, AT_ONCE, A=0) == 82  # B ends at 62, 18 before A did
    assert took(made, AT_ONCE, A=0, B=0) == 32
    assert took(made, AT_ONCE, B=0) == 100


def test_a_child_of_a_child_shortens_all_above_it(made):
    assert took(made, BELOW, A=0) == 70
    assert took(made, BELOW, S=0, A=1000) == 20  # of rows below each other the upper one decides


def test_slack_is_how_long_a_parallel_call_may_still_take(made):
    assert schedule(made, AT_ONCE).slack().tolist() == [0, 0, 18, 0]


def test_slack_is_bounded_by_what_waited_for_the_span(made):
    rows = [("R", None, 0, 100), ("A", "R", 0, 90), ("B", "R", 0, 20), ("C", "R", 50, 20)]
    assert schedule(made, rows).slack().tolist() == [0, 0, 20, 20]


def test_what_runs_outside_has_no_slack(made):
    rows = [("R", None, 0, 100), ("late", "R", 200, 10)]
    assert schedule(made, rows).slack().tolist() == [0, -1]


@given(data=st.data())
def test_nothing_changes_when_every_span_takes_as_long_as_it_did(made, data):
    plan = schedule(made, data.draw(made.trees()))
    length = plan.order.nested.length
    low, high = plan.order.bounds[:-1], plan.order.bounds[1:]
    leaves = (plan.order.nested.kept & (low == high)).nonzero()[0].tolist()
    new = plan.lengths({row: int(length[row]) for row in leaves})
    assert new == {row: int(length[row]) for row in new}
    assert set(new) >= {0}


@given(data=st.data())
def test_a_free_span_saves_at_most_its_time_on_the_path(made, data):
    plan = schedule(made, data.draw(made.trees()))
    length, on_path = plan.order.nested.length, plan.order.on_path
    for row in plan.order.rows.tolist():
        saved = length[0] - plan.lengths({row: 0})[0]
        assert 0 <= saved <= (length[row] if on_path[row] else 0)


@given(data=st.data(), factors=st.lists(st.floats(0, 1), min_size=2, max_size=5))
def test_less_time_for_some_spans_never_makes_the_request_longer(made, data, factors):
    plan = schedule(made, data.draw(made.trees()))
    length = plan.order.nested.length
    below = st.sampled_from(plan.order.rows.tolist()) if len(plan.order.rows) else st.nothing()
    some = data.draw(st.lists(below, max_size=6) if len(plan.order.rows) else st.just([]))
    took = [
        plan.lengths({row: int(length[row] * factor) for row in some}).get(0, length[0])
        for factor in (*sorted(factors), 1)
    ]
    assert took == sorted(took)
    assert took[-1] == length[0]


@given(data=st.data(), more=st.integers(1, 1000))
def test_a_span_may_grow_by_its_slack_and_by_nothing_more(made, data, more):
    plan = schedule(made, data.draw(made.trees()))
    length, slack = plan.order.nested.length, plan.slack()
    for row in plan.order.rows.tolist():
        assert slack[row] >= 0
        assert slack[row] == 0 or not plan.order.on_path[row]
        assert plan.lengths({row: int(length[row] + slack[row])})[0] == length[0]
        assert plan.lengths({row: int(length[row] + slack[row]) + more})[0] == length[0] + more


@pytest.mark.parametrize("shape", ["deep", "wide"])
def test_a_hundred_thousand_spans_are_no_recursion_and_not_quadratic(made, shape):
    many = 100_000
    below = {
        "deep": lambda n: (str(n), str(n - 1), n, 4 * many - 2 * n),
        "wide": lambda n: (str(n), "0", 3 * n, 2),
    }
    rows = [("0", None, 0, 4 * many), *map(below[shape], range(1, many))]
    plan = schedule(made, rows)
    assert plan.order.path_ns.sum() == 4 * many
    assert plan.slack().max() == 0
    assert plan.lengths({many - 1: 0})[0] == 4 * many - plan.order.nested.length[many - 1]
