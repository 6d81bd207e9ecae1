"""Numbers for ids, against the ids themselves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.span_ids import identified, repeated

#: Few different ids, of all kinds of lengths; the same ones in several traces.
TRACES = st.sampled_from([None, "1", "2", "a" * 32, "b" * 32])
SPANS = st.sampled_from([None, "1", "2", "3", "0" * 15 + "1", "0" * 15 + "2"])
ROWS = st.lists(
    st.tuples(
        TRACES,
        SPANS,
        SPANS,
        st.integers(0, 1),
        st.sampled_from(["server", None]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=12,
)
NAMES = ("trace_id", "span_id", "parent_id", "started_at", "kind", "service")


def spans(rows):
    columns = zip(*rows, strict=True) if rows else [()] * len(NAMES)
    return tables.from_columns(
        "spans", dict(zip(NAMES, map(list, columns), strict=True)), rows=len(rows)
    )


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_equal_numbers_are_equal_ids(rows):
    ids = identified(spans(rows))
    for a, one in enumerate(rows):
        for b, other in enumerate(rows):
            together = a == b or (one[0] is not None and one[0] == other[0])
            assert (ids.trace[a] == ids.trace[b]) == together
            same = together and one[1] is not None and one[1] == other[1]
            assert (ids.own[a] == ids.own[b] >= 0) == same
            assert (ids.above[a] == ids.own[b] >= 0) == (
                together and one[2] is not None and one[2] == other[1]
            )
        assert (ids.own[a] < 0) == (one[1] is None)
        assert (ids.above[a] < 0) == (one[2] is None)
        assert ids.own[a] < ids.known


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_a_row_is_repeated_when_an_earlier_one_has_all_that_tells_spans_apart(rows):
    table = spans(rows)
    seen, again = set(), []
    for number, (trace, own, _, *rest) in enumerate(rows):
        if trace is None or own is None:
            continue
        key = (trace, own, *rest)
        if key in seen:
            again.append(number)
        seen.add(key)
    assert repeated(table, identified(table)).tolist() == again
