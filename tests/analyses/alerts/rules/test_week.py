from __future__ import annotations

import math

import numpy as np
import pytest


def weekly(t, day, growth=0.0):
    """A daily cycle, quiet weekends; 0.2 a second on average."""
    cycle = 1 - 0.6 * np.cos(2 * math.pi * t / day)
    return 0.2 * cycle * np.where((t // day) % 7 >= 5, 0.5, 1.0) * (1 + growth * t / (7 * day))


def test_a_third_fewer_requests_than_a_week_before_are_found(simulated, alerts):
    day = simulated.day
    begin, end = 9 * day + 9 * 3600, 9 * day + 15 * 3600
    table = simulated.requests(
        1,
        seconds=11 * day,
        rate=lambda t: weekly(t, day) * np.where((t >= begin) & (t < end), 0.65, 1.0),
    )
    [finding] = alerts(table).findings
    assert finding.rule == "week-drop"
    assert finding.evidence[0]["hours"] == pytest.approx(6, abs=1)
    assert "2026-09-30 09:00:00" in finding.title
    assert "perfkit.compare(rec.between(" in finding.fix.snippet


def test_weekends_growth_and_days_are_no_drop(simulated, rules):
    day = simulated.day
    for growth in (0.0, 0.15, -0.1):
        table = simulated.requests(2, seconds=15 * day, rate=lambda t, g=growth: weekly(t, day, g))
        assert rules(table) == []


def test_a_week_alone_cannot_be_compared(simulated, alerts):
    table = simulated.requests(3, seconds=7 * simulated.day, rate=lambda t: weekly(t, 86_400))
    [row] = [r for r in alerts(table).rows.to_pylist() if r["rule"] == "week-drop"]
    assert (row["status"], row["why"]) == ("not judged", "7.0 days recorded, 8 are needed")


def test_weeks_that_differ_in_both_directions_say_nothing(simulated, rules):
    day = simulated.day
    rng = np.random.default_rng(4)
    wild = np.exp(rng.normal(0, 0.3, 24 * 15 // 6 + 1))  # every six hours another level
    table = simulated.requests(
        4,
        seconds=15 * day,
        rate=lambda t: weekly(t, day) * wild[(t // (6 * 3600)).astype(int)],
    )
    assert "week-drop" not in rules(table)
