import numpy as np
import pytest

from perfkit.analyses.changes.course import course
from perfkit.analyses.changes.series import binned

HOUR = 3600 * 10**9
MONDAY = 1_767_571_200 * 10**9


def made(count, hours, slow, sigma=0.35, seed=0):
    rng = np.random.default_rng(seed)
    at = np.sort(rng.uniform(0, hours, count))
    logs = 3 + slow(at) + sigma * rng.standard_normal(count)
    return course(binned(MONDAY + (at * HOUR).astype(np.int64), np.exp(logs)))


def places(known):
    times = known.series.times
    return [(int(times[b.place.at]) - MONDAY) / HOUR for b in known.boundaries]


def daily(at):
    return 0.4 * np.sin(2 * np.pi * at / 24)


def test_a_series_that_stays_has_no_boundary():
    known = made(5000, 3, lambda at: 0 * at)
    assert not known.boundaries
    assert not known.drifts


def test_two_steps_up_are_two_boundaries():
    known = made(8000, 10, lambda at: 0.3 * (at > 3) + 0.3 * (at > 7))
    assert places(known) == pytest.approx([3, 7], abs=0.3)


def test_an_incident_of_ten_minutes_in_a_day_is_found():
    known = made(24_000, 24, lambda at: 1.0 * ((at > 14) & (at < 14.17)))
    assert places(known) == pytest.approx([14, 14.17], abs=0.02)


@pytest.mark.parametrize("days", [2, 3, 5, 7])
def test_a_daily_cycle_hides_no_step_and_is_none(days):
    assert not made(6000 * days, 24 * days, daily).boundaries
    at = 24 * days - 17
    known = made(6000 * days, 24 * days, lambda t: daily(t) + 0.3 * (t > at))
    assert places(known) == pytest.approx([at], abs=0.5)


def test_weekends_that_differ_are_no_change_of_two_weeks():
    known = made(30_000, 336, lambda at: 0.3 * ((at // 24) % 7 >= 5))
    assert not known.boundaries
    assert not known.drifts


@pytest.mark.parametrize(("hours", "slope"), [(10, 0.06), (168, 0.004)])
def test_growth_is_gradual_not_a_step(hours, slope):
    known = made(12_000, hours, lambda at: slope * at)
    assert not known.boundaries
    assert {slow.drift.start is None for slow in known.drifts.values()} == {False}


def test_less_than_two_days_of_a_cycle_are_a_bend_not_a_step():
    known = made(20_000, 24, daily)
    assert not known.boundaries
    assert {slow.drift.start for slow in known.drifts.values()} == {None}


def test_a_large_step_on_a_bend_is_still_a_step():
    known = made(20_000, 24, lambda at: 0.5 * daily(at) + 0.5 * (at > 15))
    assert places(known) == pytest.approx([15], abs=0.2)


def test_one_outlier_in_twenty_changes_nothing():
    rng = np.random.default_rng(7)
    assert not made(5000, 3, lambda at: 8.0 * (rng.uniform(size=len(at)) < 0.03)).boundaries
