"""How full a pool was and how many waited, against a ruler of milliseconds."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.pools.contention import contention, state
from perfkit.analyses.pools.usage import usages

START = datetime(2026, 3, 1, tzinfo=UTC)
NS = START.timestamp() * 1e9


def at(ms):
    return START + timedelta(milliseconds=ms)


def checkout(asked, wait, hold):
    row = {"pool": "p", "requested_at": at(asked), "wait_ms": float(wait)}
    if hold is None:
        return row
    times = {"acquired_at": at(asked + wait), "released_at": at(asked + wait + hold)}
    return {**row, **times, "hold_ms": float(hold)}


@pytest.fixture(scope="session")
def look(built):
    def of(*checkouts, samples=(), size=1):
        rows = [checkout(*one) for one in checkouts]
        (usage,) = usages(built(checkouts=rows, pool_samples=samples))
        course = state(usage)
        return course, contention(usage, course, size)

    return of


USES = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=10
)


@given(USES)
def test_means_over_time_are_those_of_a_ruler(look, uses):
    course, _ = look(*uses)
    first, last = min(u[0] for u in uses), max(sum(u) for u in uses)
    ticks = range(first, last)
    held = sum(any_ in range(a + w, a + w + h) for any_ in ticks for a, w, h in uses)
    waited = sum(any_ in range(a, a + w) for any_ in ticks for a, w, _ in uses)
    if last == first:
        assert math.isnan(course.mean(course.in_use))
        return
    assert course.mean(course.in_use) == pytest.approx(held / (last - first), abs=1e-3)
    assert course.mean(course.waiting) == pytest.approx(waited / (last - first), abs=1e-3)
    assert course.seconds == pytest.approx((last - first) / 1e3, abs=1e-6)


@given(USES)
def test_nobody_holds_or_waits_before_and_after(look, uses):
    course, full = look(*uses)
    assert (course.in_use[-1], course.waiting[-1]) == (0, 0)
    assert min(course.in_use.min(), course.waiting.min()) >= 0
    assert (np.diff(course.at) >= 0).all()
    assert full.demand <= len(uses)


def test_a_connection_handed_over_at_the_same_moment_is_not_held_twice(look):
    course, full = look((0, 0, 10), (0, 10, 10))
    assert course.in_use.max() == 1
    assert full.demand == 2


def test_a_connection_that_never_came_back_stays_in_use(built):
    row = {"pool": "p", "requested_at": START, "acquired_at": START, "wait_ms": 0.0}
    (usage,) = usages(built(checkouts=[row, checkout(100, 0, 50)]))
    assert state(usage).in_use[-1] == 1


def test_a_request_that_gave_up_waited_and_held_nothing(look):
    course, full = look((0, 100, None), (0, 0, 100))
    assert course.waiting.max() == 1
    assert course.in_use.max() == 1
    assert full.busy_while_waiting == pytest.approx(1.0)


def test_without_waits_nothing_is_contended(look):
    _, full = look((0, 0, 10), (50, 0, 10))
    assert full.seconds == 0
    assert math.isnan(full.utilisation)
    assert math.isnan(full.start)
    assert math.isnan(full.busy_while_waiting)


def test_only_the_contended_seconds_are_looked_at(look):
    """Ten quiet seconds, then one in which two share one connection, then ten quiet ones."""
    quiet = [(1000 * n, 0, 100) for n in (*range(10), *range(11, 20))]
    quiet.append((20_000, 0, 1000))  # so that pieces are whole seconds
    _, full = look(*quiet, (10_000, 0, 900), (10_000, 900, 90))
    assert full.seconds == pytest.approx(1.0, abs=1e-3)
    assert full.utilisation == pytest.approx(0.99, abs=1e-3)
    assert (full.start - NS, full.end - NS) == pytest.approx((10e9, 11e9), abs=1e6)
    assert full.requests_per_s == pytest.approx(2, abs=0.01)
    assert full.wanted == pytest.approx(0.99 + 0.9, abs=1e-3)


@pytest.mark.parametrize(("size", "share"), [(1, 1.0), (2, 0.5), (4, 0.25)])
def test_utilisation_is_a_share_of_the_size(look, size, share):
    _, full = look((0, 0, 100), (0, 100, 100), size=size)
    assert full.utilisation == pytest.approx(share, abs=1e-3)
    assert full.busy_while_waiting == pytest.approx(share, abs=1e-3)


def test_samples_stand_in_where_there_are_no_checkouts(look):
    samples = [
        {"pool": "p", "at": at(1000 * n), "in_use": 2, "waiting": w, "requests_total": 30 * n}
        for n, w in enumerate((0, 3, None, 0, 0))
    ]
    course, full = look(samples=samples, size=2)
    assert course.waiting.tolist() == [0, 3, 0, 0, 0]
    assert course.seconds == 4
    assert full.demand == 5
    assert full.seconds == pytest.approx(1.0)
    assert full.requests_per_s == pytest.approx(30.0)
    assert full.wanted == pytest.approx(5.0)


def test_a_single_look_has_no_length(look):
    course, full = look(samples=[{"pool": "p", "at": START, "in_use": 1, "waiting": 4}])
    assert course.seconds == 0
    assert math.isnan(course.mean(course.in_use))
    assert full.demand == 5
    assert full.seconds == 0


def test_unknown_readings_are_left_out(look):
    rows = [{"pool": "p", "at": at(0), "in_use": None}, {"pool": "p", "at": at(1), "in_use": 1}]
    course, _ = look(samples=rows)
    assert course.in_use.tolist() == [1]
