import math

import numpy as np
import pyarrow as pa

from perfkit.analyses.comparing.observed import UNKNOWN_NS, Side, durations, nanoseconds, weights


def side(**columns):
    rows = 4
    return Side(
        **{
            "code": np.array([0, 1, 0, 0], np.int32),
            "ms": np.array([1000.0, 1.0, np.nan, 500.0]),
            "ns": np.array([2e9, 0, UNKNOWN_NS, 1e9], np.int64),
            "run": np.zeros(rows, np.int64),
            "runs": 1,
            "status": np.array([200, 404, 500, np.nan]),
            "said": np.zeros(rows, np.bool_),
            "weight": np.ones(rows),
        }
        | columns
    )


def test_it_says_what_failed_and_what_was_refused():
    assert side().failed.tolist() == [False, False, True, False]
    assert side().refused.tolist() == [False, True, False, False]
    assert side().judged.tolist() == [True, True, True, False]
    said = side(said=np.array([False, True, False, True]))
    assert said.failed.tolist() == [False, True, True, True]
    assert not said.refused.any()


def test_time_is_from_the_first_start_to_the_last_end_of_every_run():
    assert side().seconds == 3
    assert side(run=np.array([0, 1, 1, 1]), runs=2).seconds == 1 + 1.5
    assert math.isnan(side(ns=np.full(4, UNKNOWN_NS)).seconds)


def test_requests_count_for_the_time_as_well():
    late = side(served_ns=np.array([9e9], np.int64), served_run=np.zeros(1, np.int64))
    assert late.seconds == 9


def test_rows_of_a_key_are_in_the_order_of_time():
    assert [rows.tolist() for rows in side().by_key(3)] == [[2, 3, 0], [1], []]


def test_what_no_clock_measures_is_unknown():
    column = pa.chunked_array([[1.0, -1.0, float("inf"), None]])
    assert np.isnan(durations(column)).tolist() == [False, True, True, True]
    assert weights(pa.chunked_array([[None, 0.0, 5.0]], pa.float64())).tolist() == [1, 1, 5]
    times = pa.chunked_array([pa.array([0, None], pa.timestamp("ns", "UTC"))])
    assert nanoseconds(times).tolist() == [0, UNKNOWN_NS]
