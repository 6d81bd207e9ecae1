from __future__ import annotations

import math

import numpy as np
import pytest

HOURS = 6 * 3600


def inside(t, begin=3 * 3600, end=3 * 3600 + 1200):
    return (t >= begin) & (t < end)


def test_requests_that_stay_away_at_stable_latency_have_an_upstream_cause(simulated, alerts):
    table = simulated.requests(1, seconds=HOURS, rate=lambda t: np.where(inside(t), 1.0, 5.0))
    [finding] = alerts(table).findings
    assert finding.rule == "traffic-drop"
    assert finding.evidence[0]["rate_per_s"] == pytest.approx(1.0, abs=0.25)
    assert finding.evidence[0]["minutes"] == pytest.approx(20, abs=3)
    assert "the cause is upstream" in finding.fix.text


def test_a_drop_with_slow_answers_comes_from_inside(simulated, rules):
    table = simulated.requests(
        2,
        seconds=HOURS,
        rate=lambda t: np.where(inside(t), 1.0, 5.0),
        latency=lambda t, route: np.where(inside(t), 4.0, 1.0),
    )
    assert "traffic-drop" not in rules(table)


def test_the_end_of_a_burst_is_no_drop(simulated, rules):
    table = simulated.requests(3, seconds=HOURS, rate=lambda t: np.where(inside(t), 20.0, 5.0))
    assert rules(table) == []


def test_a_night_is_no_drop(simulated, rules):
    night = simulated.requests(
        4,
        seconds=2 * simulated.day,
        rate=lambda t: 1.0 - 0.9 * np.cos(2 * math.pi * t / simulated.day),
    )
    assert rules(night) == []


def test_a_drop_at_the_end_counts_unless_the_day_before_had_it(simulated, rules):
    day = simulated.day

    def evenings(t):
        return np.where(t % day > day - 3 * 3600, 0.2, 1.0)

    daily = simulated.requests(5, seconds=2 * day, rate=evenings)
    assert "traffic-drop" not in rules(daily)
    once = simulated.requests(
        5, seconds=2 * day, rate=lambda t: np.where(t > day, evenings(t), 1.0)
    )
    assert "traffic-drop" in rules(once)


def test_a_gap_in_the_log_is_no_drop(simulated, rules):
    gap = simulated.requests(6, seconds=HOURS, rate=lambda t: np.where(inside(t), 0.0, 5.0))
    assert rules(gap) == []


def test_a_drop_by_day_is_seen_in_the_daily_cycle_of_several_days(simulated, alerts):
    day = simulated.day
    begin, end = 3 * day + 10 * 3600, 3 * day + 13 * 3600

    def rate(t):
        return (
            0.4
            * (1 - 0.8 * np.cos(2 * math.pi * t / day))
            * np.where(inside(t, begin, end), 0.2, 1)
        )

    [finding] = alerts(simulated.requests(7, seconds=6 * day, rate=rate)).findings
    assert finding.rule == "traffic-drop"
    assert finding.evidence[0]["minutes"] == pytest.approx(180, abs=30)


def test_a_weekend_is_no_drop(simulated, rules):
    day = simulated.day
    weekends = simulated.requests(
        8, seconds=14 * day, rate=lambda t: np.where((t // day) % 7 >= 5, 0.05, 0.2)
    )
    assert rules(weekends) == []


def test_a_load_test_that_slows_down_before_it_stops_has_no_drop(simulated, rules):
    stopping = simulated.requests(
        9,
        seconds=1200,
        rate=lambda t: np.where(t > 1100, 3.0, 30.0),
    )
    assert rules(stopping) == []
