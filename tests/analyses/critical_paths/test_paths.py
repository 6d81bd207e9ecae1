"""Requests with their critical paths: what each row belongs to, and what changes save."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.critical_paths.paths import Paths
from perfkit.analyses.traces.entries import entries


def paths(made, rows):
    forest = made.forest(*rows)
    return Paths(forest, entries(forest))


def told(trace, **more):
    return {"trace_id": trace, "kind": "server", "route": "/r", **more}


TWO = [
    ("a", None, 0, 100, told("t")),
    ("b", "a", 10, 60, {"trace_id": "t"}),
    ("c", None, 500, 50, told("u")),
    ("d", "c", 510, 20, {"trace_id": "u"}),
]


def test_every_row_knows_its_request_and_rows_outside_none(made):
    late = ("late", "a", 900, 10, {"trace_id": "t"})
    found = paths(made, [*TWO, late])
    assert len(found) == 2
    assert found.route == ["/r", "/r"]
    assert found.entries[found.request[:4]].tolist() == [0, 0, 2, 2]
    assert found.request[4] == -1


def test_only_the_requests_with_changed_rows_change(made):
    found = paths(made, TWO)
    before = found.duration_ns.copy()
    assert found.shortened(np.array([1]), 0.5).tolist() == [70, 50]
    assert found.shortened(np.array([1, 3]), 0.0).tolist() == [40, 30]
    assert found.shortened(np.array([], np.int64), 0.0).tolist() == [100, 50]
    assert (found.duration_ns == before).all()  # asked twice, nothing has changed


@pytest.mark.parametrize(
    ("weight", "counts"), [(None, 1), (0.0, 1), (-3.0, 1), (float("nan"), 1), (2.5, 2.5)]
)
def test_a_weight_that_is_none_counts_once(made, weight, counts):
    assert paths(made, [("a", None, 0, 9, told("t", weight=weight))]).weight.tolist() == [counts]


def test_caveats_count_the_spans_that_nothing_waited_for_and_those_that_outlive(made):
    after = ("after", "a", 200, 10, {"trace_id": "t"})
    outlives = ("outlives", "a", 90, 30, {"trace_id": "t"})
    notes = " ".join(paths(made, [*TWO, after, outlives]).caveats())
    assert "1 spans ran outside" in notes
    assert "1 spans outlive" in notes
    assert "outlive" not in " ".join(paths(made, TWO).caveats())


@given(data=st.data(), factor=st.floats(0, 3))
@settings(max_examples=40)
def test_the_time_on_a_path_is_the_time_of_its_request_whatever_the_factor(made, data, factor):
    found = paths(made, data.draw(made.trees()))
    on_path = np.bincount(
        found.request[found.request >= 0], found.order.path_ns[found.request >= 0]
    )
    assert on_path.tolist() == found.duration_ns.tolist()
    below = np.flatnonzero(found.order.nested.kept & (found.order.nested.parent >= 0))
    assert (found.shortened(below, 1.0) == found.duration_ns).all()
    longer = found.shortened(below, factor) - found.duration_ns
    assert (longer >= 0).all() if factor >= 1 else (longer <= 0).all()
