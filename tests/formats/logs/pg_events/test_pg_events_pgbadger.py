"""Events of real servers, counted by pgBadger too; differences are named."""

import pytest

from perfkit.event_details import details


def _sum(section, name):
    return sum(entry[name] for entry in section.values())


def test_pgbadger_counts_the_same(main, badger):
    seen = main.kinds()
    files = badger["tempfile_info"]
    assert _sum(files, "count") == seen["temp_file"]
    assert _sum(files, "size") == sum(event["bytes"] for event in main.of("temp_file"))
    assert _sum(badger["connection_info"], "count") == seen["connection"]
    assert _sum(badger["autovacuum_info"], "count") == seen["autovacuum"]
    assert _sum(badger["autoanalyze_info"], "count") == seen["autoanalyze"]
    assert sum(badger["checkpoint_info"]["starting"].values()) == seen["checkpoint_starting"]


def test_pgbadger_finds_the_same_waits_that_ended_well(main, badger):
    theirs = [mode for modes in badger["lock_info"].values() for mode in modes.values()]
    rows = [(event, details("lock_wait", event["attributes"])) for event in main.of("lock_wait")]
    ended = [
        event["duration_ms"] for event, wait in rows if event["duration_ms"] != wait["waited_ms"]
    ]
    assert sum(mode["count"] for mode in theirs) == len(ended) > 0
    assert sum(mode["duration"] for mode in theirs) == pytest.approx(sum(ended))


def test_pgbadger_misses_sessions_of_replication_and_checkpoints_with_slru_buffers(main, badger):
    walsenders = [event for event in main.of("disconnection") if event["database"] is None]
    assert _sum(badger["session_info"], "count") == main.kinds()["disconnection"] - len(walsenders)
    found = [details("checkpoint", event["attributes"]) for event in main.of("checkpoint")]
    understood = [one["buffers"] for one in found if one["slru_buffers"] is None]
    assert badger["checkpoint_info"]["wbuffer"] in {
        sum(understood),
        sum(one["buffers"] for one in found),  # a release that knows PostgreSQL 17
    }


#: LOG messages that pgBadger counts among the errors.
_FORCED = ("received repl", "database system", "process ...", "parameter", "server process")


def test_pgbadger_counts_the_same_errors(main, badger):
    theirs = [
        (text.partition(":  ")[2], entry["count"])
        for errors in badger["error_info"].values()
        for text, entry in errors.items()
        if text.startswith(("ERROR", "FATAL"))
    ]
    counted = sum(count for text, count in theirs if not text.startswith(_FORCED))
    assert counted == sum(row[11] in {"ERROR", "FATAL"} for row in main.csv)
