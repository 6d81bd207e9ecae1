from __future__ import annotations

import numpy as np
import pytest

HOURS = 4 * 3600


def inside(t):
    return (t >= 7200) & (t < 9000)


def test_cpu_that_rises_without_traffic_is_found(simulated, alerts):
    host = simulated.metrics(
        HOURS, every=30, cpu__utilisation=lambda t: np.where(inside(t), 0.8, 0.25)
    )
    [finding] = alerts(simulated.requests(1, seconds=HOURS), metrics=host).findings
    assert finding.rule == "cpu-without-traffic"
    assert finding.evidence[0]["cpu"] == pytest.approx(0.8)
    assert finding.evidence[0]["minutes"] == pytest.approx(30, abs=2)


def test_cpu_that_rises_with_traffic_does_its_work(simulated, rules):
    host = simulated.metrics(
        HOURS, every=30, cpu__utilisation=lambda t: np.where(inside(t), 0.8, 0.25)
    )
    busy = simulated.requests(2, seconds=HOURS, rate=lambda t: np.where(inside(t), 16.0, 5.0))
    assert rules(busy, metrics=host) == []


def test_slow_requests_while_the_cpu_is_busy_are_the_same_incident(simulated, alerts):
    host = simulated.metrics(
        HOURS, every=30, cpu__utilisation=lambda t: np.where(inside(t), 0.9, 0.25)
    )
    table = simulated.requests(
        3, seconds=HOURS, latency=lambda t, route: np.where(inside(t) & (route == 2), 3.0, 1.0)
    )
    [finding] = alerts(table, metrics=host).findings
    assert finding.rule == "cpu-without-traffic"
    assert finding.evidence[0]["also"] == "internal-slowdown on /r2; long-tail on /r2"


def test_without_readings_it_is_not_judged(simulated, alerts):
    rows = alerts(simulated.requests(1, seconds=HOURS)).rows.to_pylist()
    [row] = [r for r in rows if r["rule"] == "cpu-without-traffic"]
    assert (row["status"], row["why"]) == ("not judged", "no readings of CPU in metrics")
