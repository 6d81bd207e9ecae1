"""wrk and wrk2: every printed number is in the table, and what it is worth is said."""

import re

import pytest

from perfkit.formats.load_tests.wrk import FORMAT, cut, recognises


def test_every_run_of_a_file_is_a_row(written, parsed, accounts, table):
    data = written("wrk_runs.txt")
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    rows = table(result, "load_tests")
    printed = re.findall(rb"([0-9]+) requests in", data)
    assert [row["requests"] for row in rows] == list(map(int, printed)) == [2389, 45, 65733, 0]
    assert [row["name"].rsplit("/", 1)[1] for row in rows] == ["orders", "slow", "broken", "hang"]
    assert result.irrelevant == 2


def test_the_numbers_are_those_that_wrk_printed(written, parsed, table):
    orders, slow, broken, _ = table(parsed(FORMAT, written("wrk_runs.txt")), "load_tests")
    assert (orders["mean_ms"], orders["max_ms"]) == (10.08, 26.38)
    percentiles = [orders[f"p{n}_ms"] for n in (50, 90, 95, 99)]
    assert percentiles == [10.13, 14.11, None, 18.26]
    assert (orders["rate_per_s"], orders["elapsed_ms"]) == (792.13, 3020.0)
    assert orders["concurrency"] == 8
    assert slow["p99_ms"] == 219.5
    assert (broken["failures"], broken["p50_ms"]) == (32920, None)
    assert broken["mean_ms"] == pytest.approx(0.50411)


def test_a_run_without_responses_has_no_latencies(written, parsed, table):
    hang = table(parsed(FORMAT, written("wrk_runs.txt")), "load_tests")[3]
    assert {hang[f"{n}_ms"] for n in ("mean", "p50", "p90", "p99", "max")} == {None}
    assert (hang["requests"], hang["elapsed_ms"]) == (0, 2000.0)


def test_the_tail_of_wrk_is_neither_raw_nor_corrected(written, parsed, table):
    result = parsed(FORMAT, written("wrk_runs.txt"))
    assert {row["corrected"] for row in table(result, "load_tests")} == {None}
    assert [note.kind for note in result.notes] == ["back_filled_tail"]


def test_wrk2_is_corrected_and_its_second_block_is_not(written, parsed, accounts, table):
    data = written("wrk2_latency.txt")
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    corrected, raw = table(result, "load_tests")
    assert (corrected["tool"], corrected["corrected"]) == ("wrk2", True)
    assert [corrected[f"p{n}_ms"] for n in (50, 90, 95, 99)] == [6.671, 9.143, 10.015, 111.18]
    assert (corrected["mean_ms"], corrected["max_ms"]) == (6.602, 212.496)
    assert (corrected["failures"], corrected["requests"]) == (15, 60018)
    assert (raw["corrected"], raw["line"]) == (False, 32)
    assert [raw[f"p{n}_ms"] for n in (50, 90, 95, 99)] == [2.101, 3.051, 3.301, 4.4]
    assert raw["mean_ms"] == 2.302
    assert result.notes == ()


def test_wrk2_without_percentiles_is_told_by_its_calibration(written, parsed, table):
    lines = written("wrk2_latency.txt").split(b"\n")
    short = b"\n".join(lines[:7] + lines[-6:])
    row = table(parsed(FORMAT, short), "load_tests")[0]
    assert (row["tool"], row["corrected"]) == ("wrk2", True)
    assert (row["mean_ms"], row["max_ms"], row["p50_ms"]) == (6.6, 212.5, None)


@pytest.mark.parametrize(
    ("printed", "ms"),
    [("504.11us", 0.50411), ("1.25ms", 1.25), ("1.02s", 1020.0), ("1.50m", 90_000.0)],
)
def test_each_cell_has_its_own_unit(printed, ms, parsed, table):
    text = f"""Running 1m test @ http://127.0.0.1/
  1 threads and 2 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   {printed}    3.00us  {printed}    90.00%
    Req/Sec    33.04k    13.44k   52.64k    65.00%
  7 requests in {printed}, 1.00KB read
Requests/sec:      7.00
Transfer/sec:      1.00KB
"""
    row = table(parsed(FORMAT, text.encode()), "load_tests")[0]
    assert row["mean_ms"] == row["max_ms"] == row["elapsed_ms"] == pytest.approx(ms)
    assert row["failures"] == 0


def test_a_run_without_its_end_is_rejected_whole(written, parsed, accounts, table):
    data = written("wrk_runs.txt")
    end = data.rindex(b"  0 requests")
    result = parsed(FORMAT, data[:end])
    accounts(result, data[:end].count(b"\n"))
    assert len(table(result, "load_tests")) == 3
    assert result.rejected_lines == 10
    assert result.rejected[0].reason == "a run without its end"


def test_lines_of_a_script_behind_a_run_are_irrelevant(written, parsed, table):
    data = written("wrk2_latency.txt") + b"latency p99: 3 ms\n  99% 5.00ms\n"
    result = parsed(FORMAT, data)
    assert result.irrelevant == 2
    assert table(result, "load_tests")[0]["p99_ms"] == 111.18


def test_it_is_cut_where_a_run_begins(written):
    data = written("wrk_runs.txt")
    assert data[cut(data) :].startswith(b"Running 2s test @ http://127.0.0.1:18931/hang")
    assert cut(b"Running late\n") == 0


def test_only_both_first_lines_are_recognised(written):
    assert recognises(written("wrk_runs.txt")).confidence > 0.9
    assert recognises(b"Running 3s test @ http://127.0.0.1/\n").confidence == 0
    assert recognises(b"2 threads and 8 connections\n").confidence == 0


def test_what_was_not_measured_after_the_calibration_is_unknown(parsed, table):
    text = """Running 5s test @ http://127.0.0.1/
  2 threads and 2 connections
    Latency     -nanus    -nanus   0.00us    0.00%
  Latency Distribution (HdrHistogram - Recorded Latency)
 50.000%    0.00us
  9 requests in 5.00s, 1.00KB read
"""
    row = table(parsed(FORMAT, text.encode()), "load_tests")[0]
    assert (row["tool"], row["requests"], row["rate_per_s"]) == ("wrk2", 9, None)
    assert {row[f"{n}_ms"] for n in ("mean", "p50", "max")} == {None}


@pytest.mark.parametrize("indent", ["", "     "])
def test_a_run_pasted_into_notes_is_read_whatever_its_indent(indent, written, parsed, table):
    lines = written("wrk2_latency.txt").decode().split("\n")
    notes = "# 20 connections\n\n" + "\n".join(indent + line.strip() for line in lines)
    pasted = table(parsed(FORMAT, notes.encode()), "load_tests")
    for mine, theirs in zip(
        pasted, table(parsed(FORMAT, written("wrk2_latency.txt")), "load_tests"), strict=True
    ):
        assert mine | {"line": 0} == theirs | {"line": 0}
