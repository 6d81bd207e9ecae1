"""Who blocked whom; real waits are in tests/formats/logs/pg_events."""

from datetime import UTC, datetime, timedelta

import pytest

from perfkit import tables
from perfkit.analyses.lock_chains import BLOCKERS, blockers
from perfkit.fingerprint import fingerprint_many

START = datetime(2026, 11, 21, 10, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def wait(seconds, pid, holders, *, waited_ms=5000.0, source=0, target="transaction 5"):
    """A wait logged after one second, that has lasted ``waited_ms`` in the end."""
    held = ", ".join(map(str, holders))
    record = f"LOG:  process {pid} still waiting for ShareLock on {target} after 1000.0 ms"
    if holders:
        record += f"\nDETAIL:  Process holding the lock: {held}. Wait queue: {pid}."
    return {
        "at": at(seconds), "kind": "lock_wait", "duration_ms": waited_ms, "source": source,
        "session_id": str(pid), "attributes": f"{record}\nSTATEMENT:  update t".encode(),
    }  # fmt: skip


def said(kind, seconds, pid):
    return {"at": at(seconds), "kind": kind, "session_id": str(pid), "source": 0}


def ran(begin, end, pid, statement, *, source=0, phase="simple"):
    return {
        "started_at": at(begin), "duration_ms": (end - begin) * 1000.0, "statement": statement,
        "session_id": str(pid), "source": source, "phase": phase,
    }  # fmt: skip


def table(name, rows):
    names = {column for row in rows for column in row}
    columns = {column: [row.get(column) for row in rows] for column in names}
    if name == "queries":
        columns["fingerprint_id"] = fingerprint_many(columns.get("statement", []))[1]
        columns["line"] = list(range(1, len(rows) + 1))
    return tables.from_columns(name, columns, rows=len(rows))


def found(events, queries):
    return blockers(table("events", events), table("queries", queries)).to_pylist()


def doing(events, queries):
    return [(row["holder_state"], row["holder_statement"]) for row in found(events, queries)]


def test_a_statement_that_runs_over_the_wait_blocks():
    (row,) = found([wait(10, 9, [7])], [ran(2, 14, 7, "vacuum full t"), ran(0, 1, 7, "select 1")])
    assert row["holder_state"] == "running"
    assert row["holder_statement"] == "vacuum full t"
    assert row["holder_fingerprint_id"] == fingerprint_many(["vacuum full t"])[1].to_pylist()[0]
    assert (row["session_id"], row["holder_session_id"], row["root_session_id"]) == ("9", "7", "7")
    assert (row["waited_ms"], row["mode"], row["target"]) == (5000.0, "ShareLock", "transaction 5")
    assert row["statement"] == "update t"


@pytest.mark.parametrize(
    "queries",
    [
        [ran(1, 1, 7, "begin"), ran(2, 3, 7, "update t set a = 1")],
        [ran(2, 3, 7, "update t set a = 1"), ran(14, 15, 7, "COMMIT")],
        [ran(1, 1, 7, "BEGIN"), ran(2, 3, 7, "update t set a = 1"), ran(14, 15, 7, "select 3")],
        [ran(1, 1, 7, "begin"), ran(1, 2, 7, "rollback to a"), ran(2, 3, 7, "update t set a = 1")],
    ],
)
def test_the_last_statement_of_an_open_transaction_blocks(queries):
    assert doing([wait(10, 9, [7])], queries) == [("idle in transaction", "update t set a = 1")]


@pytest.mark.parametrize(
    "queries",
    [
        [],
        [ran(2, 3, 8, "of another process")],
        [ran(2, 3, 7, "update t"), ran(14, 15, 7, "select 3")],
        [ran(1, 1, 7, "begin"), ran(2, 3, 7, "update t"), ran(4, 5, 7, "commit")],
        [ran(11, 12, 7, "begun too late")],
        [ran(2, 14, 7, "of another server", source=1)],
        [ran(2, 14, 7, "a step", phase="bind")],
    ],
)
def test_what_the_log_does_not_show_stays_unknown(queries):
    (row,) = found([wait(10, 9, [7])], queries)
    assert (row["holder_state"], row["holder_statement"]) == (None, None)
    assert (row["holder_session_id"], row["root_session_id"]) == ("7", "7")


def test_a_process_number_used_again_is_another_session():
    queries = [ran(1, 1, 7, "begin"), ran(2, 3, 7, "update t")]
    events = [wait(10, 9, [7])]
    assert doing(events, queries) == [("idle in transaction", "update t")]
    again = [said("disconnection", 4, 7), said("connection", 5, 7), *events]
    assert doing(again, queries) == [(None, None)]


def test_statements_are_in_the_order_of_their_ends_not_of_their_starts():
    # by their starts "begin" comes last: times of log lines have milliseconds only
    queries = [ran(3, 3.0001, 7, "begin"), ran(2.9999, 3.0005, 7, "update t")]
    assert doing([wait(10, 9, [7])], queries) == [("idle in transaction", "update t")]


def test_a_chain_has_its_root():
    events = [wait(10, 8, [7]), wait(11, 9, [8])]
    queries = [ran(1, 20, 7, "alter table t add a int"), ran(9, 15, 8, "update t")]
    first, second = found(events, queries)
    assert (first["holder_session_id"], first["root_session_id"]) == ("7", "7")
    assert (second["holder_session_id"], second["root_session_id"]) == ("8", "7")


def test_a_circle_ends():
    events = [wait(10, 8, [9]), wait(10, 9, [8])]
    assert [row["root_session_id"] for row in found(events, [])] == ["9", "8"]


def test_every_holder_is_a_row_and_a_wait_without_any_is_one_too():
    rows = found([wait(10, 9, [7, 8]), wait(20, 5, [])], [])
    assert [row["holder_session_id"] for row in rows] == ["7", "8", None]


def test_sessions_named_by_time_and_process_are_found():
    query = ran(2, 14, 7, "vacuum full t") | {"session_id": "65f1a2b3.7"}
    (row,) = found([wait(10, 9, [7])], [query])
    assert (row["holder_session_id"], row["holder_statement"]) == ("65f1a2b3.7", "vacuum full t")


def test_nothing_gives_an_empty_table():
    empty = blockers(tables.empty("events"), tables.empty("queries"))
    assert (empty.num_rows, empty.schema) == (0, BLOCKERS)
