"""k6's three summaries of one test tell the same."""

import json

import pytest

from perfkit.formats.load_tests.k6_summary import FORMAT, recognises

SHAPES = ("k6_summary_export.json", "k6_handle_summary.json", "k6_machine_readable.json")
STATED = {
    "tool": "k6",
    "name": None,
    "requests": 273,
    "failures": 19,
    "mean_ms": 52.5,
    "p50_ms": 13.4,
    "p90_ms": 190.25,
    "p95_ms": 210.5,
    "max_ms": 220.8,
    "corrected": None,
    "concurrency": 6,
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_whole_test_is_one_row(name, written, parsed, accounts, table):
    result = parsed(FORMAT, written(name))
    accounts(result, 1)
    row = table(result, "load_tests")[0]
    assert {key: row[key] for key in STATED} == STATED
    assert row["rate_per_s"] == pytest.approx(91, rel=1e-3)
    assert row["elapsed_ms"] == pytest.approx(3000, rel=1e-3)


def test_a_percentile_is_only_what_is_stated(written, parsed, table):
    p99 = {name: table(parsed(FORMAT, written(name)), "load_tests")[0]["p99_ms"] for name in SHAPES}
    assert list(p99.values()) == [None, 219.5, None]


def test_submetrics_are_rows_with_what_is_stated_of_them(written, parsed, table):
    _, login = table(parsed(FORMAT, written("k6_handle_summary.json")), "load_tests")
    assert (login["name"], login["requests"], login["failures"]) == ("group:::login", 70, 7)
    assert (login["p95_ms"], login["p99_ms"]) == (215.0, 219.9)
    _, expected = table(parsed(FORMAT, written("k6_summary_export.json")), "load_tests")
    assert (expected["name"], expected["requests"]) == ("expected_response:true", None)


def test_the_machine_readable_one_says_when_it_was_written(written, parsed, table):
    row = table(parsed(FORMAT, written("k6_machine_readable.json")), "load_tests")[0]
    assert row["at"].isoformat() == "2026-05-01T10:00:03.500000+00:00"


def test_names_as_the_first_versions_spelled_them_are_read(written, parsed, table):
    text = written("k6_machine_readable.json").decode()
    text = text.replace('"p(90)"', '"p90"').replace("generatedAt", "generated_at")
    row = table(parsed(FORMAT, text.encode()), "load_tests")[0]
    assert row["p90_ms"] == 190.25
    assert row["at"] is not None


def test_dropped_iterations_and_the_unknown_executor_are_noted(written, parsed):
    notes = {name: [n.kind for n in parsed(FORMAT, written(name)).notes] for name in SHAPES}
    assert notes["k6_handle_summary.json"] == ["coordinated_omission", "dropped_iterations"]
    assert notes["k6_summary_export.json"] == ["coordinated_omission"]


def test_a_test_without_requests_says_what_is_missing(parsed):
    result = parsed(FORMAT, b'{"metrics": {"vus": {"max": 1}}, "root_group": {}}')
    assert (result.tables, result.irrelevant) == ({}, 1)
    assert "no requests" in result.missing


def test_grpc_is_a_row_of_its_own(parsed, table):
    document = {"metrics": {"grpc_req_duration": {"values": {"avg": 1.5, "p(99)": 9}}}}
    row = table(parsed(FORMAT, json.dumps(document).encode()), "load_tests")[0]
    assert (row["name"], row["mean_ms"], row["p99_ms"]) == ("grpc_req_duration", 1.5, 9.0)


@pytest.mark.parametrize("data", [b"{", b'{"metrics": [1, {"name": 5}, null]}', b"[]", b"3"])
def test_what_is_no_summary_is_rejected_or_irrelevant(data, parsed, accounts):
    result = parsed(FORMAT, data)
    accounts(result, 1)
    assert result.tables == {}


def test_values_that_are_no_numbers_are_unknown(parsed, table):
    values = {"avg": None, "med": "x", "p(90)": -1, "p(95)": True, "max": "inf", "p(99)": 7}
    document = {"metrics": {"http_req_duration": values, "http_reqs": {"count": 1.5, "rate": 0}}}
    row = table(parsed(FORMAT, json.dumps(document).encode()), "load_tests")[0]
    assert {row[f"{n}_ms"] for n in ("mean", "p50", "p90", "p95", "max", "elapsed")} == {None}
    assert row["requests"] is None


def test_a_summary_is_recognised_by_its_beginning(written):
    for name in SHAPES:
        assert recognises(written(name)).confidence > 0.9
    checks = {f"check {n}": {"name": "c", "passes": 1, "fails": 0} for n in range(3000)}
    long = json.dumps({"root_group": {"name": "", "groups": {}, "checks": checks}}).encode()
    assert recognises(long[: 1 << 16]).confidence > 0.9
    assert recognises(b'{"metrics": {"vus": {}, "cpu": {}}}').confidence == 0


def test_a_submetric_that_nothing_matched_has_no_latencies(parsed, table):
    zeros = dict.fromkeys(("avg", "min", "med", "max", "p(90)", "p(95)"), 0)
    document = {
        "metrics": {
            "http_req_duration{group:::pay}": zeros,
            "http_reqs{group:::pay}": {"count": 0, "rate": 0},
            "http_req_duration{group:::buy}": {"values": "@{avg=1; max=2}"},
        }
    }
    (row,) = table(parsed(FORMAT, json.dumps(document).encode()), "load_tests")
    assert (row["name"], row["requests"]) == ("group:::pay", 0)
    assert {row[f"{n}_ms"] for n in ("mean", "p50", "p90", "p95", "max")} == {None}
