"""Which of several deploys made requests slow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.diagnosis.deploys import slow_stretch

START = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
NS = int(START.timestamp()) * 1_000_000_000


def recorded(built, levels, *, each=100, mix=None):
    """Stretches of ``each`` seconds, a request a second; ``mix``: the share of slow routes."""
    rng = np.random.default_rng(5)
    rows = []
    for place, level in enumerate(levels):
        for n in range(each):
            heavy = rng.random() < (mix[place] if mix else 0.5)
            usual = 200.0 if heavy else 10.0
            rows.append(
                {
                    "started_at": START + timedelta(seconds=place * each + n),
                    "duration_ms": float(usual * level * rng.lognormal(0, 0.2)),
                    "route": "/heavy" if heavy else "/light",
                }
            )
    return built(requests=rows), NS + np.arange(1, len(levels)) * each * 1_000_000_000


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([1, 2], (0, None)),
        ([1, 2, 1], (0, 1)),
        ([1, 1, 2], (1, None)),
        ([1, 2, 2, 1], (0, 2)),
        ([1, 1.5, 4, 1], (1, 2)),
        ([1, 1, 1], (1, None)),
        ([2, 1, 1], (1, None)),
    ],
)
def test_the_stretch_that_is_slowest_beside_the_one_before_it(built, levels, expected):
    assert slow_stretch(*recorded(built, levels)) == expected


def test_more_requests_to_the_slow_route_are_no_slow_release(built):
    assert slow_stretch(*recorded(built, [1, 1, 1], mix=[0.1, 0.9, 0.1])) == (1, None)


def test_a_few_requests_say_nothing(built):
    assert slow_stretch(*recorded(built, [1, 9, 1], each=20)) == (1, None)


@given(st.lists(st.integers(0, 4 * 10**9), min_size=1, max_size=6).map(sorted))
def test_deploys_at_any_time_have_an_answer(seconds):
    from perfkit.recording import Recording

    began, ended = slow_stretch(Recording(), np.array(seconds) * 1_000_000_000)
    assert (began, ended) == (len(seconds) - 1, None)
