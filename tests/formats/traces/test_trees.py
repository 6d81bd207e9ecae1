"""Self time against the plain rule, span by span, that Jaeger UI uses."""

from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.formats.traces.trees import first_of_each, told, with_self_ms

MS = 1_000_000


def spans(rows):
    """Rows of (id, parent, start ms, duration ms or None)."""
    return tables.from_columns(
        "spans",
        {
            "trace_id": ["t"] * len(rows),
            "span_id": [row[0] for row in rows],
            "parent_id": [row[1] for row in rows],
            "started_at": [row[2] * MS for row in rows],
            "duration_ms": [row[3] for row in rows],
        },
    )


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


trees = st.integers(1, 12).flatmap(
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
@given(trees)
def test_self_time_is_what_no_child_covers(rows):
    assert with_self_ms(spans(rows))["self_ms"].to_pylist() == plain_self_ms(rows)


def test_children_that_leave_their_parent_are_clamped():
    rows = [("a", None, 10, 10), ("b", "a", 5, 8), ("c", "a", 18, 50), ("d", "a", 40, 5)]
    assert with_self_ms(spans(rows))["self_ms"].to_pylist()[0] == 5


def test_a_span_that_is_its_own_parent_keeps_its_time():
    assert with_self_ms(spans([("a", "a", 0, 5)]))["self_ms"].to_pylist() == [5]


def test_missing_parents_are_counted():
    table = spans([("a", None, 0, 5), ("b", "a", 0, 5), ("c", "gone", 0, 5)])
    (note,) = told(table)
    assert note.message.startswith("1 of 3 spans")
    assert told(table.slice(0, 2)) == []


def test_repeats_are_found():
    table = spans([("a", None, 0, 5), ("a", None, 0, 5), ("a", None, 1, 5)])
    keys = table.select(["trace_id", "span_id", "started_at"])
    assert first_of_each(keys).tolist() == [True, False, True]
