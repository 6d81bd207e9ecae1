from __future__ import annotations

import numpy as np
import pytest

from perfkit.analyses.alerts import spikes


def test_spikes_begin_where_more_is_slow_than_around():
    count = np.full(500, 20.0)
    slow = np.random.default_rng(0).binomial(20, 0.02, 500).astype(float)
    slow[[100, 101, 300]] = 15.0
    assert spikes.onsets(count, slow).tolist() == [100, 300]


def test_a_busy_bin_with_the_usual_share_is_no_spike():
    count = np.full(500, 20.0)
    count[250] = 400.0
    assert spikes.onsets(count, count * 0.1).tolist() == []


def test_some_missing_and_some_other_spikes_do_not_hide_a_period():
    rng = np.random.default_rng(1)
    starts = np.arange(7, 3600, 60)
    kept = np.sort(np.concatenate((np.delete(starts, [3, 20]), rng.integers(0, 3600, 10))))
    found = spikes.found(np.unique(kept), 3600, 1.0)
    assert found is not None
    assert found.length == 60
    assert found.hits == pytest.approx(58, abs=2)


def test_spikes_at_random_have_no_period():
    rng = np.random.default_rng(2)
    for count in (5, 20, 60, 200):
        for _ in range(100):
            starts = np.unique(rng.integers(0, 7200, count))
            assert spikes.found(starts, 7200, 1.0) is None


def test_the_period_is_neither_halved_nor_doubled():
    for period in (30, 60, 120):
        found = spikes.found(np.arange(5, 7200, period), 7200, 1.0)
        assert found is not None
        assert found.length == pytest.approx(period)


def test_four_spikes_are_too_few():
    assert spikes.found(np.array([10, 70, 130, 190]), 300, 1.0) is None
