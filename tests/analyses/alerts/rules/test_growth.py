from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses.alerts.rules.growth import trend

DAYS = 8


def growing(simulated, per_day, seed=1):
    def latency(t, route):
        cycle = 1 + 0.2 * np.sin(2 * math.pi * t / simulated.day)
        return cycle * np.where(route == 2, (1 + per_day) ** (t / simulated.day), 1.0)

    return simulated.requests(
        seed,
        seconds=DAYS * simulated.day,
        rate=lambda t: np.full(len(t), 0.2),
        latency=latency,
    )


def test_a_route_that_takes_longer_every_day_is_found(simulated, alerts):
    [finding] = alerts(growing(simulated, 0.06)).findings
    assert finding.rule == "gradual-growth"
    assert finding.keys["route"] == "/r2"
    assert finding.evidence[0]["growth_per_day"] == pytest.approx(0.06, abs=0.01)
    assert "it doubles in 1" in finding.title  # 12 days


def test_rows_examined_that_grow_are_the_explanation(simulated, alerts):
    t = np.linspace(0, DAYS * simulated.day - 1, 8000)
    queries = tables.from_columns(
        "queries",
        {
            "started_at": pa.array(simulated.at(t), pa.timestamp("ns", "UTC")),
            "rows_examined": (1000 * 1.05 ** (t // simulated.day)).astype(int),
        },
    )
    [finding] = alerts(growing(simulated, 0.06), queries=queries).findings
    assert finding.evidence[0]["rows_examined_per_day"] == pytest.approx(0.05, abs=0.01)
    assert "rows examined per statement grow by 5" in finding.title
    assert "an index or a limit is missing" in finding.fix.text


def test_a_daily_cycle_is_no_growth(simulated, rules):
    assert rules(growing(simulated, 0.0)) == []


def test_one_step_is_no_growth(simulated, rules):
    stepped = simulated.requests(
        3,
        seconds=DAYS * simulated.day,
        rate=lambda t: np.full(len(t), 0.2),
        latency=lambda t, route: np.where((route == 2) & (t > 4 * simulated.day), 1.4, 1.0),
    )
    assert "gradual-growth" not in rules(stepped)


def test_the_trend_of_days_is_seen_through_hours_and_noise():
    rng = np.random.default_rng(0)
    hours = np.sin(np.arange(24)) * 0.5
    days = 0.05 * np.arange(10)[:, None] + hours + rng.normal(0, 0.05, (10, 24))
    per_day, total, clear = trend(days)
    assert per_day == pytest.approx(0.05, abs=0.005)
    assert total == pytest.approx(0.45, abs=0.05)
    assert clear
    assert not trend(hours + rng.normal(0, 0.05, (10, 24)))[2]
    assert trend(np.full((3, 24), np.nan)) == (0.0, 0.0, False)
