"""Values of events; real servers are asked in tests/formats/logs/pg_events."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.event_details import details, process_id

_KINDS = (
    "lock_wait", "lock_failed", "deadlock", "temp_file", "checkpoint_starting", "checkpoint",
    "checkpoint_frequent", "autovacuum", "autoanalyze", "connection", "disconnection",
    "cancelled", "configuration", "error", "server", "unheard of",
)  # fmt: skip


def test_a_wait_names_who_waits_who_holds_and_who_is_queued():
    found = details(
        "lock_wait",
        b"LOG:  process 9 still waiting for ShareLock on transaction 5 after 1000.1 ms\n"
        b"DETAIL:  Processes holding the lock: 1, 2. Wait queue: 9, 30.\n"
        b"CONTEXT:  while updating tuple (0,1)\nSTATEMENT:  update t",
    )
    assert found == {
        "statement": "update t", "hint": None, "context": "while updating tuple (0,1)",
        "detail": "Processes holding the lock: 1, 2. Wait queue: 9, 30.",
        "outcome": "still waiting for", "mode": "ShareLock", "target": "transaction 5", "pid": 9,
        "holders": [1, 2], "queue": [9, 30], "waited_ms": 1000.1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("message", "outcome", "target"),
    [
        ("process 9 acquired X on relation 5 of database 1 after 7.5 ms", "acquired",
         "relation 5 of database 1"),
        ("process 9 acquired X on advisory lock [1,0,3,1] after 7.5 ms at character 8",
         "acquired", "advisory lock [1,0,3,1]"),
        (("process 9 avoided deadlock for X on transaction 5 by rearranging queue order after 7.5"
         " ms"), "avoided deadlock for", "transaction 5"),
        ("process 9 detected deadlock while waiting for X on transaction 5 after 7.5 ms",
         "detected deadlock while waiting for", "transaction 5"),
    ],
)  # fmt: skip
def test_every_outcome_of_a_wait_is_read(message, outcome, target):
    found = details("lock_wait", f"LOG:  {message}".encode())
    assert (found["outcome"], found["mode"], found["target"]) == (outcome, "X", target)
    assert (found["waited_ms"], found["holders"]) == (7.5, [])


def test_a_lock_that_was_not_waited_for_names_its_holders():
    found = details(
        "lock_failed",
        b"LOG:  process 9 could not obtain ShareLock on transaction 5\n"
        b"DETAIL:  Process holding the lock: 1, Wait queue: .",
    )
    assert (found["mode"], found["holders"], found["queue"]) == ("ShareLock", [1], [])


def test_a_deadlock_of_three_has_three_statements():
    detail = "\n".join(
        f"Process {a} waits for ShareLock on transaction {a}0; blocked by process {b}."
        for a, b in ((1, 2), (2, 3), (3, 1))
    )
    texts = "Process 1: select\n1\nProcess 2: select 'Process 1: no'\nProcess 3: select 3"
    found = details("deadlock", f"ERROR:  deadlock detected\nDETAIL:  {detail}\n{texts}".encode())
    assert [(p["pid"], p["blocked_by"], p["target"]) for p in found["processes"]] == [
        (1, 2, "transaction 10"), (2, 3, "transaction 20"), (3, 1, "transaction 30"),
    ]  # fmt: skip
    assert [p["statement"] for p in found["processes"]] == [
        "select\n1", "select 'Process 1: no'", "select 3",
    ]  # fmt: skip


def test_the_rest_is_read_too():
    assert details("temp_file", b'LOG:  temporary file: path "a/b", size 80')["path"] == "a/b"
    frequent = b"LOG:  checkpoints are occurring too frequently (9 seconds apart)"
    assert details("checkpoint_frequent", frequent)["seconds"] == 9
    starting = details("checkpoint_starting", b"LOG:  restartpoint starting: immediate wal")
    assert (starting["restartpoint"], starting["cause"]) == (True, ["immediate", "wal"])
    changed = details("configuration", b'LOG:  parameter "a" changed to "b c"')
    assert (changed["parameter"], changed["value"]) == ("a", "b c")
    other = details("error", b"ERROR:  a\nHINT:  b")
    assert (other["severity"], other["message"], other["hint"]) == ("ERROR", "a", "b")


@pytest.mark.parametrize(
    ("message", "values"),
    [
        ("connection authorized: user=a b database=c application_name=d e SSL enabled (x)",
         {"user": "a b", "database": "c", "application": "d e", "ssl": "SSL enabled (x)"}),
        ("replication connection authorized: user=a application_name=walreceiver",
         {"user": "a", "database": None, "replication": True}),
        ("disconnection: session time: 0:00:01.5 user=a database=b host=::1 port=4711",
         {"user": "a", "database": "b", "host": "::1", "port": 4711, "replication": False}),
    ],
)  # fmt: skip
def test_sessions_say_who_and_from_where(message, values):
    found = details("connection", f"LOG:  {message}".encode())
    assert values.items() <= found.items()


@pytest.mark.parametrize(
    ("session", "pid"), [("7", 7), ("65f1a2b3.1f", 31), ("x", None), ("", None), (None, None)]
)
def test_a_session_has_its_process(session, pid):
    assert process_id(session) == pid


@given(st.sampled_from(_KINDS), st.one_of(st.none(), st.binary(max_size=60)))
def test_any_bytes_are_decoded_without_an_error(kind, record):
    assert {"statement", "detail", "hint", "context"} <= details(kind, record).keys()
    assert details(kind, b"LOG:  " + (record or b""))


_BAITS = (
    "process 1 still waiting for X on ", "Process 1 waits for X on y", "user=", " database=",
    'path "', ' table "', "wrote 1 buffers", "pages: 1", "9", "CPU: user: 1", "\nDETAIL:  ",
    " application_name=", "Process holding the lock: 1, ",
)  # fmt: skip


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("bait", _BAITS)
def test_hostile_records_take_linear_time(kind, bait):
    record = ("LOG:  " + bait * (1_000_000 // len(bait))).encode()
    begin = time.process_time()
    details(kind, record)
    assert time.process_time() - begin < 0.5
