from __future__ import annotations

import numpy as np
import pytest


def every(period, width, times, offset=0.0):
    return lambda t, route: np.where((t - offset) % period < width, times, 1.0)


def periodic(alerts, table, **rest):
    return [f for f in alerts(table, **rest).findings if f.rule == "periodic-spikes"]


@pytest.mark.parametrize(
    ("period", "width", "hours", "cause"),
    [
        (60, 2, 1, "cron"),
        (300, 6, 3, "PostgreSQL's checkpoint_timeout"),
        (3600, 40, 12, "cron (hourly)"),
        (47, 2, 1, "garbage collection"),
    ],
)
def test_the_period_of_spikes_is_found_and_named(simulated, alerts, period, width, hours, cause):
    table = simulated.requests(
        1,
        seconds=hours * 3600,
        rate=lambda t: np.full(len(t), 20.0 if hours < 5 else 4.0),
        latency=every(period, width, 8.0, offset=11),
    )
    [finding] = periodic(alerts, table)
    assert finding.evidence[0]["period_s"] == pytest.approx(period, rel=0.02)
    assert cause in finding.title
    assert finding.saves_ms > 50


def test_an_hourly_job_is_told_by_the_minute(simulated, alerts):
    table = simulated.requests(2, seconds=12 * 3600, latency=every(3600, 60, 8.0, offset=17 * 60))
    [finding] = periodic(alerts, table)
    assert "at about :17" in finding.title


def test_a_nightly_job_needs_five_nights(simulated, alerts):
    day = simulated.day
    nightly = simulated.requests(
        3,
        seconds=6 * day,
        rate=lambda t: np.full(len(t), 0.3),
        latency=every(day, 600, 8.0, offset=3 * 3600),
    )
    [finding] = periodic(alerts, nightly)
    assert "at about 03:0" in finding.title
    assert "a backup" in finding.title


def test_spikes_at_random_times_have_no_period(simulated, alerts):
    for seed in range(5):
        begins = np.sort(np.random.default_rng(seed).uniform(0, 3600, 40))

        def latency(t, route, begins=begins):
            since = t - begins[np.maximum(np.searchsorted(begins, t) - 1, 0)]
            return np.where((since >= 0) & (since < 2), 8.0, 1.0)

        table = simulated.requests(
            seed, seconds=3600, rate=lambda t: np.full(len(t), 20.0), latency=latency
        )
        assert periodic(alerts, table) == []


def test_a_daily_peak_is_no_spike(simulated, alerts):
    day = simulated.day
    table = simulated.requests(
        4,
        seconds=6 * day,
        rate=lambda t: 0.3 - 0.2 * np.cos(2 * np.pi * t / day),
        latency=lambda t, route: 2.5 - 1.5 * np.cos(2 * np.pi * t / day),
    )
    assert periodic(alerts, table) == []
