from __future__ import annotations

import numpy as np
import pytest

from perfkit.analyses.alerts import binned, per_route, rows, spells


def find(table, ratio=1.5):
    read = rows.read(table)
    routes = per_route.measure(read)
    bins = binned.bin_requests(read, routes)
    return bins, spells.find(bins, ratio, routes.p50_ms)


def test_a_spell_has_its_bins_and_the_ratio_to_comparable_ones(simulated):
    bins, [spell] = find(
        simulated.requests(
            1, latency=lambda t, route: np.where((t > 5000) & (t < 7000) & (route == 3), 2.0, 1.0)
        )
    )
    assert spell.low * bins.grid.seconds == pytest.approx(5000, abs=4 * bins.grid.seconds)
    assert spell.high * bins.grid.seconds == pytest.approx(7000, abs=4 * bins.grid.seconds)
    assert spell.ratio[spell.worst] == pytest.approx(2.0, rel=0.1)
    assert spell.raised.sum() == 1


def test_a_spell_at_a_throughput_never_seen_otherwise_has_nothing_to_compare(simulated):
    def peak(t):
        return (t > 5000) & (t < 7000)

    _, found = find(
        simulated.requests(
            2,
            rate=lambda t: np.where(peak(t), 20.0, 5.0),
            latency=lambda t, route: np.where(peak(t), 3.0, 1.0),
        )
    )
    assert found == []


def test_an_incident_of_half_the_recording_is_found(simulated):
    _, found = find(simulated.requests(3, latency=lambda t, route: np.where(t > 5400, 2.0, 1.0)))
    assert len(found) == 1
