"""Who held locks, counted per waiting statement and added up over parts of a log."""

from collections import Counter

import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses.digests import holders
from perfkit.analyses.digests.holders import Holders
from perfkit.recording import Recording

WAIT = (
    "LOG:  process 11 still waiting for ShareLock on transaction 5 after 1000.1 ms\n"
    "DETAIL:  Process holding the lock: {}. Wait queue: 11.\n"
    "STATEMENT:  update t set a = 1 where id = 2"
)


def waits(*pids):
    rows = [
        {"kind": "lock_wait", "at": 1_767_225_602_000_000_000 + n, "duration_ms": 5000.0}
        | {"session_id": "11", "source": 0, "attributes": WAIT.format(pid).encode()}
        for n, pid in enumerate(pids)
    ]
    columns = {name: [row[name] for row in rows] for name in (rows or [{}])[0]}
    if rows:
        columns["at"] = pa.array(columns["at"], pa.int64()).cast(pa.timestamp("ns", "UTC"))
    return tables.from_columns("events", columns, rows=len(rows))


@pytest.fixture
def held(table_of):
    holder = {"session_id": "12", "source": 0, "duration_ms": 1.0}
    return table_of(
        [
            {**holder, "statement": "begin", "at": 0.0, "line": 1},
            {**holder, "statement": "update t set b = 1 where id = 2", "at": 1.0, "line": 2},
            {**holder, "statement": "commit", "at": 9000.0, "line": 3},
        ]
    )


def test_each_wait_counts_once_for_what_its_holder_did(held):
    found = Holders.of(held, waits(12, 12, 13))
    assert found.of_waiting("update t set a = ? where id = ?") == Counter(
        {
            "update t set b = ? where id = ? (idle in transaction)": 2,
            "a statement not in the log": 1,
        }
    )
    assert found.of_waiting("select ?") == Counter()


def test_parts_add_up_to_the_whole(held):
    parts = [
        Holders.of(held, waits(12, 13)),
        Holders.of(held, waits()),
        Holders.of(held, waits(12)),
    ]
    assert Holders.merged(parts) == Holders.of(held, waits(12, 13, 12))


def test_rare_pairs_are_let_go_of(monkeypatch):
    monkeypatch.setattr(holders, "LIMIT", 2)
    part = Holders(counts={("a", "x"): 1, ("b", "x"): 5, ("c", "x"): 3})
    assert Holders.merged([part, part]).counts == {("b", "x"): 10, ("c", "x"): 6}


def test_a_recording_names_them_as_its_parts_do(held):
    import perfkit

    rec = Recording(contents={"queries": held, "events": waits(12)})
    (finding,) = [f for f in perfkit.digest(rec).findings if f.rule == "lock-wait"]
    assert finding.evidence[0]["waits"] == 1
    assert "update t set b = ?" in finding.evidence[0]["held by"]
