"""locust's statistics: rows per request, the whole test apart."""

import csv
import io

import pytest

from perfkit.formats.load_tests.locust_stats import FORMAT, recognises


def test_numbers_are_those_in_the_file(written, parsed, accounts, table):
    data = written("locust_stats.csv")
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    stated = list(csv.DictReader(io.StringIO(data.decode())))
    columns = {
        "requests": "Request Count",
        "failures": "Failure Count",
        "rate_per_s": "Requests/s",
        "mean_ms": "Average Response Time",
        "p50_ms": "50%",
        "p90_ms": "90%",
        "p95_ms": "95%",
        "p99_ms": "99%",
        "max_ms": "Max Response Time",
    }
    for row, text in zip(table(result, "load_tests"), stated, strict=True):
        for mine, theirs in columns.items():
            assert row[mine] == float(text[theirs])


def test_the_row_of_all_requests_has_no_name(written, parsed, table):
    *parts, whole = table(parsed(FORMAT, written("locust_stats.csv")), "load_tests")
    assert [row["name"] for row in parts] == [
        "POST /broken",
        "GET /orders/{id}",
        "GET /slow?page=2",
    ]
    assert whole["name"] is None
    assert whole["requests"] == sum(row["requests"] for row in parts)


def test_the_time_of_the_test_follows_from_count_and_rate(written, parsed, table):
    rows = table(parsed(FORMAT, written("locust_stats.csv")), "load_tests")
    assert {round(row["elapsed_ms"]) for row in rows} == {2991}


def test_a_closed_loop_and_rounded_percentiles_are_said(written, parsed, table):
    result = parsed(FORMAT, written("locust_stats.csv"))
    assert {row["corrected"] for row in table(result, "load_tests")} == {False}
    kinds = [note.kind for note in result.notes]
    assert kinds == ["coordinated_omission", "rounded_percentiles"]


def test_what_is_not_available_is_unknown(parsed, table):
    data = b"Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
    data += b"Max Response Time,Requests/s,Failures/s,50%,99%\n"
    data += b"GET,/a,0,0,0,0.0,0,0.0,0.0,N/A,N/A\n,Aggregated,0,0,0,0.0,0,0.0,0.0,N/A,N/A\n"
    for row in table(parsed(FORMAT, data), "load_tests"):
        assert {row[f"{n}_ms"] for n in ("mean", "p50", "p99", "max", "elapsed")} == {None}
        assert row["requests"] == 0


def test_the_names_of_columns_before_1_0_are_read(parsed, table):
    data = b'"Type","Name","# requests","# failures","Median response time",'
    data += b'"Average response time","Max response time","Requests/s","Requests Failed/s","95%"\n'
    data += b'"GET","/a",10,1,5,6,9,2.5,0.1,8\n"None","Aggregated",10,1,5,6,9,2.5,0.1,8\n'
    assert recognises(data).confidence == 1
    row, whole = table(parsed(FORMAT, data), "load_tests")
    found = [row[n] for n in ("requests", "failures", "p50_ms", "p95_ms", "max_ms", "mean_ms")]
    assert found == [10, 1, 5.0, 8.0, 9.0, 6.0]
    assert whole["name"] is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [(b"GET,/a,1", "number of columns"), (b'GET,"/a' + b",1" * 20, "number of columns")],
)
def test_a_broken_row_costs_only_itself(line, reason, written, parsed, accounts, table):
    data = written("locust_stats.csv") + line + b"\n"
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    assert reason in result.rejected[0].reason
    assert len(table(result, "load_tests")) == 4


def test_the_history_is_not_taken_for_statistics(written):
    assert recognises(written("locust_history.csv")).confidence == 0
