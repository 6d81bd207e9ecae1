"""The rule of the path: the situations of Jaeger UI's and CRISP's own tests, and properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.critical_paths.order import Order
from perfkit.analyses.critical_paths.sections import pieces
from perfkit.analyses.traces.entries import entries
from perfkit.analyses.traces.nested import nest

SERVER, CLIENT = {"kind": "server"}, {"kind": "client"}
PRODUCER, CONSUMER = {"kind": "producer"}, {"kind": "consumer"}

# Jaeger UI, packages/jaeger-ui/src/components/TracePage/CriticalPath/testCases (Apache-2.0):
# situation -> spans (id, parent, start, duration), sections (id, start, end).
# test5 names its child FOLLOWS_FROM, today's version asks for the kinds instead.
JAEGER = {
    "test1, two calls in series": (
        [("E", "C", 50, 10), ("C", None, 1, 100), ("D", "C", 20, 20)],
        [("C", 1, 20), ("D", 20, 40), ("C", 40, 50), ("E", 50, 60), ("C", 60, 101)],
    ),
    "test2, two calls at once": (
        [("X", None, 1, 100), ("A", "X", 10, 40), ("C", "X", 20, 40)],
        [("X", 1, 20), ("C", 20, 60), ("X", 60, 101)],
    ),
    "test3, a child behind its parent": (
        [("A", None, 100, 40, PRODUCER), ("B", "A", 200, 300, CLIENT)],
        [("A", 100, 140)],
    ),
    "test4, with a child of its own": (
        [("A", None, 1, 30), ("B", "A", 40, 40), ("C", "B", 50, 10)],
        [("A", 1, 31)],
    ),
    "test5, nobody waits for the message": (
        [("A", None, 1, 30, PRODUCER), ("B", "A", 10, 10, CONSUMER), ("C", "B", 12, 2)],
        [("A", 1, 31)],
    ),
    "test6, children that begin early and end late": (
        [("A", None, 1, 29), ("B", "A", 15, 20), ("C", "B", 10, 15)],
        [("A", 1, 15), ("C", 15, 25), ("B", 25, 30)],
    ),
    "test7, children that all end late": (
        [("A", None, 1, 29), ("B", "A", 15, 20), ("C", "B", 20, 20)],
        [("A", 1, 15), ("B", 15, 20), ("C", 20, 30)],
    ),
    "test8, a child around its parent": (
        [("A", None, 10, 20), ("B", "A", 5, 30)],
        [("B", 10, 30)],
    ),
    "test9, a child before its parent": (
        [("A", None, 10, 20), ("B", "A", 1, 4)],
        [("A", 10, 30)],
    ),
}

# CRISP, test_cases/*.json with golden/*/cp-segments.json and tests/test_critical_path_segments.py
# (Apache-2.0). Where siblings overlap, CRISP counts the overlap in both; here it is the later's.
CRISP = {
    "1": ([("A", None, 0, 100)], [("A", 0, 100)]),
    "2": ([("A", None, 0, 100), ("B", "A", 10, 50)], [("A", 0, 10), ("B", 10, 60), ("A", 60, 100)]),
    "3, the child is all of it": ([("A", None, 0, 100), ("B", "A", 0, 100)], [("B", 0, 100)]),
    "4": (
        [("A", None, 0, 100), ("B", "A", 10, 50), ("C", "B", 20, 10)],
        [("A", 0, 10), ("B", 10, 20), ("C", 20, 30), ("B", 30, 60), ("A", 60, 100)],
    ),
    "6, three in series": (
        [("A", None, 0, 100), ("B", "A", 10, 20), ("C", "A", 40, 10), ("D", "A", 60, 30)],
        [
            ("A", 0, 10),
            ("B", 10, 30),
            ("A", 30, 40),
            ("C", 40, 50),
            ("A", 50, 60),
            ("D", 60, 90),
            ("A", 90, 100),
        ],
    ),
    "7, a child that outlives its parent": (
        [("A", None, 0, 100), ("B", "A", 10, 100), ("C", "B", 40, 10)],
        [("A", 0, 10), ("B", 10, 40), ("C", 40, 50), ("B", 50, 100)],
    ),
    "8": (
        [("A", None, 0, 100), ("B", "A", 10, 60), ("C", "B", 20, 100)],
        [("A", 0, 10), ("B", 10, 20), ("C", 20, 70), ("A", 70, 100)],
    ),
    "9": (
        [("A", None, 0, 100), ("B", "A", 110, 50), ("C", "B", 120, 30), ("D", "A", 60, 30)],
        [("A", 0, 60), ("D", 60, 90), ("A", 90, 100)],
    ),
    "10, siblings overlap by less than 1 % of their parent": (
        [("A", None, 0, 1000), ("B", "A", 10, 200), ("C", "A", 209, 100), ("D", "A", 308, 300)],
        [("A", 0, 10), ("B", 10, 209), ("C", 209, 308), ("D", 308, 608), ("A", 608, 1000)],
    ),
    "14, one begins while two others run": (
        [("A", None, 0, 80), ("B", "A", 10, 20), ("C", "A", 20, 25), ("D", "A", 40, 25)],
        [("A", 0, 10), ("B", 10, 30), ("A", 30, 40), ("D", 40, 65), ("A", 65, 80)],
    ),
    "20": (
        [("A", None, 0, 600), ("B", "A", 10, 200), ("C", "A", 205, 100), ("D", "A", 300, 300)],
        [("A", 0, 10), ("B", 10, 205), ("C", 205, 300), ("D", 300, 600)],
    ),
    "a long span partly on the path": (
        [("R", None, 0, 1000), ("A", "R", 0, 1000), ("B", "A", 100, 200), ("C", "A", 600, 100)],
        [("A", 0, 100), ("B", 100, 300), ("A", 300, 600), ("C", 600, 700), ("A", 700, 1000)],
    ),
    "back to back": (
        [("R", None, 0, 300), ("A", "R", 0, 100), ("B", "R", 100, 100), ("C", "R", 200, 100)],
        [("A", 0, 100), ("B", 100, 200), ("C", 200, 300)],
    ),
    "overlaps by more than 1 %, so not in series": (
        [("R", None, 0, 1000), ("A", "R", 0, 100), ("B", "R", 300, 450), ("D", "R", 700, 300)],
        [("A", 0, 100), ("R", 100, 700), ("D", 700, 1000)],
    ),
}


def path(made, rows):
    forest = made.forest(*rows)
    order = Order(nest(forest, entries(forest)))
    ids = forest.texts("span_id")
    found = zip(*(values.tolist() for values in pieces(order)), strict=True)
    return [(ids[row], start - made.BEGIN, end - made.BEGIN) for row, start, end in found]


@pytest.mark.parametrize("case", JAEGER)
def test_the_path_is_that_of_jaeger_ui(case, made):
    rows, sections = JAEGER[case]
    assert path(made, rows) == sections


@pytest.mark.parametrize("case", CRISP)
def test_the_path_is_that_of_crisp(case, made):
    rows, sections = CRISP[case]
    assert path(made, rows) == sections


def test_a_child_that_ends_when_the_next_begins_is_on_the_path(made):
    rows = [("R", None, 0, 100), ("A", "R", 10, 40), ("B", "R", 50, 30)]
    assert ("A", 10, 50) in path(made, rows)


def test_of_two_that_finish_at_once_the_path_goes_through_the_one_that_began_first(made):
    rows = [("R", None, 0, 100), ("A", "R", 40, 40), ("B", "R", 10, 70), ("C", "R", 80, 0)]
    assert [section[0] for section in path(made, rows)] == ["R", "B", "R"]


@pytest.mark.parametrize(
    ("why", "rows"),
    [
        ("a third call begins meanwhile", [("C", "R", 305, 100)]),
        ("a third call ends meanwhile", [("C", "R", 100, 204)]),
    ],
)
def test_a_small_overlap_counts_as_parallel_if(why, rows, made):
    two = [("R", None, 0, 1000), ("A", "R", 200, 108), ("B", "R", 303, 400)]
    assert [one for one, *_ in path(made, two)] == ["R", "A", "B", "R"]
    assert "A" not in [one for one, *_ in path(made, [*two, *rows])]


def test_calls_that_ran_side_by_side_stay_so_however_long_their_parent_is(made):
    rows = [("R", None, 0, 10_000), ("A", "R", 100, 50), ("B", "R", 101, 51)]
    assert path(made, rows) == [("R", 0, 101), ("B", 101, 152), ("R", 152, 10_000)]


def test_a_span_without_a_duration_is_passed_over_not_its_children(made):
    rows = [("R", None, 0, 100), ("open", "R", 10, None), ("A", "open", 20, 50)]
    assert path(made, rows) == [("R", 0, 20), ("A", 20, 70), ("R", 70, 100)]


@given(data=st.data())
def test_the_path_is_contiguous_inside_the_request_and_never_longer(made, data):
    rows = data.draw(made.trees())
    sections = path(made, rows)
    at = rows[0][2]
    for _, start, end in sections:
        assert start == at < end
        at = end
    assert at == rows[0][2] + rows[0][3]


@given(data=st.data())
def test_time_on_the_path_adds_up_to_each_request_and_is_never_negative(made, data):
    forest = made.forest(*data.draw(made.trees()))
    order = Order(nest(forest, entries(forest)))
    assert (order.path_ns >= 0).all()
    assert order.path_ns.sum() == forest.length[0]
    assert (order.path_ns[~order.on_path] == 0).all()


def walked_back(spans, row, until):
    """Yield the sections of a span's path up to a moment: the rule in its own words."""
    start, _, _ = spans[row]
    below = {one for one, (_, _, parent) in spans.items() if parent == row}
    while ended := {one for one in below if spans[one][1] <= until}:
        last = max(ended, key=lambda one: (spans[one][1], -spans[one][0], -one))
        below -= {one for one in below if spans[one][1] > until} | {last}
        yield row, spans[last][1], until
        yield from walked_back(spans, last, spans[last][1])
        until = spans[last][0]
    yield row, start, until


@given(data=st.data())
def test_the_path_is_the_one_a_walk_back_from_the_end_finds(made, data):
    forest = made.forest(*data.draw(made.trees()))
    order = Order(nest(forest, entries(forest)))
    nested = order.nested  # small overlaps are removed: what is left has an exact order
    spans = {
        row: (int(nested.start[row]), int(nested.end[row]), int(nested.parent[row]))
        for row in nested.kept.nonzero()[0].tolist()
    }
    found = sorted(zip(*(values.tolist() for values in pieces(order)), strict=True))
    expected = walked_back(spans, 0, spans[0][1])
    assert found == sorted(piece for piece in expected if piece[2] > piece[1])
