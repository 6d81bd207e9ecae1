"""Idle transactions, errors and connections, at their thresholds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from perfkit.analyses.digests.idle import Idle
from perfkit.analyses.digests.rules.sessions import churning, failing, idle_in_transaction
from perfkit.recording import Note

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("idle", "told"),
    [
        (Idle(gaps=3, total_ms=10_000.0, longest_ms=4000.0), True),
        (Idle(gaps=2, total_ms=90_000.0, longest_ms=80_000.0), False),
        (Idle(gaps=9, total_ms=9_999.0, longest_ms=1200.0), False),
        (Idle(), False),
    ],
)
def test_three_gaps_of_ten_seconds_in_all_are_told(seen_of, idle, told):
    found = list(idle_in_transaction(seen_of(idle=idle)))
    assert [f.rule for f in found] == ["idle-in-transaction"] * told
    if told:
        assert found[0].title.startswith("3 transactions were left alone for 1.00 s and more")
        assert found[0].evidence[0]["max_ms"] == 4000.0
        assert found[0].confidence == "medium"


@pytest.mark.parametrize(
    "event", [{"sqlstate": "25P03"}, {"what": "idle_in_transaction_session_timeout"}]
)
def test_sessions_that_the_server_ended_are_certain(seen_of, event):
    other = {"sqlstate": "57014", "what": "statement_timeout", "count": 90}
    [finding] = idle_in_transaction(seen_of(happened=[{**event, "count": 2}, other]))
    assert finding.title == "2 sessions were ended because they idled in a transaction"
    assert (finding.confidence, finding.evidence[0]["ended by the server"]) == ("high", 2)


def _counted(calls, errors=0.0):
    return {"calls": np.array([calls]), "errors": np.array([errors])}


@pytest.mark.parametrize(
    ("calls", "told_of", "failed", "told"),
    [
        (380.0, 20, 0.0, True),  # one in twenty
        (381.0, 20, 0.0, False),
        (0.0, 19, 0.0, False),  # few
        (100.0, 0, 20.0, True),  # told by the statements themselves
        (100.0, 15, 15.0, False),  # the same ones, told twice
        (0.0, 0, 0.0, False),
    ],
)
def test_one_error_in_twenty_statements_is_told(seen_of, calls, told_of, failed, told):
    events = [{"kind": "error", "what": "relation … does not exist", "count": told_of}]
    found = list(failing(seen_of(happened=events, sums=_counted(calls, failed))))
    assert [f.rule for f in found] == ["many-errors"] * told
    if told_of and told:
        assert found[0].title.endswith("; most: relation … does not exist")
        assert found[0].evidence[0]["count"] == told_of


def test_deadlocks_and_cancelled_statements_are_errors_and_a_long_message_is_cut(seen_of):
    events = [
        {"kind": "error", "what": "x" * 500, "count": 10},
        {"kind": "deadlock", "count": 5},
        {"kind": "cancelled", "count": 5},
        {"kind": "connection", "count": 500},
    ]
    [finding] = failing(seen_of(happened=events, sums=_counted(0.0)))
    assert finding.title.startswith("20 errors beside 0 statements")
    assert len(finding.title) < 200
    assert len(finding.evidence) == 3


def _connections(per_minute, minutes):
    return [
        {"kind": "connection", "minute": START + timedelta(minutes=n), "count": per_minute}
        for n in range(minutes)
    ]


@pytest.mark.parametrize(
    ("per_minute", "minutes", "calls", "told"),
    [
        (60, 2, 1200.0, True),
        (59, 2, 118.0, False),  # less than one per second
        (99, 1, 99.0, False),  # few in all
        (100, 1, 100.0, True),
        (60, 2, 1201.0, False),  # more than ten statements each
    ],
)
def test_one_connection_per_second_for_ten_statements_is_told(
    seen_of, per_minute, minutes, calls, told
):
    known = {"kind": "connection", "what": "ann@shop", "count": per_minute * minutes}
    seen = seen_of(
        happened=[known], minutes=_connections(per_minute, minutes), sums=_counted(calls)
    )
    found = list(churning(seen))
    assert [f.rule for f in found] == ["connection-churn"] * told
    if told:
        assert found[0].evidence == [{"what": "ann@shop", "count": per_minute * minutes}]
        assert f"{per_minute / 60:,.1f} per second" in found[0].title


def test_below_a_threshold_of_the_log_the_statements_of_a_connection_are_unknown(seen_of):
    parts = {"minutes": _connections(60, 2), "sums": _counted(120.0)}
    assert list(churning(seen_of(**parts)))
    quality = [Note(kind="threshold", message="from 5 ms")]
    assert list(churning(seen_of(**parts, quality=quality))) == []


def test_a_pause_without_connections_counts(seen_of):
    minutes = [*_connections(100, 1), {"kind": "connection", "minute": START + timedelta(hours=1)}]
    minutes[1]["count"] = 100
    assert list(churning(seen_of(minutes=minutes, sums=_counted(200.0)))) == []
