from __future__ import annotations

import numpy as np
import pytest

from perfkit.analyses.alerts import excess

STEPS = 200


def steps(seed, share, requests=200.0, clusters=False):
    rng = np.random.default_rng(seed)
    of = rng.poisson(requests, STEPS).astype(float)
    share = share * (rng.gamma(0.5, 2.0, STEPS) if clusters else np.ones(STEPS))
    return rng.binomial(of.astype(int), np.minimum(share, 1)).astype(float), of


def worst(failed, of, length=5):
    """Say of the window with the most failures whether it is clear."""
    first = int(np.argmax(np.convolve(failed, np.ones(length), "valid")))
    inside = np.zeros(len(of), bool)
    inside[first : first + length] = True
    return excess.is_clear(failed, of, inside, ~inside, length)


@pytest.mark.parametrize("share", [0.005, 0.02, 0.1])
@pytest.mark.parametrize("clusters", [False, True])
def test_the_worst_window_of_a_constant_rate_is_not_clear(share, clusters):
    """Of a hundred recordings one at most, however much failures come in clusters."""
    clear = [
        (seed, requests)
        for seed in range(50)
        for requests in (25, 200)
        if worst(*steps(seed, share, requests, clusters=clusters))
    ]
    assert len(clear) <= (1 if clusters else 0), clear


def test_three_times_the_rate_of_the_rest_is_clear_if_it_is_no_chance():
    failed, of = steps(1, 0.01)
    failed[50:55] = 0.06 * of[50:55]
    assert worst(failed, of)
    few, of = steps(1, 0.01, requests=8.0)
    few[50:55] = [0, 1, 1, 1, 0]
    assert not worst(few, of)
    failed[50:55] = 0.025 * of[50:55]  # certain, and hardly more
    assert not worst(failed, of)


def test_without_a_rest_nothing_is_clear():
    failed, of = steps(1, 0.5)
    everything = np.ones(STEPS, bool)
    assert not excess.is_clear(failed, of, everything, ~everything, 5)


def test_what_is_usual_is_so_even_if_an_incident_holds_most_of_the_time():
    failed, of = steps(1, 0.01)
    failed[:140] = of[:140]
    assert excess.usual(failed, of, 20) == pytest.approx(0.01, abs=0.01)
    assert excess.usual(failed, of, 1e9) == 0


def test_failures_that_come_in_clusters_vary_more():
    assert excess.dispersion(*steps(1, 0.02), 5) == pytest.approx(1, abs=0.5)
    assert excess.dispersion(*steps(1, 0.02, clusters=True), 5) > 3
    assert excess.dispersion(np.zeros(9), np.ones(9), 5) == 1
