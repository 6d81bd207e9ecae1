import numpy as np
import pyarrow.compute as pc
import pytest

from perfkit.formats.logs.pg_events import read_events


@pytest.fixture
def read(records):
    def events(*lines):
        found = records(*lines)
        main = found.owner == np.arange(len(found.start))
        is_log = pc.equal(found.severity(), "LOG").fill_null(False).to_numpy(zero_copy_only=False)
        return read_events(found, np.flatnonzero(main & is_log), np.flatnonzero(main & ~is_log))

    return events


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("process 7 still waiting for ShareLock on transaction 5 after 1000.123 ms", "lock_wait",
         {"duration_ms": 1000.123}),
        ("process 7 acquired ShareLock on transaction 5 after 2000.5 ms", "lock_wait",
         {"duration_ms": 2000.5}),
        ('temporary file: path "base/pgsql_tmp/pgsql_tmp7.0", size 1048576', "temp_file",
         {"bytes": 1_048_576}),
        ("checkpoint complete: wrote 5 buffers; write=1.0 s, sync=0.1 s, total=1.25 s; x",
         "checkpoint", {"duration_ms": 1250.0}),
        ("restartpoint complete: wrote 5 buffers", "checkpoint", {"duration_ms": None}),
        ("checkpoints are occurring too frequently (9 seconds apart)", "checkpoint_frequent", {}),
        ('automatic vacuum of table "a.b.c": index scans: 1\nCPU: user: 0.1 s, elapsed: 2.5 s',
         "autovacuum", {"duration_ms": 2500.0}),
        ('automatic aggressive vacuum to prevent wraparound of table "a.b.c": x', "autovacuum", {}),
        ('automatic analyze of table "a.b.c" system usage: elapsed: 0.5 s', "autoanalyze",
         {"duration_ms": 500.0}),
        ("connection authorized: user=bob database=sales application_name=x", "connection",
         {"user": "bob", "database": "sales"}),
        ("disconnection: session time: 1:02:03.500 user=bob database=sales host=[local]",
         "disconnection", {"duration_ms": 3_723_500.0, "user": "bob"}),
        ("ERROR:  division by zero", "error", {"duration_ms": None, "bytes": None}),
        ("FATAL:  the database system is shutting down", "error", {}),
        ("ERROR:  deadlock detected", "deadlock", {}),
    ],
)  # fmt: skip
def test_messages_are_events_with_their_numbers(read, text, kind, values):
    table, rows = read(text)
    (row,) = table.to_pylist()
    assert row["kind"] == kind
    assert rows.tolist() == [0]
    assert {name: row[name] for name in values} == values
    assert row["line"] == 1
    assert row["at"] is not None


@pytest.mark.parametrize(
    "text",
    [
        "duration: 1 ms",
        "checkpoint starting: time",
        "database system is ready",
        "x connection authorized: user=a",
    ],
)
def test_other_messages_are_none(read, text):
    table, rows = read("a message", text)
    assert (table.num_rows, len(rows)) == (0, 0)


def test_events_stay_in_order_whatever_their_kind(read):
    table, rows = read(
        "ERROR:  one", 'temporary file: path "x", size 5', "nothing", "ERROR:  deadlock detected",
        "checkpoint complete: wrote 1",
    )  # fmt: skip
    assert table["kind"].to_pylist() == ["error", "temp_file", "deadlock", "checkpoint"]
    assert rows.tolist() == [0, 1, 3, 4]


def test_the_prefix_fills_in_who_where_the_message_does_not_say(read):
    table, _ = read("ERROR:  no", "connection authorized: user=[unknown] database=x")
    assert table["user"].to_pylist() == ["app", "app"]
    assert table["database"].to_pylist() == ["shop", "x"]


@pytest.mark.parametrize(
    "text",
    [
        'temporary file: path "x", size 99999999999999999999',
        "process 7 acquired ShareLock on x after 1.2.3 ms",
        "disconnection: session time: 1:02:03:04 user=a",
    ],
)
def test_numbers_that_are_none_are_unknown(read, text):
    (row,) = read(text)[0].to_pylist()
    assert (row["duration_ms"], row["bytes"]) == (None, None)


def test_the_attributes_are_the_whole_record_with_its_details(read):
    table, _ = read((7, "ERROR:  a"), (7, "DETAIL:  b"), (7, "STATEMENT:  c\nd"), (7, "ERROR:  e"))
    first, second = table["attributes"].to_pylist()
    assert [part in first for part in (b"ERROR:  a", b"DETAIL:  b", b"c\n\td")] == [True] * 3
    assert b"ERROR:  e" not in first
    assert second.endswith(b"ERROR:  e\n")
