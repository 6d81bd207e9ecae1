"""Self time against the plain rule, span by span, that Jaeger UI uses."""

from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.self_time import with_self_ms
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
    return with_self_ms(table, link(table))["self_ms"].to_pylist()


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
