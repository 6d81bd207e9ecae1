from __future__ import annotations

import numpy as np

from perfkit.analyses.alerts import rows, spells, thresholds
from perfkit.analyses.alerts.certainty import is_certain
from perfkit.analyses.alerts.look import Look
from perfkit.recording import Recording


def judged(simulated, latency, rate=5.0):
    table = simulated.requests(1, rate=lambda t: np.full(len(t), rate), latency=latency)
    look = Look(Recording(), rows.read(table), thresholds.limits(None))
    found = spells.find(look.course, 1.5, look.routes.p50_ms)
    return [is_certain(look, spell, 1.5) for spell in found]


def test_a_route_that_is_slower_in_all_its_requests_surely_is(simulated):
    def latency(t, route):
        return np.where((t > 5000) & (t < 6000) & (route == 1), 2.0, 1.0)

    assert judged(simulated, latency) == [True]


def test_a_spell_in_which_most_requests_are_as_always_is_not_certain(simulated):
    def latency(t, route):
        slow = (t > 5000) & (t < 6000) & (route == 1)
        misses = np.random.default_rng(0).uniform(0, 1, len(t)) < np.where(slow, 0.55, 0.3)
        return np.where((route == 1) & misses, 6.0, 1.0)

    assert True not in judged(simulated, latency, rate=1.0)
