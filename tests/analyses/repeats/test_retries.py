"""Retry storms: chains of attempts at one call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from perfkit.analyses.repeats.from_spans import Tree, calls_of
from perfkit.analyses.repeats.retries import Storm, findings, storms

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def found(table):
    def of(attempts):
        rows = [{"trace_id": "t", "span_id": "r", "kind": "server", "route": "/a", "name": "a"}]
        rows[0] |= {"started_at": START, "duration_ms": 9999.0}
        for n, (url, ms, status) in enumerate(attempts):
            rows.append(
                {"trace_id": "t", "span_id": f"s{n}", "parent_id": "r", "kind": "client"}
                | {"name": "GET", "url": f"http://h{url}", "status": status, "duration_ms": 5.0}
                | {"started_at": START + timedelta(milliseconds=ms)}
            )
        return storms(calls_of(Tree(table("spans", rows))))

    return of


def test_five_attempts_at_one_call_are_a_storm(found):
    (storm,) = found([("/pay", 5 * n, 503) for n in range(5)])
    assert (storm.attempts, storm.failed, storm.lost_ms) == (5, 5, 25.0)
    assert storm.backoff == "no wait"
    assert found([("/pay", 5 * n, 503) for n in range(4)]) == []


def test_a_success_ends_it_and_only_what_came_before_is_lost(found):
    attempts = [("/pay", 100 * n, 503 if n < 5 else 200) for n in range(7)]
    (storm,) = found(attempts)
    assert (storm.attempts, storm.failed, storm.lost_ms) == (6, 5, 500.0)
    assert storm.backoff == "a constant wait"


def test_a_loop_whose_items_all_fail_is_none(found):
    assert found([(f"/items/{n}", 10 * n, 500) for n in range(20)]) == []


def test_items_that_are_each_tried_thrice_are_none(found):
    assert found([(f"/items/{n // 3}", 10 * n, 500) for n in range(30)]) == []


@pytest.mark.parametrize(
    ("waits", "backoff"),
    [
        ((), "no wait"),
        ((1.0, 2.0, 4.0), "no wait"),
        ((50.0, 50.0, 51.0), "a constant wait"),
        ((50.0, 100.0, 200.0), "a growing wait"),
    ],
)
def test_how_long_it_waits_is_told(waits, backoff):
    assert storm(waits_ms=waits).backoff == backoff


def storm(**more):
    from perfkit.analyses.repeats.calls import Target

    values = {"target": Target(url="GET http://h/pay", peer="h"), "route": "/a", "trace_id": "t"}
    numbers = {"attempts": 6, "failed": 5, "lost_ms": 90.0, "waits_ms": (50.0, 50.0)}
    return Storm(**{**values, **numbers, **more})


def test_a_finding_per_call_and_route_claims_no_saving():
    one, other = findings([storm(), storm(attempts=8), storm(route="/b", waits_ms=())])
    assert one.title.startswith("/a tries GET http://h/pay 6 times because it fails, with a const")
    assert (one.saves_ms, one.severity, other.severity) == (None, "warning", "critical")
    assert one.keys == {"route": "/a", "peer": "h", "trace_id": "t"}
    assert "(2 requests)" in one.title
