"""What one call instead of N saves, on requests whose parts are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.calls import Calls, Owners, Target
from perfkit.analyses.repeats.saving import GAP_MS, floors, savings

ITEM = Target(fingerprint="select a from items where b = ?", fingerprint_id="i")
OTHER = Target(fingerprint="select a from others where b = ?", fingerprint_id="o")


def calls(starts, lengths, *, target=None, busy=None, counts=None):
    size = len(starts)
    owners = Owners(
        node=np.zeros(1, np.int64),
        trace_id=["t"],
        route=["/a"],
        duration_ms=np.array([1e6]),
        served=np.ones(1, bool),
    )
    return Calls(
        owner=np.zeros(size, np.int64),
        target=np.zeros(size, np.int64) if target is None else np.array(target),
        start_ms=np.array(starts, float),
        duration_ms=np.array(lengths, float),
        parent=np.full(size, None),
        raw=np.full(size, None),
        targets=[ITEM, OTHER],
        owners=owners,
        busy=busy,
        count=counts,
    )


def saved(made, rows=None, work=None):
    rows = np.arange(len(made)) if rows is None else np.array(rows)
    found = savings(made, rows, np.zeros(len(rows), np.int64), work or {})
    return {name: float(getattr(found, name)[0]) for name in found.__dataclass_fields__}


def in_turn(count, length, gap):
    return calls([n * (length + gap) for n in range(count)], [length] * count)


def test_of_equal_calls_without_gaps_all_but_one_are_saved_whatever_the_bound():
    found = saved(in_turn(10, 2.0, 0.0))
    assert found["expected"] == found["least"] == found["most"] == pytest.approx(18.0)
    assert (found["covered"], found["call"]) == pytest.approx((20.0, 2.0))


def test_gaps_are_saved_as_far_as_they_are_no_work_of_the_caller():
    short, long = saved(in_turn(11, 2.0, 0.3)), saved(in_turn(11, 2.0, 50.0))
    assert short["expected"] == pytest.approx(20.0 + 10 * 0.3)
    assert long["expected"] == pytest.approx(20.0 + 10 * 2.0)
    assert long["most"] == pytest.approx(20.0 + 10 * 50.0)
    assert saved(in_turn(11, 0.1, 50.0))["expected"] == pytest.approx(1.0 + 10 * GAP_MS)


def test_a_gap_in_which_something_else_runs_is_none():
    busy = (np.zeros(1, np.int64), np.array([2.0]), np.array([2.9]))
    assert saved(calls([0, 3], [2, 2], busy=busy))["idle"] == pytest.approx(0.1)
    other = calls([0, 2.2, 3], [2, 0.8, 2], target=[0, 1, 0])
    assert saved(other, rows=[0, 2])["idle"] == pytest.approx(0.2)


def test_calls_at_the_same_time_count_once():
    found = saved(calls([0, 0, 0, 0], [5, 5, 5, 5]))
    assert (found["covered"], found["summed"]) == (5.0, 20.0)
    assert found["expected"] == found["most"] == 0.0


def test_at_least_the_fastest_call_of_the_peer_is_a_round_trip():
    starts = np.arange(20) * 10.0
    lengths = [8.0] * 10 + [1.0] * 10
    made = calls(starts, lengths, target=[0] * 10 + [1] * 10)
    found = saved(made, rows=range(10))
    assert found["least"] == pytest.approx(9 * 1.0 + 9 * 2.0)
    assert found["expected"] == pytest.approx(9 * 8.0 + 9 * 2.0)


def test_at_least_the_server_s_work_for_each_row_remains():
    assert saved(in_turn(10, 2.0, 0.0), work={"i": 1.5})["least"] == pytest.approx(9 * 0.5)
    assert saved(in_turn(10, 2.0, 0.0), work={"i": 9.0})["least"] == 0.0


def test_one_row_for_many_calls_is_taken_apart():
    found = saved(calls([0], [60], counts=np.array([30])))
    assert found["expected"] == pytest.approx(58.0)
    assert found["call"] == 2.0


def test_the_fastest_calls_of_what_is_called_seldom_say_nothing():
    made = calls(range(9), [1.0] * 4 + [3.0] * 5, target=[1] * 4 + [0] * 5)
    assert floors(made).tolist() == [3.0, 3.0]


@given(
    st.lists(
        st.tuples(st.floats(0, 1e4), st.floats(0, 500) | st.just(np.nan)), min_size=1, max_size=30
    )
)
def test_the_bounds_enclose_the_estimate_and_the_time_of_the_loop_bounds_all(pairs):
    pairs.sort()
    made = calls([s for s, _ in pairs], [n for _, n in pairs])
    found = saved(made)
    assert 0 <= found["least"] <= found["expected"] <= found["most"] + 1e-9
    assert found["most"] <= found["extent"] + 1e-6
