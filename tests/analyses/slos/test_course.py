import numpy as np
import pytest

from perfkit.analyses.slos.course import course, first_broken, periods_of, worst
from perfkit.analyses.slos.seen import seen


@pytest.mark.parametrize(
    ("every_s", "step"), [(0.01, 0.5), (0.65, 5), (8, 60), (40, 60), (1000, 300)]
)
def test_periods_are_short_enough_for_the_windows_of_alerts(requests, every_s, step):
    grid = periods_of(seen(requests([1.0] * 600, every_s=every_s)))
    assert grid.seconds == step
    assert grid.size * grid.seconds >= 599 * every_s


def test_without_times_there_are_no_periods(requests):
    assert periods_of(seen(requests([1.0] * 3, every_s=0))) is None


def test_every_request_is_in_a_period(requests, objective):
    found = seen(requests([1.0, 300.0] * 500, every_s=7))
    sample = found.of(0, objective("p95<200ms"))
    whole = course(found, sample, periods_of(found), 0.05)
    assert (whole.requests.sum(), whole.over.sum()) == (1000, 500)
    assert whole.excess.sum() == pytest.approx(450)


def test_joined_periods_hold_as_many(courses):
    joined = courses([1, 2, 3, 4, 5], [0, 1, 0, 1, 0]).joined(2)
    assert joined.requests.tolist() == [3, 7, 5]
    assert joined.seconds == 120
    assert joined.ends[-1] - joined.ends[0] == 2 * 120 * 10**9


def test_the_worst_minutes_have_most_requests_too_many(courses):
    requests = np.full(60, 100.0)
    over = np.zeros(60)
    over[[7, 30, 50]] = 20, 90, 4  # 4 of 100 may be
    found, places = worst(courses(requests, over), 5)
    assert found.seconds == 60
    assert places.tolist() == [30, 7]


def test_of_a_short_recording_the_worst_times_are_no_longer_than_a_24th(courses):
    found, _ = worst(courses([10] * 240, [0] * 240, seconds=1), 3)
    assert found.seconds == 10


def test_it_is_broken_from_the_minute_the_first_incident_began(courses, start):
    over = np.random.default_rng(5).binomial(100, 0.01, 480)
    over[300:330] = 40
    over[400:460] = 90
    first = (first_broken(courses([100] * 480, over)) - start) / 60e9
    assert 299 <= first <= 300


def test_what_is_broken_evenly_is_broken_from_the_beginning(courses, start):
    rng = np.random.default_rng(2)
    over = rng.binomial(20, 0.08, 480)
    first = (first_broken(courses([20] * 480, over)) - start) / 60e9
    assert first <= 30


def test_what_is_not_surely_broken_anywhere_counts_from_the_beginning(courses, start):
    assert first_broken(courses([10] * 8, [1] * 8)) == start
