import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.analyses.traces.forest import Forest

SHOP, STOCK = {"service": "shop", "kind": "client"}, {"service": "stock", "kind": "server"}
MS = 1_000_000


def test_children_come_by_their_start_and_parents_before_children(made):
    forest = made.forest(
        ("B", "R", 50, 5), ("A", "R", 10, 5), ("R", None, 0, 100), ("C", "A", 11, 1)
    )
    assert forest.children(2).tolist() == [1, 0]
    assert forest.roots.tolist() == [2]
    order = forest.by_depth.tolist()
    assert all(order.index(p) < order.index(c) for c, p in enumerate(forest.parent) if p >= 0)


def test_spans_are_there_once_and_only_with_a_trace(made):
    rows = made.spans(("A", None, 0, 10), ("B", "A", 1, 2))
    nameless = tables.from_columns("spans", {"span_id": ["C"], "name": ["C"]})
    assert Forest(pa.concat_tables([rows, rows, nameless])).texts("span_id") == ["A", "B"]


def test_the_owner_is_the_nearest_span_that_answers(made):
    server = {"kind": "server"}
    rows = [("R", None, 0, 9, server), ("A", "R", 1, 2), ("S", "A", 1, 2, server)]
    assert made.forest(*rows, ("B", "S", 1, 1)).owner.tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("shift", [-50, 500])
def test_a_server_on_another_clock_is_moved_into_the_middle_of_its_caller(made, shift):
    rows = [("C", None, 0, 100 * MS, SHOP), ("S", "C", shift * MS, 60 * MS, STOCK)]
    forest = made.forest(*rows, ("D", "S", (shift + 10) * MS, 5 * MS, {"service": "stock"}))
    assert (forest.start - made.BEGIN).tolist() == [0, 20 * MS, 30 * MS]
    assert forest.caveats() == ["2 of 3 spans were moved into their parents, whose clock differs."]


def test_work_of_the_same_service_behind_its_parent_is_no_clock_skew(made):
    rows = [("R", None, 0, 10 * MS, SHOP), ("A", "R", 50 * MS, 5 * MS, SHOP)]
    assert not made.forest(*rows).skew.any()


def test_what_is_wrong_is_told_with_counts(made):
    rows = [("R", "gone", 0, 100), ("A", "R", 10, None), ("B", "C", 1, 1), ("C", "B", 1, 1)]
    assert made.forest(*rows).caveats() == [
        "1 of 4 spans name a parent that is not there: their traces are incomplete.",
        "1 of 4 spans have no start or no duration and count as taking no time.",
        "1 of 4 spans are above themselves: that link was ignored.",
    ]


@given(data=st.data())
def test_a_second_recording_changes_nothing_about_the_first(made, data):
    first, second = (made.spans(*data.draw(made.trees(trace=name))) for name in ("t", "u"))
    alone, both = Forest(first), Forest(pa.concat_tables([second, first]))
    moved = len(Forest(second))
    assert (both.start[moved:] == alone.start).all()
    assert (both.end[moved:] == alone.end).all()
    parents = alone.parent + (alone.parent >= 0) * moved
    assert (both.parent[moved:] == parents).all()
