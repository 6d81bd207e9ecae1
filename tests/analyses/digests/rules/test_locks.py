"""Lock waits and deadlocks."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from perfkit.analyses.digests.rules.locks import blocked, deadlocked


def _wait(ms, *, name="f0", count=2, what="ShareLock on transaction …"):
    text = f"update t{name} set a = ?"
    numbers = {"count": count, "total_ms": ms, "max_ms": ms and ms / 2}
    return {
        "kind": "lock_wait",
        "fingerprint_id": name,
        "fingerprint": text,
        "what": what,
        **numbers,
    }


def _held(*who):
    return SimpleNamespace(of_waiting=lambda _: Counter(who))


def test_waits_on_different_locks_of_one_statement_are_added_up(seen_of):
    waits = [_wait(1500.0), _wait(500.0, count=3, what="ExclusiveLock on tuple …")]
    [finding] = blocked(seen_of(happened=waits))
    assert finding.rule == "lock-wait"
    assert "waited 2.00 s for locks (5 waits, at most 750 ms)" in finding.title
    assert (finding.saves_ms, finding.saves_times) == (400.0, 5)
    assert finding.evidence == [{"waits": 5, "total_ms": 2000.0, "max_ms": 750.0}]
    assert finding.confidence == "medium"


@pytest.mark.parametrize(
    "waits", [[], [_wait(1999.0)], [_wait(None)], [_wait(9e9) | {"kind": "x"}]]
)
def test_less_than_two_seconds_in_all_is_left_alone(seen_of, waits):
    assert list(blocked(seen_of(happened=waits))) == []


def test_who_holds_the_lock_most_often_is_named_first(seen_of):
    holders = _held("update a", "update b", "update b", "c", "d", "d", "d")
    [finding] = blocked(seen_of(happened=[_wait(5000.0)], holders=holders))
    assert finding.title.endswith("held by d")
    assert finding.evidence == [
        {"held by": "d", "waits": 3},
        {"held by": "update b", "waits": 2},
        {"held by": "update a", "waits": 1},
    ]
    assert finding.confidence == "high"


def test_a_wait_of_an_unknown_statement_has_no_key(seen_of):
    unknown = _wait(5000.0) | {"fingerprint": None, "fingerprint_id": None}
    [finding] = blocked(seen_of(happened=[unknown]))
    assert finding.keys == {}
    assert finding.title.startswith("statements without text waited 5.00 s")


def test_the_five_that_waited_longest_are_told_in_order(seen_of):
    waits = [_wait(n * 2000.0, name=f"f{n}") for n in (3, 1, 7, 2, 6, 5, 4)]
    told = [f.keys["fingerprint_id"] for f in blocked(seen_of(happened=waits))]
    assert told == ["f7", "f6", "f5", "f4", "f3"]


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        ([1], "1 deadlock, most between a / b"),
        ([3, 2], "5 deadlocks, most between a / b"),
    ],
)
def test_deadlocks_are_counted_with_their_pairs(seen_of, counts, title):
    pairs = ["a / b", "c / d"]
    events = [
        {"kind": "deadlock", "what": pair, "count": count}
        for pair, count in zip(pairs, counts, strict=False)
    ]
    [finding] = deadlocked(seen_of(happened=events))
    assert finding.title == title
    assert [row["deadlocks"] for row in finding.evidence] == counts


def test_a_deadlock_of_unknown_statements_is_told_too_and_none_is_not(seen_of):
    [finding] = deadlocked(seen_of(happened=[{"kind": "deadlock", "count": 2}]))
    assert finding.title == "2 deadlocks"
    assert list(deadlocked(seen_of(happened=[{"kind": "lock_wait", "count": 9}]))) == []
