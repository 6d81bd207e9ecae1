import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.breakdowns.exclusive import exclusive
from perfkit.analyses.traces.entries import entries
from perfkit.analyses.traces.nested import nest


def spent(made, *rows):
    forest = made.forest(*rows)
    shared = exclusive(nest(forest, entries(forest)))
    return dict(zip(forest.texts("span_id"), shared.ns.tolist(), strict=True))


def test_a_span_has_to_itself_what_none_of_its_children_takes(made):
    rows = [("R", None, 0, 100), ("A", "R", 10, 30), ("B", "A", 20, 5), ("C", "R", 60, 10)]
    assert spent(made, *rows) == {"R": 60, "A": 25, "B": 5, "C": 10}


def test_parallel_spans_share_each_instant(made):
    rows = [("R", None, 0, 100), ("A", "R", 0, 60), ("B", "R", 40, 60)]
    assert spent(made, *rows) == {"R": 0, "A": 50, "B": 50}


def test_what_runs_deepest_shares_whatever_is_above_it(made):
    rows = [("R", None, 0, 90), ("A", "R", 0, 90), ("B", "R", 0, 90), ("C", "A", 30, 30)]
    assert spent(made, *rows, ("D", "A", 30, 30)) == {"R": 0, "A": 30, "B": 40, "C": 10, "D": 10}


def test_time_behind_the_parent_does_not_count(made):
    rows = [("R", None, 0, 100), ("A", "R", 80, 90), ("B", "R", 150, 10)]
    assert spent(made, *rows) == {"R": 80, "A": 20, "B": 0}


def test_without_spans_there_is_no_time(made):
    assert spent(made) == {}


@given(data=st.data())
def test_exclusive_times_add_up_to_the_request(made, data):
    rows = data.draw(made.trees())
    found = spent(made, *rows)
    assert sum(found.values()) == pytest.approx(rows[0][3], abs=1e-6)
    assert min(found.values()) >= -1e-9


@given(data=st.data())
def test_they_are_what_counting_every_instant_gives(made, data):
    forest = made.forest(*data.draw(made.trees(most=8)))
    nested = nest(forest, entries(forest))
    expected = np.zeros(len(forest))
    for moment in range(nested.start[0], nested.end[0]):
        runs = nested.kept & (nested.start <= moment) & (moment < nested.end)
        above = set(nested.parent[runs].tolist())
        deepest = [row for row in runs.nonzero()[0].tolist() if row not in above]
        expected[deepest] += 1 / len(deepest)
    assert exclusive(nested).ns == pytest.approx(expected, abs=1e-6)


@given(data=st.data())
def test_other_requests_change_nothing(made, data):
    first, second = (data.draw(made.trees(trace=name)) for name in ("t", "u"))
    both = made.forest(*second, *first)
    alone = made.forest(*first)
    mine = exclusive(nest(both, entries(both))).ns[len(second) :]
    assert mine == pytest.approx(exclusive(nest(alone, entries(alone))).ns, abs=1e-6)
