from __future__ import annotations

import numpy as np
import pytest

from perfkit.analyses.alerts.rules.load import shifted_chance

HOURS = 6 * 3600


def peaks(t):
    """Four peaks of load, at irregular distances."""
    begins = np.array([2000, 6500, 9800, 17_000])
    near = ((t[:, None] >= begins) & (t[:, None] < begins + 1500)).any(axis=1)
    return np.where(near, 9.0, 3.0)


def overloaded(t, route, uniform):
    return np.where(uniform < np.where(peaks(t) > 5, 0.04, 0.002), 500, 200)


def test_errors_at_every_peak_rise_with_load(simulated, alerts):
    table = simulated.requests(1, seconds=HOURS, rate=peaks, status=overloaded)
    found = {f.rule: f for f in alerts(table).findings}
    assert "errors-with-load" in found
    row = found["errors-with-load"].evidence[0]
    assert row["busy_error_rate"] == pytest.approx(0.04, abs=0.01)
    assert row["quiet_error_rate"] < 0.01


def test_one_incident_at_one_of_the_peaks_is_a_coincidence(simulated, rules):
    def incident(t, route, uniform):
        return np.where(uniform < np.where((t >= 6500) & (t < 8000), 0.08, 0.002), 500, 200)

    table = simulated.requests(2, seconds=HOURS, rate=peaks, status=incident)
    assert "errors-with-load" not in rules(table)


def test_the_same_error_rate_at_all_loads_does_not_rise(simulated, rules):
    table = simulated.requests(
        3,
        seconds=HOURS,
        rate=peaks,
        status=lambda t, route, uniform: np.where(uniform < 0.03, 500, 200),
    )
    assert "errors-with-load" not in rules(table)


def test_a_load_that_does_not_vary_cannot_be_judged(simulated, alerts):
    table = simulated.requests(
        4, seconds=HOURS, status=lambda t, route, uniform: np.where(uniform < 0.03, 500, 200)
    )
    [row] = [r for r in alerts(table).rows.to_pylist() if r["rule"] == "errors-with-load"]
    assert (row["status"], row["why"]) == ("not judged", "the load hardly varies")


def test_two_independent_series_seldom_correlate_by_chance():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        walks = rng.normal(size=(2, 400))
        smooth = [np.convolve(w, np.ones(20), "valid") for w in walks]  # autocorrelated
        found.append(shifted_chance(*smooth))
    assert np.mean(np.array(found) < 0.05) <= 0.08
    assert shifted_chance(walks[0], walks[0]) == pytest.approx(1 / 400)
