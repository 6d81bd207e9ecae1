import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.traces.entries import entries
from perfkit.analyses.traces.nested import nest, timed_parent


def nested(made, *rows):
    forest = made.forest(*rows)
    found = nest(forest, entries(forest))
    times = zip(found.start.tolist(), found.end.tolist(), found.kept.tolist(), strict=True)
    ids = forest.texts("span_id")
    return {
        name: (start - made.BEGIN, end - made.BEGIN) if kept else None
        for name, (start, end, kept) in zip(ids, times, strict=True)
    }


def test_children_count_within_their_parents_at_any_depth(made):
    found = nested(made, ("R", None, 0, 100), ("A", "R", -10, 200), ("B", "A", 50, 100))
    assert found == {"R": (0, 100), "A": (0, 100), "B": (50, 100)}


def test_what_does_not_overlap_its_parent_is_left_out_with_all_below(made):
    found = nested(made, ("R", None, 0, 100), ("A", "R", 100, 50), ("B", "A", 100, 20))
    assert found == {"R": (0, 100), "A": None, "B": None}


def test_a_child_of_a_child_that_ends_before_what_is_left_of_it_is_left_out(made):
    found = nested(made, ("R", None, 0, 100), ("A", "R", -50, 100), ("B", "A", -50, 50))
    assert found == {"R": (0, 100), "A": (0, 50), "B": None}


def test_consumers_of_a_message_are_left_out_other_consumers_are_not(made):
    producer, consumer = {"kind": "producer"}, {"kind": "consumer"}
    rows = [("R", None, 0, 100), ("P", "R", 10, 80, producer), ("C", "P", 20, 10, consumer)]
    rows += [("D", "C", 20, 5), ("poll", "R", 90, 5, consumer)]
    found = nested(made, *rows)
    assert [name for name, times in found.items() if times] == ["R", "P", "poll"]


def test_children_of_a_span_without_times_belong_to_the_one_above(made):
    rows = [("R", None, 0, 100), ("x", "R", None, 5), ("y", "x", 5, None), ("A", "y", 10, 5)]
    assert timed_parent(made.forest(*rows)).tolist() == [-1, 0, 0, 0]
    assert nested(made, *rows)["A"] == (10, 15)


def test_a_request_within_another_keeps_its_own_time(made):
    server = {"kind": "server", "route": "/stock"}
    forest = made.forest(("R", None, 0, 100), ("A", "R", 10, 200, server), ("B", "A", 150, 20))
    found = nest(forest, np.array([1]))
    assert found.entry.tolist() == [-1, 1, 1]
    assert found.length.tolist() == [0, 200, 20]


@given(data=st.data())
def test_every_kept_span_lies_within_its_parent(made, data):
    forest = made.forest(*data.draw(made.trees()))
    found = nest(forest, entries(forest))
    for row in found.kept.nonzero()[0]:
        assert found.start[row] <= found.end[row]
        if found.parent[row] >= 0:
            parent = found.parent[row]
            assert found.kept[parent]
            assert found.start[parent] <= found.start[row] <= found.end[parent]
            assert found.end[row] <= found.end[parent]
