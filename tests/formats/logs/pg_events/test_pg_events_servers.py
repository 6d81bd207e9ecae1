"""Events of real servers, provoked one by one; the csvlog is the oracle."""

from collections import Counter

from perfkit.analyses.lock_chains import blockers
from perfkit.event_details import details, process_id


def _starts(logged, *texts):
    return sum(row[13].startswith(texts) for row in logged.csv)


def test_every_error_is_an_event_and_no_derived_state_is_wrong(main, copy):
    for logged in (main, copy):
        failed = [row for row in logged.csv if row[11] in {"ERROR", "FATAL", "PANIC"}]
        stated = {(row[3], row[13]): row[12] for row in failed}
        kinds = {"error", "cancelled", "deadlock", "replication", "wraparound"}
        errors = [
            event
            for event in logged.events
            if event["kind"] in kinds and not event["attributes"].startswith((b"LOG", b"WARN"))
        ]
        assert len(errors) == len(failed)
        derived = [event for event in errors if event["sqlstate"]]
        assert logged is copy or len(derived) > 0.7 * len(errors)
        for event in derived:
            key = (event["session_id"], event["message"].partition(" at character ")[0])
            assert event["sqlstate"] == stated[key], event["message"]


def test_each_message_of_the_csvlog_has_its_event(main):
    seen = main.kinds()
    assert seen["temp_file"] == _starts(main, "temporary file: ") > 0
    assert seen["checkpoint"] == _starts(main, "checkpoint complete") > 0
    assert seen["checkpoint_starting"] == _starts(main, "checkpoint starting") > 0
    assert seen["autovacuum"] == _starts(main, "automatic vacuum", "automatic aggr") > 0
    assert seen["autoanalyze"] == _starts(main, "automatic analyze") > 0
    authorized = ("connection authorized", "replication connection authorized")
    assert seen["connection"] == _starts(main, *authorized) > 0
    assert seen["disconnection"] == _starts(main, "disconnection") > 0
    assert seen["deadlock"] == _starts(main, "deadlock detected") == 1
    assert seen["lock_failed"] == (1 if main.major >= 18 else 0)


def test_waits_are_one_row_each_with_both_sides(main):
    waits = [details("lock_wait", event["attributes"]) for event in main.of("lock_wait")]
    begun = sum("still waiting" in row[13] or "detected dead" in row[13] for row in main.csv)
    assert len(waits) == begun > 3
    # on a busy machine a lock may be free again when the server writes who holds it
    assert sum(bool(wait["holders"]) for wait in waits) >= len(waits) - 1
    # who gives up in a deadlock has left the queue
    assert all(w["pid"] in w["queue"] or w["outcome"].startswith("detected") for w in waits)
    assert {wait["mode"] for wait in waits} >= {"ShareLock", "ExclusiveLock", "AccessShareLock"}
    assert all(wait["statement"] for wait in waits)


def test_the_blocking_statements_are_those_that_took_the_locks(main):
    found = blockers(main.table, main.queries).to_pylist()
    by_target = {(row["mode"], row["target"].split()[0]): row for row in found}
    first = by_target["ExclusiveLock", "tuple"]
    assert (first["holder_state"], first["holder_statement"]) == (
        "running", "update locked set a = 2 where id = 1",
    )  # fmt: skip
    assert first["root_session_id"] != first["holder_session_id"]
    table = by_target["AccessShareLock", "relation"]
    assert (table["holder_state"], table["holder_statement"]) == (
        "idle in transaction", "lock table locked",
    )  # fmt: skip
    assert all(row["holder_statement"] for row in found)


def test_a_deadlock_names_both_processes_and_their_statements(main):
    (event,) = main.of("deadlock")
    one, two = details("deadlock", event["attributes"])["processes"]
    assert (one["blocked_by"], two["blocked_by"]) == (two["pid"], one["pid"])
    texts = {one["statement"], two["statement"]}
    assert texts == {f"update locked set a = 4\n where id = {row}" for row in (1, 2)}
    assert process_id(event["session_id"]) == one["pid"]


def test_what_ended_statements_is_told_apart(main, copy):
    causes = Counter(
        details("cancelled", event["attributes"])["cause"] for event in main.of("cancelled")
    )
    expected = {
        "statement_timeout", "user_request", "lock_timeout", "idle_session_timeout",
        "idle_in_transaction_session_timeout",
    }  # fmt: skip
    assert set(causes) == expected | ({"transaction_timeout"} if main.major >= 17 else set())
    (conflict,) = copy.of("cancelled")
    assert details("cancelled", conflict["attributes"])["cause"] == "recovery_conflict"
    assert conflict["sqlstate"] == "40001"


def test_sums_of_checkpoints_vacuums_and_temporary_files_are_what_was_done(main):
    dead = next(
        found
        for event in main.of("autovacuum")
        if (found := details("autovacuum", event["attributes"]))["table"] == "postgres.public.dead"
    )
    assert dead["tuples_removed"] == 10_000
    assert dead["pages_remain"] == 89
    assert dead["elapsed_ms"] is not None
    for event in main.of("checkpoint"):
        found = details("checkpoint", event["attributes"])
        assert None not in (found["buffers"], found["write_ms"], found["distance_bytes"])
        assert found["total_ms"] == event["duration_ms"]
        assert (found["slru_buffers"] is not None) == (main.major >= 17)
    sizes = [details("temp_file", event["attributes"])["bytes"] for event in main.of("temp_file")]
    assert sizes == [event["bytes"] for event in main.of("temp_file")]


def test_start_crash_recovery_and_stop_are_told(main):
    texts = [event["message"] for event in main.of("server")]
    for text in (
        "starting PostgreSQL", "database system is ready", "database system was interrupted",
        "database system was not properly shut down", "redo starts", "received fast shutdown",
        "all server processes terminated", "database system is shut down",
    ):  # fmt: skip
        assert any(message.startswith(text) for message in texts), text
    assert any("was terminated by signal 9" in message for message in texts)


def test_a_reload_says_what_it_changed(main):
    found = [details("configuration", e["attributes"]) for e in main.of("configuration")]
    assert {"work_mem": "5MB"}.items() <= {f["parameter"]: f["value"] for f in found}.items()
    assert "received SIGHUP, reloading configuration files" in [f["message"] for f in found]


def test_a_standby_tells_its_life(copy):
    texts = [event["message"] for event in copy.of("replication")]
    for text in (
        "entering standby mode", "consistent recovery state", "started streaming WAL",
        "recovery still waiting", "recovery finished waiting", "received promote request",
        "could not receive data from WAL stream", "selected new timeline",
    ):  # fmt: skip
        assert any(message.startswith(text) for message in texts), text
    waits = [e["duration_ms"] for e in copy.of("replication") if "waiting after" in e["message"]]
    assert all(ms >= 100 for ms in waits)
