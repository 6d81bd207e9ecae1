from collections import defaultdict

import pytest

from perfkit.formats.requests.rows import RowBuilder


def built(kind, *rows, zone=None):
    lines = [(n, b"raw %d" % n, row) for n, row in enumerate(rows, 1)]
    builder = RowBuilder(zone)
    return builder, builder.tables(defaultdict(list, {kind: lines}))


def rows(kind, table, *given, zone=None):
    return built(kind, *given, zone=zone)[1][table].to_pylist()


def test_kinds_without_lines_have_no_table():
    assert built("request")[1] == {}
    assert set(built("request", {})[1]) == {"requests"}


def test_a_request_keeps_its_line_and_its_bytes():
    (row,) = rows("request", "requests", {"method": "GET", "status": 200, "response_bytes": "512"})
    assert (row["method"], row["status"], row["response_bytes"]) == ("GET", 200, 512)
    assert (row["line"], row["attributes"]) == (1, b"raw 1")
    assert row["duration_ms"] is None


@pytest.mark.parametrize(
    ("given", "began"),
    [
        ({"time": "2026-01-01T00:00:10Z", "duration_ms": 1500.0}, "2026-01-01 00:00:08.500"),
        ({"time": "2026-01-01T00:00:10Z"}, "2026-01-01 00:00:10"),  # of unknown length
        ({"start": "2026-01-01T00:00:01Z", "time": "2026-01-01T00:00:10Z", "duration_ms": 5.0},
         "2026-01-01 00:00:01"),
        ({"start": 0, "time": 1_767_225_610}, "2026-01-01 00:00:10"),
        ({"duration_ms": 5.0}, None),
    ],
)  # fmt: skip
def test_a_request_began_at_its_start_or_its_duration_before_its_line(given, began):
    import pandas as pd

    (row,) = rows("request", "requests", given)
    expected = None if began is None else pd.Timestamp(began, tz="UTC")
    assert row["started_at"] == expected


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (200, 200), ("404", 404), (200.0, 200), (True, None), (None, None), ("ok", None),
        ([], None), (1 << 63, None), (-(1 << 63), -(1 << 63)), (float("nan"), None),
        (float("inf"), None), ("9" * 30, None),
    ],
)  # fmt: skip
def test_integers_that_are_none_are_unknown(value, status):
    assert rows("request", "requests", {"status": value})[0]["status"] == status


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("", None),
        (None, None),
        (5, "5"),
        ({"a": 1}, None),
        (["a"], None),
        (True, "True"),
    ],
)
def test_texts_are_texts_and_empty_ones_unknown(value, text):
    assert rows("request", "requests", {"request_id": value})[0]["request_id"] == text


@pytest.mark.parametrize(("zone", "hour"), [(None, 12), ("Europe/Berlin", 11)])
def test_a_time_without_a_zone_is_read_in_the_one_given_and_remembered(zone, hour):
    builder, tables = built("request", {"time": "2026-01-01T12:00:00"}, zone=zone)
    assert tables["requests"]["started_at"].to_pylist()[0].hour == hour
    assert builder.naive
    assert not built("request", {"time": "2026-01-01T12:00:00Z"})[0].naive


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"duration_ms": 120, "stack": "a.py:f:1;b.py:g:7"}, "blocked for 120 ms in b.py:g:7"),
        ({"duration_ms": 120, "source": "c.py"}, "event loop blocked for 120 ms in c.py"),
        ({"duration_ms": 120}, "event loop blocked for 120 ms"),
    ],
)  # fmt: skip
def test_a_blocked_loop_says_for_how_long_and_where(given, message):
    (row,) = rows("blocked_loop", "events", given | {"timestamp": "2026-01-01T00:00:00Z"})
    assert row["message"].endswith(message)
    assert (row["kind"], row["duration_ms"], row["line"]) == ("blocked_loop", 120.0, 1)
    assert row["at"] is not None


def test_a_blocked_loop_of_unknown_length_is_still_an_event():
    (row,) = rows("blocked_loop", "events", {"duration_ms": -5})
    assert row["duration_ms"] is None


def test_pool_samples_and_checkouts_are_read_by_their_own_names():
    (sample,) = rows(
        "pool_sample", "pool_samples",
        {"timestamp": "2026-01-01T00:00:00Z", "pool": "main", "size": 5, "in_use": "4",
         "wait_ms_total": 12.5, "unknown": 1},
    )  # fmt: skip
    assert (sample["pool"], sample["size"], sample["in_use"]) == ("main", 5, 4)
    assert sample["wait_ms_total"] == 12.5
    assert sample["at"] is not None
    (checkout,) = rows(
        "checkout", "checkouts",
        {"requested_at": "2026-01-01T00:00:00Z", "wait_ms": -1, "hold_ms": 7, "source": "evil",
         "line": 99, "attributes": "x"},
    )  # fmt: skip
    assert (checkout["wait_ms"], checkout["hold_ms"]) == (None, 7.0)
    assert (checkout["line"], checkout["source"]) == (1, None)
    assert checkout["acquired_at"] is None
