from __future__ import annotations

import random
import time

import numpy as np
import pyarrow as pa
import pytest

import perfkit
from perfkit import sources, tables
from perfkit.analyses.alerts import THRESHOLDS, found
from perfkit.recording import Recording
from perfkit.routes import routes


def judged(name):
    rec = perfkit.sample(name)
    requests = sources.primary(rec, "requests")
    return found(rec, tables.with_column(requests, "route", routes(requests).dictionary_encode()))


def test_the_healthy_shop_is_quiet():
    assert judged("healthy").findings == ()


def test_the_launch_slows_unrelated_routes_together():
    [together] = [f for f in judged("shop_launch").findings if f.rule == "slow-together"]
    assert "/users/{user_id}" in {row["route"] for row in together.evidence if row["raised"]}


def test_one_faulty_route_has_an_internal_cause():
    [finding] = judged("n_plus_one").findings
    assert finding.rule == "internal-slowdown"
    assert finding.evidence[0]["route"] == "/orders"


@pytest.mark.parametrize("block", range(4))
def test_healthy_services_of_all_kinds_fire_nothing(simulated, block):
    """At most 5 % of healthy recordings may raise any alert: of 24, one by chance at most."""
    alarms = []
    for seed in range(1000 + 6 * block, 1006 + 6 * block):
        healthy = simulated.healthy(seed)
        alarms += [(seed, f.rule, f.title) for f in found(healthy.rec, healthy.requests).findings]
    assert alarms == []


def test_every_rule_has_one_row_and_says_why_it_could_not_judge(simulated):
    rows = found(Recording(), simulated.requests(1, seconds=60)).rows.to_pylist()
    assert len({row["rule"] for row in rows}) == len(rows) == 20
    assert {row["status"] for row in rows} == {"quiet", "not judged"}
    assert all(row["why"] for row in rows if row["status"] == "not judged")
    assert all(row["checked"] for row in rows)


def test_the_order_of_the_lines_does_not_matter(simulated):
    def latency(t, route):
        return np.where((t > 7200) & (route == 1), 3.0, 1.0)

    table = simulated.requests(2, latency=latency)
    order = list(range(table.num_rows))
    random.Random(0).shuffle(order)
    one, other = found(Recording(), table), found(Recording(), table.take(pa.array(order)))
    assert [f.to_dict() for f in one.findings] == [f.to_dict() for f in other.findings]
    assert one.rows.equals(other.rows)
    assert one.findings


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"route": pa.array([None] * 50, pa.string())},
        {"duration_ms": [np.nan] * 50, "status": [None] * 50},
        {"duration_ms": [-1.0, np.inf] * 25},
        {"started_at": pa.array([None] * 50, pa.timestamp("ns", "UTC"))},
        {"started_at": pa.array([7] * 50, pa.timestamp("ns", "UTC")), "duration_ms": [0.0] * 50},
        {"started_at": pa.array([0, 2**62] * 25, pa.timestamp("ns", "UTC"))},
    ],
)
def test_whatever_is_unknown_is_no_finding(columns):
    assert found(Recording(), pa.table({"path": ["/"] * 50, **columns})).findings == ()


def test_thresholds_are_public_and_reach_the_rules(simulated):
    table = simulated.requests(3, seconds=600)
    assert found(Recording(), table).findings == ()
    strict = found(Recording(), table, {"slow_p95_ms": 1.0})
    assert {f.rule for f in strict.findings} == {"slow-route"}
    assert "slow_p95_ms" in THRESHOLDS


def test_a_million_requests_take_a_second(simulated):
    table = simulated.requests(4, seconds=20_000, rate=lambda t: np.full(len(t), 50.0))
    begin = time.process_time()
    found(Recording(), table)
    assert time.process_time() - begin < 3  # a fifth of it on an idle machine
