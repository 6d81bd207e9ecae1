"""locust's JSON: percentiles from its histogram, by its own rule."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.load_tests.locust_json import FORMAT, parse, recognises
from perfkit.formats.load_tests.locust_stats import FORMAT as STATS
from perfkit.formats.model import Chunk


def test_numbers_are_those_in_the_file(written, parsed, accounts, table):
    data = written("locust.json")
    result = parsed(FORMAT, data)
    accounts(result, 3)
    for row, entry in zip(table(result, "load_tests"), json.loads(data), strict=True):
        assert row["name"] == f"{entry['method']} {entry['name']}"
        assert (row["requests"], row["failures"]) == (entry["num_requests"], entry["num_failures"])
        assert row["mean_ms"] == entry["total_response_time"] / entry["num_requests"]
        assert row["max_ms"] == entry["max_response_time"]
        assert row["at"].timestamp() == pytest.approx(entry["start_time"], abs=1e-6)
        assert row["corrected"] is False


def test_it_agrees_with_the_csv_of_the_same_statistics(written, parsed, table):
    """Both were written by locust's own code at the same moment."""
    mine = {r["name"]: r for r in table(parsed(FORMAT, written("locust_twin.json")), "load_tests")}
    theirs = table(parsed(STATS, written("locust_stats_twin.csv")), "load_tests")[:-1]
    assert len(theirs) == len(mine) == 3
    for row in theirs:
        for name in ("requests", "failures", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms"):
            assert mine[row["name"]][name] == row[name]
        assert mine[row["name"]]["mean_ms"] == pytest.approx(row["mean_ms"])


@given(st.dictionaries(st.integers(0, 60_000), st.integers(1, 50), min_size=1, max_size=20))
def test_a_percentile_is_the_sample_that_so_many_are_not_above(counts):
    samples = np.sort(np.repeat(list(counts), list(counts.values())))
    entry = {"name": "/", "method": "GET", "num_requests": len(samples), "response_times": counts}
    row = parse(Chunk.whole(json.dumps([entry]).encode())).tables["load_tests"].to_pylist()[0]
    for share, name in ((0.5, "p50_ms"), (0.9, "p90_ms"), (0.95, "p95_ms"), (0.99, "p99_ms")):
        assert row[name] == samples[int(len(samples) * share)]


def test_an_entry_that_is_none_costs_only_itself(written, parsed, accounts, table):
    entries = [*json.loads(written("locust.json")), {"name": "x"}, 5, None]
    result = parsed(FORMAT, json.dumps(entries).encode())
    accounts(result, 6)
    assert [bad.line for bad in result.rejected] == [4, 5, 6]
    assert len(table(result, "load_tests")) == 3


def test_an_entry_without_times_has_no_latencies(parsed, table):
    entry = {"name": "/", "num_requests": 2, "num_none_requests": 2, "response_times": {}}
    row = table(parsed(FORMAT, json.dumps([entry]).encode()), "load_tests")[0]
    assert {row[f"{n}_ms"] for n in ("mean", "p50", "p99", "max", "elapsed")} == {None}


@pytest.mark.parametrize("data", [b"[{", b"{}", b"", b'[{"num_requests": 1e9'])
def test_what_is_cut_off_is_rejected(data, parsed):
    result = parsed(FORMAT, data)
    assert result.tables == {}
    assert result.rejected_lines == result.lines


def test_it_is_recognised_by_its_counters(written):
    assert recognises(written("locust.json")).confidence > 0.9
    assert recognises(b'[{"name": "a", "num_requests": 1}]').confidence == 0
