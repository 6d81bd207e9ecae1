"""Events by kind and what they are about, against counting by hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.analyses.digests import happened as module
from perfkit.analyses.digests.happened import Happened
from perfkit.fingerprint import fingerprint_id

START = datetime(2026, 1, 1, tzinfo=UTC)


def _events(*rows):
    names = dict.fromkeys(name for row in rows for name in row)
    return tables.from_columns("events", {n: [row.get(n) for row in rows] for n in names})


def _record(kind, text, **more):
    return {
        "kind": kind,
        "at": START,
        "message": text.partition("\n")[0],
        "attributes": f"ERROR:  {text}".encode(),
        **more,
    }


def _rows(*events):
    return Happened.of(_events(*events)).rows.to_pylist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('relation "a" does not exist', 'relation "b" does not exist'),
        ("value 12.5 is out of range", "value 7 is out of range"),
        ("invalid input: 'x'", "invalid input: 'y'"),
        ("request deadbeef01 failed", "request cafebabe99 failed"),
        ("at 12:00:01 it failed\nDETAIL:  a", "at 13:30:00 it failed\nDETAIL:  b"),
    ],
)
def test_messages_that_differ_in_values_are_one(one, other):
    [row] = _rows(_record("error", one), _record("error", other))
    assert row["count"] == 2
    assert "…" in row["what"]


def test_messages_that_differ_in_words_or_in_their_state_are_two():
    assert len(_rows(_record("error", "a failed"), _record("error", "b failed"))) == 2
    same = [_record("error", "a", sqlstate=state) for state in ("23505", "42P01", None)]
    assert len(_rows(*same)) == 3


def test_an_error_knows_its_statement():
    text = "division by zero\nSTATEMENT:  select 1 / 0 from t where id = 5"
    [row] = _rows(_record("error", text))
    assert row["fingerprint_id"] == fingerprint_id("select ? / ? from t where id = ?")


@pytest.mark.parametrize("size", [None, 5, 1 << 40])
def test_numbers_are_summed_and_unknown_ones_are_not_zero(size):
    first = {"kind": "temp_file", "at": START, "bytes": size, "duration_ms": None}
    [row] = _rows(first, first | {"bytes": size, "at": START + timedelta(hours=1)})
    assert row["total_bytes"] == (None if size is None else 2 * size)
    assert (row["max_bytes"], row["total_ms"], row["max_ms"]) == (size, None, None)
    assert (row["first_at"], row["last_at"]) == (START, START + timedelta(hours=1))


def test_sessions_are_counted_by_user_and_database():
    events = [
        {"kind": "connection", "user": user, "database": database}
        for user, database in (("ann", "shop"), ("ann", "shop"), (None, "shop"), ("bob", None))
    ]
    assert {row["what"]: row["count"] for row in _rows(*events)} == {
        "ann@shop": 2,
        "?@shop": 1,
        "bob@?": 1,
    }


EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["error", "lock_wait", "deadlock", "checkpoint", "own", None]),
            "at": st.one_of(
                st.none(), st.integers(0, 300).map(lambda n: START + timedelta(seconds=n))
            ),
            "message": st.one_of(st.none(), st.text(max_size=10)),
            "attributes": st.one_of(st.none(), st.binary(max_size=20)),
        }
    ),
    min_size=1,
    max_size=15,
)


@settings(max_examples=25, deadline=None)
@given(events=EVENTS, at=st.integers(0, 15))
def test_every_event_with_a_kind_is_counted_once_whatever_the_parts(events, at):
    kinds = Counter(event["kind"] for event in events if event["kind"])
    whole = Happened.of(_events(*events))
    parts = [Happened.of(_events(*rows)) for rows in (events[:at], events[at:]) if rows]
    for found in (whole, Happened.merged(parts)):
        assert {kind: found.count(kind) for kind in kinds} == dict(kinds)
        assert found.count(*kinds) == kinds.total()
        minutes = Counter(
            (event["kind"], event["at"].replace(second=0, microsecond=0))
            for event in events
            if event["kind"] and event["at"]
        )
        told = {(row["kind"], row["minute"]): row["count"] for row in found.minutes.to_pylist()}
        assert told == dict(minutes)
    assert Happened.merged(parts).rows == whole.rows


def test_the_most_frequent_come_first():
    events = [_record("error", f"{'abc'[n]} failed") for n in (2, 0, 1, 1, 2, 2)]
    found = Happened.of(_events(*events)).of_kind("error")
    assert found["what"].to_pylist() == ["c failed", "b failed", "a failed"]


def test_beyond_the_limit_the_rarest_are_counted_together(monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 2)
    texts = ["ab"[n % 2] * 3 for n in range(10)] + ["x y", "y z", "z x"]
    found = Happened.of(_events(*[_record("error", text) for text in texts]))
    assert {row["what"]: row["count"] for row in found.rows.to_pylist()} == {
        "aaa": 5,
        "bbb": 5,
        "(others)": 3,
    }


def test_beyond_what_is_taken_apart_events_are_still_counted(monkeypatch):
    monkeypatch.setattr(module, "_DECODED", 2)
    text = "x\nSTATEMENT:  select a from t"
    rows = _rows(*[_record("error", text)] * 5)
    assert sorted((row["fingerprint"] is None, row["count"]) for row in rows) == [
        (False, 2),
        (True, 3),
    ]


def test_no_events_are_none():
    for found in (Happened.of(None), Happened.of(tables.empty("events")), Happened.merged([])):
        assert found.count("error") == found.rows.num_rows == found.minutes.num_rows == 0
