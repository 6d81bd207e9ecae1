from __future__ import annotations

import numpy as np
import pytest

HOURS = 4 * 3600
INCIDENT = (2 * 3600, 2.5 * 3600)
LATENCY_RULES = {"slow-together", "slow-without-cpu", "internal-slowdown"}


def inside(t):
    return (t >= INCIDENT[0]) & (t < INCIDENT[1])


def slower(times, *routes):
    """Latency of these routes (none: all) times a factor during the incident."""

    def latency(t, route):
        mine = np.isin(route, routes) if routes else True
        return np.where(inside(t) & mine, times, 1.0)

    return latency


def test_one_slow_route_at_the_usual_throughput_has_an_internal_cause(simulated, alerts):
    found = alerts(simulated.requests(1, seconds=HOURS, latency=slower(2.5, 2))).findings
    [finding] = [f for f in found if f.rule == "internal-slowdown"]
    assert finding.keys["route"] == "/r2"
    assert "2026-09-21 02:00" in finding.title
    assert "perfkit.since_when(rec)" in finding.fix.snippet
    # 1.5 x 40 ms more for every request, half of them above the median's excess
    assert finding.saves_ms == pytest.approx(60, rel=0.1)
    assert finding.saves_times == pytest.approx(1800, rel=0.1)


def test_the_window_pastes_into_the_recording(simulated, alerts):
    from perfkit.recording import Recording

    table = simulated.requests(1, seconds=HOURS, latency=slower(2.5, 2))
    [finding] = [f for f in alerts(table).findings if f.rule == "internal-slowdown"]
    code = finding.fix.snippet.rpartition("perfkit.diagnose(")[2].removesuffix(")")
    part = eval(code, {"rec": Recording(contents={"requests": table})})
    assert part.arrow("requests").num_rows == pytest.approx(1800 * 5, rel=0.1)


def test_unrelated_routes_that_slow_down_together_point_to_pool_and_loop(simulated, alerts):
    found = alerts(simulated.requests(2, seconds=HOURS, latency=slower(2.5))).findings
    [finding] = [f for f in found if f.rule in LATENCY_RULES]
    assert finding.rule == "slow-together"
    assert finding.title.startswith("5 of 5 routes are slow together")
    assert "perfkit.pool(part)" in finding.fix.snippet
    assert "perfkit.event_loop(part)" in finding.fix.snippet


def test_two_slow_routes_of_five_are_not_all_together(simulated, rules):
    assert rules(simulated.requests(2, seconds=HOURS, latency=slower(2.5, 1, 2))) == [
        "internal-slowdown"
    ]


def test_a_slow_route_while_cpu_and_memory_rest_points_to_the_pool(simulated, alerts):
    host = simulated.metrics(HOURS, cpu__utilisation=0.3, memory__utilisation=0.5)
    table = simulated.requests(3, seconds=HOURS, latency=slower(2.5, 2))
    found = alerts(table, metrics=host).findings
    assert [f.rule for f in found] == ["slow-without-cpu"]
    assert "perfkit.pool(" in found[0].fix.snippet


@pytest.mark.parametrize("busy", ["cpu", "memory"])
def test_a_slow_route_with_a_busy_host_has_another_cause(simulated, rules, busy):
    host = simulated.metrics(
        HOURS,
        cpu__utilisation=lambda t: np.where(inside(t) & (busy == "cpu"), 0.95, 0.3),
        memory__utilisation=lambda t: np.where(inside(t) & (busy == "memory"), 0.95, 0.5),
    )
    table = simulated.requests(3, seconds=HOURS, latency=slower(2.5, 2))
    assert "slow-without-cpu" not in rules(table, metrics=host)
    assert "internal-slowdown" in rules(table, metrics=host) or busy == "cpu"


def test_memory_in_bytes_that_grows_is_an_explanation(simulated, rules):
    host = simulated.metrics(
        HOURS, cpu__utilisation=0.3, memory__used=lambda t: np.where(inside(t), 3e9, 1e9)
    )
    table = simulated.requests(3, seconds=HOURS, latency=slower(2.5, 2))
    assert rules(table, metrics=host) == ["internal-slowdown"]


def test_latency_that_follows_a_peak_of_traffic_is_no_internal_cause(simulated, rules):
    peak = simulated.requests(
        4, seconds=HOURS, rate=lambda t: np.where(inside(t), 15.0, 5.0), latency=slower(2.5)
    )
    assert not set(rules(peak)) & LATENCY_RULES


def test_a_shift_towards_slow_routes_is_no_slower_service(simulated, rules):
    import pyarrow as pa

    usual = simulated.requests(5, seconds=HOURS, shares=[0.8, 0.05, 0.05, 0.05, 0.05])
    other = simulated.requests(6, seconds=HOURS, shares=[0.05, 0.05, 0.05, 0.05, 0.8])
    times = [
        t["started_at"].cast(pa.int64()).to_numpy() / 1e9 - simulated.start_s
        for t in (usual, other)
    ]
    mixed = pa.concat_tables(
        [usual.filter(pa.array(~inside(times[0]))), other.filter(pa.array(inside(times[1])))]
    )
    assert not set(rules(mixed)) & LATENCY_RULES


def test_a_minute_of_cold_caches_is_no_spell(simulated, rules):
    cold = simulated.requests(
        7, seconds=HOURS, latency=lambda t, route: np.where((t > 7200) & (t < 7230), 3.0, 1.0)
    )
    assert not set(rules(cold)) & LATENCY_RULES


def test_a_deploy_at_the_beginning_is_named(simulated, alerts):
    table = simulated.requests(1, seconds=HOURS, latency=slower(2.5, 2))
    deploys = simulated.events((INCIDENT[0] - 20, "deploy", None, "release 7"))
    [finding] = alerts(table, events=deploys).findings
    assert "'release 7' was deployed" in finding.fix.snippet


def test_the_threshold_decides(simulated, rules):
    table = simulated.requests(8, seconds=HOURS, latency=slower(1.9, 2))
    assert rules(table) == ["internal-slowdown"]
    assert rules(table, thresholds={"slowdown_ratio": 2.2}) == []
