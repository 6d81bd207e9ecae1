"""Times without a year or a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.moments import from_any, parsed


def _at(*parts):
    return datetime(*parts, tzinfo=UTC)


FIRST, LAST = (_at(year, 1, 1).replace(tzinfo=None) for year in (1990, 2100))


def _ns(moment):
    return int(moment.timestamp()) * 10**9


def _syslog(*moments):
    return b"".join(moment.strftime("%b %e %H:%M:%S h app[1]: x\n").encode() for moment in moments)


def test_the_year_turns_between_december_and_january(take):
    moments = [_at(2025, 11, 30), _at(2025, 12, 31, 23, 59, 59), _at(2026, 1, 1)]
    for size in (1 << 20, 30):
        taken = take(_syslog(*moments), "syslog", size, until=_ns(_at(2026, 1, 2)))
        assert taken.at["h/app"] == [_ns(moment) for moment in moments]
    assert taken.notes == {"year_assumed", "timezone_assumed"}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    end=st.datetimes(FIRST, LAST).map(lambda d: d.replace(microsecond=0, tzinfo=UTC)),
    back=st.lists(st.integers(0, 360 * 86_400), min_size=1, max_size=20).map(
        lambda n: sorted(n)[::-1]
    ),
)
def test_lines_of_less_than_a_year_get_their_year(take, end, back):
    moments = [end - timedelta(seconds=n) for n in back]
    steps = np.diff([_ns(moment) for moment in moments])
    if len(steps) and steps.max() > 180 * 86_400 * 10**9:
        return
    taken = take(_syslog(*moments), "syslog", until=_ns(end))
    assert taken.at["h/app"] == [_ns(moment) for moment in moments]


@pytest.mark.parametrize(("zone", "hours"), [("Europe/Berlin", 2), ("-03:00", -3), ("UTC", 0)])
def test_a_stated_zone_holds_for_times_without_one(take, zone, hours):
    taken = take(_syslog(_at(2026, 7, 1, 12)), "syslog", zone=zone, until=_ns(_at(2026, 8, 1)))
    assert taken.at["h/app"] == [_ns(_at(2026, 7, 1, 12)) - hours * 3600 * 10**9]


def test_a_29th_of_february_is_one(take):
    taken = take(_syslog(_at(2024, 2, 29)), "syslog", until=_ns(_at(2024, 3, 5)))
    assert taken.at["h/app"] == [_ns(_at(2024, 2, 29))]


@given(st.integers(100_000_000, 4_000_000_000))
def test_a_number_is_a_time_by_its_magnitude(second):
    for scale in (1, 1_000, 1_000_000, 1_000_000_000):
        assert parsed(second * scale) == (second * 10**9, False)
        assert from_any([second * scale])[0].tolist() == [second * 10**9]
        assert from_any([str(second * scale)])[0].tolist() == [second * 10**9]


@pytest.mark.parametrize(
    "value", ["", "never", "9999-12-31T00:00:00Z", -1, 0, float("nan"), "1e999"]
)
def test_what_is_no_time_is_unknown(value):
    assert parsed(value)[0] == -(1 << 63)
    assert from_any([value, None])[0].tolist() == [-(1 << 63)] * 2
