"""Mann-Kendall and Theil-Sen, against sums over all pairs; growth told from steps."""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.digests.cells import Minutes
from perfkit.analyses.digests.rules.trend import growing, mann_kendall, theil_sen

VALUES = st.lists(st.integers(0, 6), min_size=2, max_size=15).map(lambda v: np.array(v, float))


@settings(max_examples=80, deadline=None)
@given(values=VALUES)
def test_mann_kendall_is_the_sum_of_the_signs_of_all_pairs(values):
    pairs = itertools.combinations(values.tolist(), 2)
    score = sum((later > earlier) - (later < earlier) for earlier, later in pairs)
    n = len(values)
    ties = sum(t * (t - 1) * (2 * t + 5) for t in np.unique(values, return_counts=True)[1].tolist())
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    wanted = 0.0 if score == 0 else (score - math.copysign(1, score)) / math.sqrt(variance)
    assert mann_kendall(values) == pytest.approx(wanted)
    assert mann_kendall(values[::-1]) == pytest.approx(-wanted)


@settings(max_examples=80, deadline=None)
@given(values=VALUES)
def test_theil_sen_is_the_median_of_the_slopes_of_all_pairs(values):
    times = np.cumsum(np.arange(1, len(values) + 1)).astype(float)
    pairs = itertools.combinations(zip(times.tolist(), values.tolist(), strict=True), 2)
    slopes = [(v2 - v1) / (t2 - t1) for (t1, v1), (t2, v2) in pairs]
    assert theil_sen(times, values) == pytest.approx(statistics.median(slopes))


def _minutes(means, calls=10.0, level=0):
    count = np.broadcast_to(np.asarray(calls, float), len(means))
    return Minutes(
        period=np.arange(len(means)),
        group=np.zeros(len(means), np.int64),
        calls=count.copy(),
        total_ms=np.asarray(means) * count,
        level=level,
    )


RISING = np.linspace(4.0, 8.0, 24)


def _found(seen_of, minutes):
    seen = seen_of({})
    return list(growing(replace(seen, part=replace(seen.part, minutes=minutes))))


def test_a_steady_rise_is_told_with_its_speed(seen_of):
    [finding] = _found(seen_of, _minutes(RISING))
    [numbers] = finding.evidence
    assert numbers["mean_ms at first"] == pytest.approx(4.0)
    assert numbers["mean_ms at last"] == pytest.approx(8.0)
    assert numbers["per_hour_ms"] == pytest.approx(4.0 / 23 * 60)
    assert finding.keys == {"fingerprint_id": "f0"}


def test_the_width_of_a_period_counts(seen_of):
    [finding] = _found(seen_of, _minutes(RISING, level=3))
    assert finding.evidence[0]["per_hour_ms"] == pytest.approx(4.0 / (23 * 8) * 60)


def test_a_long_course_is_looked_at_in_wider_periods(seen_of):
    [finding] = _found(seen_of, _minutes(np.linspace(4.0, 8.0, 600), calls=2.0))
    assert finding.evidence[0]["mean_ms at last"] == pytest.approx(8.0, rel=0.02)


@pytest.mark.parametrize(
    "minutes",
    [
        _minutes(RISING[:11]),  # too short
        _minutes(RISING, calls=9.0),  # too few calls in a period
        _minutes(RISING[::-1]),
        _minutes(np.full(24, 5.0)),
        _minutes(np.repeat([4.0, 8.0], 12)),  # a step
        _minutes(np.linspace(4.0, 5.9, 24)),  # less than half as slow again
        _minutes(np.linspace(0.1, 1.0, 24)),  # less than a millisecond
        _minutes(RISING, calls=np.arange(10.0, 34.0)),  # more calls: load
        _minutes([]),
    ],
)
def test_what_does_not_grow_steadily_is_left_alone(seen_of, minutes):
    assert _found(seen_of, minutes) == []
