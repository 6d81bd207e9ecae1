"""The incident is cut out; nothing is lost and nothing counted twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.diagnosis.window import split
from perfkit.errors import UsageError

START = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def rec(built):
    """Ten minutes from 14:00, one request a second."""
    rows = [
        {"started_at": START + timedelta(seconds=n), "duration_ms": float(n)} for n in range(600)
    ]
    return built(requests=rows)


def count(part):
    return part.arrow("requests").num_rows


def test_an_incident_is_inside_and_both_its_sides_are_the_rest(rec):
    cut = split(rec, ("14:02", "14:04"))
    assert (count(cut.inside), count(cut.rest)) == (120, 480)
    assert cut.inside.requests["duration_ms"].min() == 120.0
    assert cut.since == "between 14:02:00 UTC and 14:04:00 UTC"
    assert cut.caveats == ()


@given(st.integers(0, 598), st.integers(1, 600))
def test_every_request_is_either_inside_or_in_the_rest(rec, start, length):
    low, high = START + timedelta(seconds=start), START + timedelta(seconds=start + length)
    cut = split(rec, (low, high))
    outside = count(cut.rest) if cut.rest is not None else 0
    assert count(cut.inside) == min(length, 600 - start)
    assert count(cut.inside) + outside == 600


def test_without_an_incident_the_last_deploy_begins_it_where_none_made_a_difference(built):
    rec = built(
        requests=[
            {"started_at": START + timedelta(seconds=n), "duration_ms": 20.0} for n in range(600)
        ]
    )
    marked = rec.mark("14:01", "deploy 840").mark("14:05", "deploy 841")
    cut = split(marked, None)
    assert count(cut.inside) == 300
    assert count(cut.rest) == 300
    assert cut.since.startswith("since deploy 841 at 14:05")


def test_a_slow_release_that_the_next_one_mended_is_the_incident(built):
    rec = built(
        requests=[
            {
                "started_at": START + timedelta(seconds=n),
                "duration_ms": 90.0 if 120 <= n < 300 else 20.0,
            }
            for n in range(600)
        ]
    )
    marked = rec.mark("14:02", "deploy 840").mark("14:05", "deploy 841")
    cut = split(marked, None)
    assert (count(cut.inside), count(cut.rest)) == (180, 420)
    assert cut.since.startswith("since deploy 840 at 14:02")
    assert "until deploy 841 at 14:05" in cut.since


def test_an_incident_wins_over_a_deploy(rec):
    assert count(split(rec.mark("14:05", "deploy"), ("14:00", "14:01")).inside) == 60


def test_other_events_are_no_deploys(built):
    rec = built(
        requests=[{"started_at": START, "duration_ms": 1.0}],
        events=[{"at": START, "kind": "checkpoint"}],
    )
    assert split(rec, None).rest is None


def test_without_incident_and_deploy_everything_is_inside(rec):
    cut = split(rec, None)
    assert cut.inside is rec
    assert cut.rest is None
    assert cut.since == "in this recording"


def test_an_incident_as_long_as_the_recording_says_that_nothing_is_left_to_compare(rec):
    cut = split(rec, ("14:00", "14:10"))
    assert cut.rest is None
    assert count(cut.inside) == 600
    assert "nothing to compare with" in cut.caveats[0]


def test_rows_without_requests_outside_are_nothing_to_compare_with(built):
    rec = built(
        requests=[{"started_at": START + timedelta(minutes=5), "duration_ms": 1.0}],
        events=[{"at": START, "kind": "checkpoint"}],
    )
    cut = split(rec, ("14:04", "14:06"))
    assert cut.rest is None
    assert cut.caveats


def test_a_recording_without_times_says_so(built):
    cut = split(built(requests=[{"duration_ms": 1.0}]), ("14:00", "14:10"))
    assert cut.caveats == ("no row has a time",)


@pytest.mark.parametrize("incident", [("14:04", "14:02"), ("noon", "14:02"), ("25:00", "26:00")])
def test_a_window_that_makes_no_sense_is_a_usage_error(rec, incident):
    with pytest.raises(UsageError):
        split(rec, incident)


def test_a_deploy_without_a_name_is_still_called_one(rec, built):
    unnamed = built(events=[{"at": START + timedelta(minutes=5), "kind": "deploy"}])
    assert split(rec + unnamed, None).since.startswith("since the deploy at 14:05")
