"""locust's failures and exceptions: one event per kind."""

from perfkit.formats.load_tests.locust_errors import FORMAT, recognises


def test_a_failure_says_which_request_failed_how_often_and_since_when(
    written, parsed, accounts, table
):
    data = written("locust_failures.csv")
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    (row,) = table(result, "events")
    assert row["kind"] == "error"
    assert row["message"].startswith("POST /broken: HTTPError('503 Server Error")
    assert row["message"].endswith("(19 times)")
    assert row["at"].isoformat() == "2026-11-21T20:48:37+00:00"


def test_an_exception_has_a_traceback_of_several_lines(written, parsed, accounts, table):
    data = written("locust_exceptions.csv")
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    (row,) = table(result, "events")
    assert row["message"] == 'bad "thing", twice (21 times)'
    assert row["at"] is None
    assert result.used == data.count(b"\n") - 1


def test_failures_without_times_are_read(parsed, table):
    data = b"Method,Name,Error,Occurrences\nGET,/a,timeout,3\n"
    assert recognises(data).confidence == 1
    assert table(parsed(FORMAT, data), "events")[0]["message"] == "GET /a: timeout (3 times)"


def test_a_header_alone_is_no_error(parsed):
    result = parsed(FORMAT, b"Count,Message,Traceback,Nodes\n")
    assert (result.tables, result.irrelevant, result.notes) == ({}, 1, ())
    assert "no rows" in result.missing


def test_other_columns_are_not_recognised():
    assert recognises(b"Count,Message\n").confidence == 0
    assert recognises(b"Count;Message;Traceback;Nodes\n").confidence == 0
