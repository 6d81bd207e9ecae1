from __future__ import annotations

import pytest

from perfkit.analyses.alerts import rows, thresholds
from perfkit.analyses.alerts.look import Look
from perfkit.recording import Recording


def look(table, **contents):
    return Look(Recording(contents=contents), rows.read(table), thresholds.limits(None))


def test_a_short_recording_has_no_course_and_says_why(simulated):
    short = look(simulated.requests(1, seconds=30))
    assert short.course is None
    assert "too few for 20 bins" in short.short
    assert look(simulated.requests(1, seconds=600)).course is not None
    assert look(simulated.requests(1, seconds=600).slice(0, 0)).short == "no requests"


def test_the_last_deploy_in_a_window_is_named(simulated):
    start = simulated.start_s * 10**9
    happened = simulated.events((10, "deploy", None, "a"), (20, "deploy", None, "b"))
    one = look(simulated.requests(1, seconds=60), events=happened)
    assert one.deploys(start, start + 60 * 10**9) == "b"
    assert one.deploys(start, start + 15 * 10**9) == "a"
    assert not one.deploys(start + 30 * 10**9, start + 60 * 10**9)


def test_readings_are_put_on_the_bins_of_the_requests(simulated):
    host = simulated.metrics(600, cpu__utilisation=0.4)
    one = look(simulated.requests(1, seconds=600), metrics=host)
    assert one.cpu is not None
    assert one.cpu == pytest.approx(0.4)
    assert one.memory is None
