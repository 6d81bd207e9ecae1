"""locust's history: the load over time as metrics."""

import csv
import io

from perfkit.formats.load_tests.locust_history import FORMAT, recognises


def test_rows_of_all_requests_become_metrics(written, parsed, accounts, table):
    data = written("locust_history.csv")
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    whole = [row for row in rows if row["Name"] == "Aggregated"]
    users = [row for row in table(result, "metrics") if row["name"] == "locust_users"]
    assert [row["value"] for row in users] == [float(row["User Count"]) for row in whole]
    assert [row["at"].timestamp() for row in users] == [float(row["Timestamp"]) for row in whole]
    assert result.irrelevant == len(rows) - len(whole) + 1


def test_percentiles_of_nothing_have_no_row(written, parsed, table):
    metrics = table(parsed(FORMAT, written("locust_history.csv")), "metrics")
    assert all(row["value"] > 0 for row in metrics if row["unit"] == "ms")
    assert {row["name"] for row in metrics if row["at"] == metrics[0]["at"]} == {
        "locust_users",
        "locust_requests_per_s",
        "locust_failures_per_s",
    }


def test_percentiles_are_those_in_the_file(written, parsed, table):
    data = written("locust_history.csv").decode()
    stated = [
        row["95%"] for row in csv.DictReader(io.StringIO(data)) if row["Name"] == "Aggregated"
    ]
    found = [
        row["value"]
        for row in table(parsed(FORMAT, data.encode()), "metrics")
        if row["name"] == "locust_p95_ms"
    ]
    assert found == [float(text) for text in stated if text not in {"N/A", "0"}]
    assert found


def test_a_row_without_a_time_is_irrelevant(parsed):
    data = b"Timestamp,User Count,Type,Name,Requests/s,Failures/s\nsoon,1,,Aggregated,1,0\n"
    result = parsed(FORMAT, data)
    assert (result.tables, result.irrelevant) == ({}, 2)


def test_statistics_are_not_taken_for_a_history(written):
    assert recognises(written("locust_stats.csv")).confidence == 0
    assert recognises(written("locust_history.csv")).confidence == 1
