"""Starts in whole milliseconds are noticed, unless the durations are as coarse."""

import pyarrow as pa
import pytest

from perfkit.analyses.critical_path import critical_path
from perfkit.analyses.traces.forest import Forest
from perfkit.analyses.traces.resolution import start_step_ns
from perfkit.tables import conform

MS = 1_000_000
START = 1_790_000_000_000 * MS


def spans(*rows):
    """Return spans of one request out of (id, parent, start ms, duration ms)."""
    made = [
        {
            "trace_id": "a" * 32,
            "span_id": name,
            "parent_id": parent,
            "name": name,
            "service": "shop",
            "started_at": START + int(start * MS),
            "duration_ms": lasted,
        }
        for name, parent, start, lasted in rows
    ]
    return conform(pa.Table.from_pylist(made), "spans")


@pytest.mark.parametrize(
    ("start", "lasted", "step"),
    [(3, 2.5, MS), (3.25, 2.5, 0), (3, 2.0, 0)],
)
def test_the_step_is_a_millisecond_where_only_starts_are_whole(start, lasted, step):
    table = spans(("top", None, 0, 10.0), ("call", "top", start, lasted))
    assert start_step_ns(Forest(table)) == step


def test_calls_one_after_the_other_stay_so_when_starts_are_cut_to_milliseconds():
    """The second began when the first had ended, at 20.9 ms: both are on the path."""
    table = spans(("top", None, 0, 45.3), ("one", "top", 0, 20.8), ("two", "top", 20, 20.4))
    path = critical_path(table, "a" * 32).arrow.to_pylist()
    assert {"one", "two"} <= {row["span_id"] for row in path}


def test_no_spans_have_no_step():
    assert start_step_ns(Forest(spans(("top", None, 0, 1.5)).slice(0, 0))) == 0
