import numpy as np
import pytest

from perfkit.analyses.changes.series import binned
from perfkit.analyses.changes.shape import drift
from perfkit.statistics.change_points import Noise, Stretch

HOUR = 3600 * 10**9
MONDAY = 1_767_571_200 * 10**9


def judged(slow, hours=4.0, start=0.5):
    at = np.linspace(0, hours, 6000)
    series = binned(MONDAY + (at * HOUR).astype(np.int64), np.ones(6000))
    size = len(series.first)
    middles = series.middles * series.width / HOUR
    levels = slow(middles) + 0.01 * np.random.default_rng(0).standard_normal(size)
    found = Stretch(start=int(start * size), end=size, excess=9.0, sign=1, noise=Noise())
    return drift(series, levels, found, np.zeros(size, np.int64))


def test_a_step_is_no_drift():
    assert judged(lambda at: 0.3 * (at >= 2)) is None


def test_two_steps_are_no_drift():
    assert judged(lambda at: 0.3 * (at >= 2) + 0.3 * (at >= 3)) is None


def test_growth_has_a_beginning_and_an_end():
    found = judged(lambda at: 0.5 * np.clip(at - 1, 0, 2) / 2)
    assert (found.start - MONDAY) / HOUR == pytest.approx(1, abs=0.3)
    assert (found.end - MONDAY) / HOUR == pytest.approx(3, abs=0.3)
    assert found.course[-1] - found.course[0] == pytest.approx(0.5, abs=0.03)


def test_what_rises_and_falls_with_the_day_has_no_ends():
    found = judged(lambda at: 0.4 * np.sin(2 * np.pi * at / 24), hours=20.0)
    assert (found.start, found.end) == (None, None)
    assert len(found.course) == 6000
