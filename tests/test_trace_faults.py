"""What is said of traces: each fault with its count, and times of a wrong unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.span_tree import link
from perfkit.trace_faults import implausible_times
from perfkit.trace_faults import told as faults

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


def told(table):
    return {note.kind: str(note) for note in faults(table, link(table))}


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


NOW = 1_795_000_000_000_000_000  # November 2026


def begun(*starts):
    rows = [(f"{n}", None, None, 1) for n in range(len(starts))]
    return spans(rows, started_at=list(starts))


@pytest.mark.parametrize("divisor", [1_000, 1_000_000, 1_000_000_000])
def test_times_of_a_coarser_unit_are_said_to_lie_in_1970(divisor):
    (note,) = implausible_times(begun(NOW // divisor, None, 0, NOW // divisor + 5))
    assert note.kind == "implausible_times"
    assert "1970" in note.message
    assert "1,000 or 1,000,000" in note.message


def test_times_after_2100_are_as_implausible():
    (note,) = implausible_times(begun(NOW * 5))
    assert "2254" in note.message


@given(st.lists(st.none() | st.integers(0, (1 << 63) - 1), max_size=5))
def test_one_start_of_our_time_is_enough_to_trust_the_unit(others):
    assert implausible_times(begun(*others, NOW)) == []


def test_unknown_starts_say_nothing_of_the_unit():
    assert implausible_times(begun()) == implausible_times(begun(None, 0)) == []
