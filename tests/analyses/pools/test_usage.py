"""What a pool's checkouts and samples say, and what can be derived from the rest."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.pools.usage import UNNAMED, usages

START = datetime(2026, 3, 1, tzinfo=UTC)
FULL = {
    "pool": "p",
    "requested_at": START,
    "acquired_at": START + timedelta(milliseconds=30),
    "released_at": START + timedelta(milliseconds=130),
    "wait_ms": 30.0,
    "hold_ms": 100.0,
    "busy_ms": 40.0,
}


@pytest.fixture(scope="session")
def only(built):
    def of(*checkouts, samples=()):
        (one,) = usages(built(checkouts=checkouts, pool_samples=samples))
        return one

    return of


def numbers(usage):
    checkouts = usage.checkouts
    names = ("requested", "acquired", "released", "wait_ms", "hold_ms")
    return [float(getattr(checkouts, name)[0]) for name in names]


@pytest.mark.parametrize(
    "missing",
    [
        ("wait_ms",),
        ("hold_ms",),
        ("wait_ms", "hold_ms"),
        ("released_at",),
        ("acquired_at",),
        ("requested_at",),
        ("acquired_at", "released_at"),
        ("requested_at", "released_at"),
    ],
)
def test_what_is_missing_is_derived_from_the_rest(only, missing):
    known = {name: value for name, value in FULL.items() if name not in missing}
    # a microsecond: times of today in float nanoseconds
    assert numbers(only(known)) == pytest.approx(numbers(only(FULL)), abs=1e-3, rel=1e-15)


def test_a_request_that_gave_up_got_no_connection(only):
    gave_up = {"pool": "p", "requested_at": START, "wait_ms": 500.0}
    usage = only(FULL, gave_up)
    assert usage.checkouts.got.tolist() == [True, False]
    assert np.isnan(usage.checkouts.acquired[1])
    assert usage.timeouts == 1


def test_where_nothing_says_who_got_a_connection_all_did(only):
    usage = only({"pool": "p", "requested_at": START, "wait_ms": 500.0})
    assert usage.checkouts.got.all()
    assert usage.timeouts == 0


def test_time_idle_is_what_the_database_did_not_work_and_never_negative(only):
    checkouts = only(FULL, {**FULL, "busy_ms": 140.0}, {**FULL, "busy_ms": None}).checkouts
    assert checkouts.idle_ms[:2].tolist() == [60.0, 0.0]
    assert math.isnan(checkouts.idle_ms[2])


@pytest.mark.parametrize(
    ("samples", "size"),
    [
        ([{"max_size": 15, "size": 5}, {"max_size": 15, "size": 9}], 15.0),
        ([{"size": 5}, {"size": 9}, {"size": 7}], 9.0),
        ([{"in_use": 3}], math.nan),
    ],
)
def test_the_size_is_what_the_pool_may_open_else_what_it_did(only, samples, size):
    usage = only(samples=[{"pool": "p", "at": START, **one} for one in samples])
    assert usage.size == size or (math.isnan(size) and math.isnan(usage.size))


def test_pools_are_told_apart_in_order_of_name_and_rows_without_a_name_kept(built):
    rows = [{**FULL, "pool": name} for name in ("b", "a", None, "b")]
    samples = [{"pool": "c", "at": START, "in_use": 1}]
    found = usages(built(checkouts=rows, pool_samples=samples))
    assert [(one.pool, one.checkouts.wait_ms.size) for one in found] == [
        (UNNAMED, 1),
        ("a", 1),
        ("b", 2),
        ("c", 0),
    ]


def test_no_pool_is_no_usage(built):
    assert usages(built()) == []


def test_samples_are_read_in_order_of_time(only):
    rows = [
        {"pool": "p", "at": START + timedelta(seconds=n), "requests_total": 10 * n}
        for n in (2, 0, 1)
    ]
    samples = only(samples=rows).samples
    assert samples.requests_total.tolist() == [0, 10, 20]
    assert samples.grown(samples.requests_total) == 20


@given(st.lists(st.one_of(st.none(), st.integers(0, 100)), max_size=12))
def test_a_counter_grows_by_its_steps_upwards_and_a_restart_takes_nothing_away(only, readings):
    rows = [
        {"pool": "p", "at": START + timedelta(seconds=n), "timeouts_total": value}
        for n, value in enumerate(readings)
    ] or [{"pool": "p", "at": START}]
    usage = only(samples=rows)
    grown = usage.samples.grown(usage.samples.timeouts_total)
    known = [value for value in readings if value is not None]
    wanted = sum(max(b - a, 0) for a, b in itertools.pairwise(known))
    assert math.isnan(grown) if len(known) < 2 else grown == wanted
    assert usage.timeouts == wanted


def test_time_outs_counted_and_seen_are_not_added_up(only):
    samples = [
        {"pool": "p", "at": START + timedelta(seconds=n), "timeouts_total": 3 * n} for n in (0, 1)
    ]
    gave_up = {"pool": "p", "requested_at": START, "wait_ms": 500.0}
    assert only(FULL, gave_up, samples=samples).timeouts == 3
    assert only(FULL, *[gave_up] * 5, samples=samples).timeouts == 5
