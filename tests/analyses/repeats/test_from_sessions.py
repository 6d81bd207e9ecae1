"""Requests guessed from what a database session ran."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from perfkit.analyses.repeats.from_sessions import calls_of

START = datetime(2026, 3, 1, tzinfo=UTC)
LETTERS = {
    "(": "BEGIN",
    ")": "COMMIT",
    "!": "DISCARD ALL",
    "s": "select id from orders limit 40",
    "a": "select a from items where id = $1",
    "b": "select b from items where id = $1",
}


@pytest.fixture(scope="session")
def units(table):
    """Return what each guessed request ran; a letter is a statement, a blank a long pause."""

    def of(*sessions, step=1.0, **more):
        rows = []
        for number, text in enumerate(sessions):
            now = 0.0
            for letter in text:
                now += 500.0 if letter == " " else step
                if letter in LETTERS:
                    told = {"statement": LETTERS[letter], "session_id": str(number)}
                    at = START + timedelta(milliseconds=now)
                    rows.append({**told, "started_at": at, "duration_ms": 0.1, **more})
        calls = calls_of(table("queries", rows[::-1]))
        letter = {text: key for key, text in LETTERS.items()}
        found = {}
        for owner, raw in zip(calls.owner, calls.raw, strict=True):
            found[int(owner)] = found.get(int(owner), "") + letter[raw]
        return sorted(found.values())

    return of


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        (["(saaaaaa)(sbbbbbb)"], ["(saaaaaa)", "(sbbbbbb)"]),
        (["saaaaaa sbbbbbb"], ["saaaaaa", "sbbbbbb"]),
        (["saaaaaa!sbbbbbb"], ["!sbbbbbb", "saaaaaa"]),
        (["saaaaaasaaaaaaa"], ["saaaaaa", "saaaaaaa"]),
        (["ababababab"], ["ababababab"]),  # the first of a loop comes again after one other
        (["saaaaaa", "saaaaa"], ["saaaaa", "saaaaaa"]),
        (["sa sb (sa)"], []),
    ],
)
def test_a_session_is_cut_where_a_request_may_have_ended(units, sessions, expected):
    assert units(*sessions) == expected


def test_what_takes_longer_than_a_request_is_none(units):
    assert units("s" + "a" * 400, step=70.0) == ["s" + "a" * 400]
    assert units("s" + "a" * 500, step=70.0) == []


@pytest.mark.parametrize(
    "more", [{"session_id": None}, {"request_id": "r"}, {"trace_id": "t"}, {"phase": "bind"}]
)
def test_what_names_its_request_or_no_session_is_left_out(units, more):
    assert units("saaaaaa", **more) == []


def test_parameters_tell_calls_apart(table):
    row = {"statement": LETTERS["a"], "session_id": "7", "duration_ms": 0.1}
    rows = [
        row | {"parameters": f"$1 = '{n}'", "started_at": START + timedelta(milliseconds=n)}
        for n in range(6)
    ]
    assert len(set(calls_of(table("queries", rows)).raw)) == 6


def test_no_statements_are_no_calls(table):
    assert len(calls_of(table("queries", []))) == 0
    assert np.array_equal(calls_of(table("queries", [])).owners.node, [])
