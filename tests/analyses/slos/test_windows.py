import numpy as np
import pytest

from perfkit.analyses.slos.windows import alerts, burn, covered, length

HOUR = 3600.0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (30, []),
        (HOUR, ["1 h and 5 min above 14.4"]),
        (8 * HOUR, ["1 h and 5 min above 14.4", "6 h and 30 min above 6"]),
        (
            72 * HOUR,
            ["1 h and 5 min above 14.4", "6 h and 30 min above 6", "3 d and 6 h above 1"],
        ),
        (0.5 * HOUR, ["5 min and 25 s above 14.4", "30 min and 2 min 30 s above 6"]),
    ],
)
def test_only_windows_that_the_recording_covers_are_looked_at(seconds, said):
    assert [str(window) for window in covered(seconds)] == said


def test_the_thresholds_are_those_of_a_budget_for_thirty_days():
    """Workbook, chapter 5: 2 % of the budget in an hour, 5 % in six, 10 % in three days."""
    used = [window.rate * window.long_s / (30 * 24 * HOUR) for window in covered(72 * HOUR)]
    assert used == pytest.approx([0.02, 0.05, 0.10])


@pytest.mark.parametrize(
    ("seconds", "said"), [(3600, "1 h"), (300, "5 min"), (259_200, "3 d"), (90, "1 min 30 s")]
)
def test_a_length_has_no_zeros(seconds, said):
    assert length(seconds) == said


def test_the_burn_rate_is_that_of_the_time_before(courses):
    found = burn(courses([100, 100, 0, 100], [0, 10, 0, 20]), 120)
    assert found[0] != found[0]  # not yet
    assert found[1:] == pytest.approx([1.0, 2.0, 4.0])


def test_where_nothing_was_requested_no_rate_is_known(courses):
    assert np.isnan(burn(courses([100, 0], [0, 0]), 60)).tolist() == [False, True]


def outage(courses, *, begin, end, share, per_minute=60):
    requests = np.full(4 * 60, float(per_minute))
    over = np.zeros(4 * 60)
    over[begin:end] = per_minute * share
    return courses(requests, over, allowed=0.01)


def test_an_outage_fires_the_fast_alert_and_the_short_window_ends_it(courses, start):
    course = outage(courses, begin=100, end=130, share=1.0)
    (alert,) = alerts(course, covered(4 * HOUR))
    # 14.4 % of an hour are over after 8.64 minutes
    assert (alert.fired - start) / 60e9 == 109
    # the last minute in which more than 14.4 % of five minutes were over
    assert (alert.until - start) / 60e9 == 134
    assert alert.seconds == (134 - 109 + 1) * 60


def test_a_budget_that_lasts_fires_nothing(courses):
    assert alerts(outage(courses, begin=0, end=240, share=0.01), covered(4 * HOUR)) == []


def test_a_few_requests_at_night_fire_nothing(courses):
    requests, over = np.zeros(240), np.zeros(240)
    requests[[100, 101]] = over[100] = 1.0
    assert alerts(courses(requests, over, allowed=0.05), covered(4 * HOUR)) == []
