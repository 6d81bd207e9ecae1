import pytest

from perfkit import tables
from perfkit.formats.logs.pg_locks import join_locks

WAIT = "process {} {} ShareLock on transaction {} after {} ms"


def events(*messages):
    ms = [float(text.split(" after ")[-1].split()[0]) for text in messages]
    columns = {"kind": ["lock_wait"] * len(ms), "message": list(messages), "duration_ms": ms}
    return tables.from_columns("events", columns | {"line": list(range(len(ms)))})


def locks(*messages):
    """Join waits, the same in one piece and cut anywhere."""
    whole = join_locks(events(*messages), whole=True)
    assert whole.pending.num_rows == 0
    for cut in range(len(messages) + 1):
        parts = [
            join_locks(events(*part), whole=False) for part in (messages[:cut], messages[cut:])
        ]
        late = join_locks(tables.concat([part.pending for part in parts], "events"), whole=True)
        found = tables.concat([*(part.events for part in parts), late.events], "events")
        assert sorted(found["duration_ms"].to_pylist()) == sorted(
            whole.events["duration_ms"].to_pylist()
        )
    return whole.events["duration_ms"].to_pylist()


def test_still_waiting_and_acquired_are_one_wait_as_long_as_the_latter_says():
    still = WAIT.format(7, "still waiting for", 5, 1000.0)
    got = WAIT.format(7, "acquired", 5, 2500.0)
    assert locks(still, got) == [2500.0]
    assert locks(still) == [1000.0]
    assert locks(got) == [2500.0]
    assert locks(still, got, still, got) == [2500.0, 2500.0]
    assert locks(got, still, still, got, got) == [2500.0, 1000.0, 2500.0, 2500.0]


@pytest.mark.parametrize(("pid", "transaction"), [(8, 5), (7, 6)])
def test_waits_of_other_processes_or_locks_are_others(pid, transaction):
    still = WAIT.format(7, "still waiting for", 5, 1000.0)
    assert len(locks(still, WAIT.format(pid, "acquired", transaction, 2500.0))) == 2
