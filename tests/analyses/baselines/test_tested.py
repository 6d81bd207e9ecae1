import math

from perfkit.analyses.baseline import baseline
from perfkit.analyses.baselines.tested import headline, load_tests, only_totals
from perfkit.recording import Recording

ROWS = [
    {"tool": "locust", "name": None, "requests": 300, "failures": 6, "p95_ms": 80.0},
    {"tool": "locust", "name": "/a", "requests": 100, "failures": 6, "p95_ms": 90.0},
    {"tool": "locust", "name": "/b", "requests": 200, "failures": 0, "p95_ms": None},
]


def test_what_the_tools_state_is_the_table(built):
    rec = built(load_tests=ROWS)
    result = baseline(rec, budget="p95<85ms")
    rows = result.arrow.to_pylist()
    assert [row["requests"] for row in rows] == [300, 100, 200]
    assert [row["budget"] for row in rows] == ["met", "broken", "too few requests"]
    assert result.totals == {"requests": 300, "errors": 6}
    assert "highest p95 is 90 ms (/a)" in result.headline
    assert any("without intervals" in caveat for caveat in result.caveats)
    text = result.to_text()
    assert "90" in text
    assert result.figure.data
    assert "n/a (100)" not in text  # the tool had the rows


def test_of_parts_only_the_sum_is_known():
    rec = Recording.from_frames()
    assert load_tests(rec) is None


def test_a_tool_that_states_no_percentile_is_named_all_the_same(built):
    tests = load_tests(built(load_tests=[{"tool": "wrk", "name": "/a", "requests": 5}]))
    assert headline(tests) == "1 summary of wrk"
    assert only_totals(tests) == {"requests": 5, "errors": None}
    assert math.isnan(tests["p95_ms"][0].as_py())


def test_requests_count_and_summaries_stand_beside_them(built):
    rec = built(load_tests=ROWS, requests=[{"route": "/a", "duration_ms": 5.0}])
    result = baseline(rec)
    assert result.totals["requests"] == 1
    assert result.sections["Load tests, as their tools state them"].num_rows == 3
