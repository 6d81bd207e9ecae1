"""Summaries of load tools beside a baseline's rows, and what they are worth."""

import math

import pyarrow as pa
import pytest

from perfkit.analyses.baselines.load_tests import caveats, rows
from perfkit.recording import Note, Recording

COLUMNS = "route requests rate_per_s errors error_rate p50_ms p90_ms p95_ms p99_ms max_ms total_ms"


def recording(*stated, metrics=None, notes=()):
    names = sorted({name for row in stated for name in row})
    columns = {name: [row.get(name) for row in stated] for name in names}
    frames = {"load_tests": pa.table(columns)} if stated else {}
    if metrics:
        frames["metrics"] = pa.table(metrics)
    return Recording.from_frames(tz="UTC", **frames).with_quality(*notes)


LOCUST = {"tool": "locust", "name": "GET /a", "requests": 100, "failures": 3, "corrected": False}
WRK = {"tool": "wrk", "name": "http://shop/", "requests": 50, "p99_ms": 9.5}


def test_a_row_has_the_columns_of_a_baseline_as_stated():
    (row,) = rows(recording(LOCUST | {"p50_ms": 5.0, "rate_per_s": 10.0, "max_ms": 70.0}))
    assert set(COLUMNS.split()) <= set(row)
    assert (row["route"], row["requests"], row["errors"]) == ("GET /a", 100, 3)
    assert (row["error_rate"], row["rate_per_s"]) == (0.03, 10.0)
    assert (row["p50_ms"], row["max_ms"]) == (5.0, 70.0)
    assert math.isnan(row["p95_ms"])
    assert math.isnan(row["total_ms"])


def test_the_row_of_a_whole_test_is_named_by_its_tool_and_marked():
    part, whole = rows(recording(LOCUST, LOCUST | {"name": None}))
    assert (part["whole"], whole["whole"]) == (False, True)
    assert whole["route"] == "locust, all requests"


def test_runs_of_the_same_url_stay_apart():
    wrk2 = {"tool": "wrk2", "name": "http://shop/", "corrected": True}
    found = rows(recording(WRK, WRK, wrk2, wrk2 | {"corrected": False}))
    assert [row["route"] for row in found] == [
        "http://shop/",
        "http://shop/ (run 2)",
        "http://shop/ (run 3)",
        "http://shop/ (uncorrected)",
    ]


def test_whole_rows_count_each_request_once():
    wrk2 = {"tool": "wrk2", "name": "http://shop/", "corrected": True}
    found = rows(recording(WRK, wrk2, wrk2 | {"corrected": False}, LOCUST))
    assert [row["whole"] for row in found] == [True, True, False, True]
    k6 = {"tool": "k6", "name": None}
    found = rows(recording(k6, k6 | {"name": "group:::login"}, LOCUST))
    assert [row["whole"] for row in found] == [True, False, True]


@pytest.mark.parametrize(
    ("requests", "failures", "rate"),
    [(0, 4, 1.0), (10, 20, 1.0), (10, 0, 0.0), (0, 0, None), (None, 2, None), (5, None, None)],
)
def test_an_error_rate_is_a_share(requests, failures, rate):
    (row,) = rows(recording({"tool": "wrk", "requests": requests, "failures": failures}))
    assert math.isnan(row["error_rate"]) if rate is None else row["error_rate"] == rate


def test_each_weakness_of_a_tool_is_named_once():
    said = caveats(recording(LOCUST, LOCUST, WRK))
    assert [sentence.split()[0] for sentence in said] == ["locust", "wrk", "locust's"]
    assert "coordinated omission" in said[0]


def test_what_the_recording_says_itself_is_not_repeated():
    note = Note(kind="coordinated_omission", message="locust's users wait")
    said = caveats(recording(LOCUST, notes=[note]))
    assert said == ["locust's percentiles are of rounded times, to two digits."]


def test_dropped_iterations_are_found_among_the_metrics():
    dropped = {"name": ["k6_vus", "k6_dropped_iterations"], "value": [5.0, 2.0]}
    assert caveats(recording(metrics=dropped)) == [
        "k6 dropped iterations: the intended load was not reached."
    ]
    assert caveats(recording(metrics=dropped | {"value": [5.0, 0.0]})) == []


def test_an_open_loop_and_no_load_tests_need_no_caveat():
    assert caveats(recording({"tool": "wrk2", "corrected": True})) == []
    assert rows(Recording()) == caveats(Recording()) == []
