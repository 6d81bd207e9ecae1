"""Self time against the plain rule, span by span, that Jaeger UI uses; what is said of traces."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.formats.traces import trees
from perfkit.span_tree import link

MS = 1_000_000


def spans(rows, **more):
    """Rows of (id, parent, start ms, duration ms or None)."""
    columns = {
        "trace_id": ["t"] * len(rows),
        "span_id": [row[0] for row in rows],
        "parent_id": [row[1] for row in rows],
        "started_at": [None if row[2] is None else row[2] * MS for row in rows],
        "duration_ms": [row[3] for row in rows],
    }
    return tables.from_columns("spans", columns | more)


def self_ms(table):
    return trees.with_self_ms(table, link(table))["self_ms"].to_pylist()


def told(table):
    return {note.kind: str(note) for note in trees.told(table, link(table))}


def plain_self_ms(rows):
    result = []
    for identifier, _, start, duration in rows:
        if duration is None:
            result.append(None)
            continue
        free = set(range(start, start + duration))
        for _, parent, begin, length in rows:
            if parent == identifier and length is not None and parent is not None:
                free -= set(range(begin, begin + length))
        result.append(len(free))
    return result


forests = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        *(
            st.tuples(
                st.just(f"{i}"),
                st.sampled_from([None, "x", *(f"{j}" for j in range(i))]),
                st.integers(0, 30),
                st.none() | st.integers(0, 30),
            )
            for i in range(count)
        )
    )
)


@settings(max_examples=300, deadline=None)
@given(forests)
def test_self_time_is_what_no_child_covers(rows):
    assert self_ms(spans(rows)) == plain_self_ms(rows)


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.just([]), lambda inner: st.lists(inner, min_size=1, max_size=4)))
def test_self_times_of_spans_that_do_not_overlap_add_up_to_the_root(shape):
    rows = []

    def place(children, parent, start):
        """Give a span 1 ms before, between and behind its children; return its end."""
        own, here = f"{len(rows)}", len(rows)
        rows.append(None)
        at = start + 1
        for child in children:
            at = place(child, own, at) + 1
        rows[here] = (own, parent, start, at - start)
        return at

    place(shape, None, 0)
    assert sum(self_ms(spans(rows))) == rows[0][3]


def test_children_that_leave_their_parent_are_clamped():
    rows = [("a", None, 10, 10), ("b", "a", 5, 8), ("c", "a", 18, 50), ("d", "a", 40, 5)]
    assert self_ms(spans(rows))[0] == 5


def test_centuries_apart_are_no_trouble():
    rows = [("a", None, 0, 9_000_000_000_000), ("b", "a", 8_000_000_000_000, 5), ("c", "a", 0, 7)]
    assert self_ms(spans(rows))[0] == 9_000_000_000_000 - 12


def test_a_span_that_is_its_own_parent_keeps_its_time():
    assert self_ms(spans([("a", "a", 0, 5)])) == [5]


def test_the_halves_of_a_shared_span_share_their_time_but_once():
    rows = [("a", None, 0, 10), ("a", None, 2, 6), ("b", "a", 3, 4)]
    table = spans(rows, kind=["client", "server", None], service=["x", "y", "y"])
    assert self_ms(table) == [4, 2, 4]


def test_nothing_is_said_of_a_whole_trace():
    table = spans(
        [("a", None, 0, 9), ("b", "a", 1, 5), ("c", "b", 2, 1)],
        kind=["server", "client", "server"],
        service=["x", "x", "y"],
    )
    assert told(table) == {}
    assert told(tables.empty("spans")) == {}


@pytest.mark.parametrize(
    ("rows", "kind", "begins"),
    [
        ([("a", None, 0, 5), ("b", "a", 0, 5), ("c", "x", 0, 5)], "missing_parents", "1 of 3"),
        ([("a", "x", 0, 5), ("b", "a", 0, 5)], "rootless_traces", "1 of 1 traces"),
        ([("a", "b", 0, 5), ("b", "a", 0, 5)], "circular_parents", "1 of 2 spans"),
        ([("a", None, 0, None), ("b", "a", None, 5)], "unknown_durations", "2 of 2 spans"),
    ],
)
def test_each_fault_is_one_sentence_with_its_count(rows, kind, begins):
    found = told(spans(rows))
    assert found[kind].startswith(begins)
    assert set(found) <= {kind, "missing_parents"}


@pytest.mark.parametrize(
    ("start", "length", "kind", "service", "skewed"),
    [
        (8, 10, "server", "b", True),  # 2 ms before its caller
        (25, 5, "server", "b", True),  # ends 10 ms after it
        (12, 30, "server", "b", False),  # its caller gave up
        (10, 11, "server", "b", False),  # no more than 1 ms
        (25, 5, "consumer", "b", False),  # nobody waits for it
        (25, 5, "server", "a", False),  # on the same clock
    ],
)
def test_clock_skew_is_a_call_of_another_service_outside_its_caller(
    start, length, kind, service, skewed
):
    rows = [("a", None, 10, 10), ("b", "a", start, length)]
    table = spans(rows, kind=["client", kind], service=["a", service])
    assert ("clock_skew" in told(table)) == skewed


def test_repeats_are_found_among_several_columns():
    table = spans([("a", None, 0, 5), ("a", None, 0, 5), ("a", None, 1, 5)])
    keys = table.select(["trace_id", "span_id", "started_at"])
    assert trees.first_of_each(keys).tolist() == [True, False, True]
    assert trees.first_of_each(pa.concat_tables([keys, keys])).sum() == 2
