import numpy as np

from perfkit.analyses.changes.place import placed


def test_values_that_share_nothing_place_the_change_exactly():
    values = np.concatenate([np.zeros(100), np.ones(100)])
    found = placed(values, 90, 1.0)
    assert found.at == 100
    assert 99 <= found.low <= 100 <= found.high <= 101


def test_the_interval_holds_the_true_place_in_most_samples():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(100):
        values = 0.35 * rng.standard_normal(2000) + 0.2 * (np.arange(2000) >= 1200)
        found = placed(values, 1180, 1.0)
        held += found.low <= 1200 <= found.high
    assert held >= 90


def test_more_noise_widens_the_interval():
    rng = np.random.default_rng(1)
    values = 0.35 * rng.standard_normal(2000) + 0.3 * (np.arange(2000) >= 1000)
    narrow, wide = (placed(values, 1000, noise) for noise in (1.0, 4.0))
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert wide.high - wide.low > narrow.high - narrow.low
