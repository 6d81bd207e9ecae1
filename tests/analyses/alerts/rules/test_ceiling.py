from __future__ import annotations

import heapq

import numpy as np
import pyarrow as pa
import pytest

CEILINGS = {"throughput-ceiling", "blocking-work"}


def served(simulated, seconds, offered, servers, *, seed=0, service_s=0.2):
    """Return requests that ``servers`` workers serve in the order of arrival."""
    rng = np.random.default_rng(seed)
    times = np.sort(
        rng.uniform(0, seconds, rng.poisson(max(offered(np.arange(seconds))) * seconds))
    )
    times = times[rng.uniform(0, max(offered(np.arange(seconds))), len(times)) < offered(times)]
    free = [0.0] * servers
    ends = []
    for at, need in zip(times, rng.lognormal(np.log(service_s), 0.3, len(times)), strict=True):
        begin = max(heapq.heappop(free), at)
        heapq.heappush(free, begin + need)
        ends.append(begin + need)
    return pa.table(
        {
            "started_at": pa.array(simulated.at(times), pa.timestamp("ns", "UTC")),
            "duration_ms": (np.array(ends) - times) * 1e3,
            "route": ["/work"] * len(times),
            "status": [200] * len(times),
        }
    )


def ramp(t):
    """From 5 to 60 requests a second in ten minutes; eight workers serve about 38."""
    return 5 + 55 * np.asarray(t) / 600


def test_throughput_stays_flat_while_concurrency_rises(simulated, alerts):
    found = alerts(served(simulated, 600, ramp, 8)).findings
    [finding] = [f for f in found if f.rule in CEILINGS]
    assert finding.rule == "throughput-ceiling"
    row = finding.evidence[0]
    assert row["ceiling_per_s"] == pytest.approx(8 / 0.209, rel=0.1)
    assert row["knee"] == pytest.approx(8, rel=0.25)
    assert row["in_flight"] > 16


@pytest.mark.parametrize(("cpu", "rule"), [(0.2, "blocking-work"), (0.97, "throughput-ceiling")])
def test_cpu_tells_blocking_work_from_a_full_machine(simulated, alerts, cpu, rule):
    host = simulated.metrics(600, every=5, cpu__utilisation=cpu)
    found = alerts(served(simulated, 600, ramp, 8), metrics=host).findings
    [finding] = [f for f in found if f.rule in CEILINGS]
    assert finding.rule == rule
    assert ("perfkit.event_loop" in finding.fix.snippet) == (rule == "blocking-work")


def test_enough_workers_have_no_ceiling(simulated, rules):
    assert not CEILINGS & set(rules(served(simulated, 600, ramp, 40)))


def test_a_slow_spell_at_constant_traffic_is_no_ceiling(simulated, rules):
    slow = simulated.requests(
        1,
        seconds=3600,
        rate=lambda t: np.full(len(t), 50.0),
        latency=lambda t, route: np.where((t > 1200) & (t < 2400), 8.0, 4.0) ** 1.5,
    )
    assert not CEILINGS & set(rules(slow))


def test_one_endless_download_is_no_queue(simulated, rules):
    table = simulated.requests(2, seconds=3600, rate=lambda t: 5 + t / 200)
    durations = table["duration_ms"].to_numpy().copy()
    durations[-2000::50] = 600_000.0
    table = table.set_column(1, "duration_ms", pa.array(durations))
    assert not CEILINGS & set(rules(table))


def closed_loop(simulated, stages, capacity):
    """Return what users find who ask again at once; ``capacity`` of them are served at a time."""
    rng = np.random.default_rng(0)
    rows, begin = [], 0.0
    for seconds, users in stages:
        waiting = [(begin + rng.uniform(0, 0.1), user) for user in range(users)]
        heapq.heapify(waiting)
        while waiting:
            at, user = heapq.heappop(waiting)
            took = 0.02 * max(1.0, users / capacity) * rng.lognormal(0, 0.3)
            if at + took < begin + seconds:
                rows.append((at, took))
                heapq.heappush(waiting, (at + took + 0.002, user))
        begin += seconds
    times, took = np.array(sorted(rows)).T
    return pa.table(
        {
            "started_at": pa.array(simulated.at(times), pa.timestamp("ns", "UTC")),
            "duration_ms": took * 1e3,
            "route": ["/work"] * len(times),
        }
    )


def test_a_load_test_of_ever_more_users_shows_the_ceiling(simulated, alerts):
    stages = [(60, users) for users in (1, 2, 4, 8, 16, 32)]
    [finding] = alerts(closed_loop(simulated, stages, 6)).findings
    assert finding.rule == "throughput-ceiling"
    assert finding.evidence[0]["ceiling_per_s"] == pytest.approx(6 / 0.021, rel=0.15)


def test_a_load_test_below_the_capacity_shows_none(simulated, rules):
    assert rules(closed_loop(simulated, [(60, users) for users in (1, 2, 4, 8, 16)], 40)) == []
