"""When a pool is starved, whose fault that is, and what ends it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.pools import queueing
from perfkit.analyses.pools.contention import Contention
from perfkit.analyses.pools.holders import Holder
from perfkit.analyses.pools.starvation import Figures, culprit, finding, starved

NAN = math.nan
FULL = Contention(
    utilisation=0.9,
    busy_while_waiting=1.0,
    seconds=10.0,
    requests_per_s=90.0,
    wanted=7.0,
    demand=12,
    start=1_772_323_200e9,
    end=1_772_323_210e9,
)


def figures(**more):
    """A pool of five in which requests wait 40 ms."""
    contention = {name: more.pop(name) for name in list(more) if name in FULL.__dict__}
    values = {
        "pool": "shop",
        "size": 5.0,
        "requests": 1000,
        "checkouts": 1000,
        "mean_wait_ms": 40.0,
        "p95_wait_ms": 120.0,
        "max_wait_ms": 300.0,
        "mean_hold_ms": 50.0,
        "timeouts": 0,
        "wait_share": 0.44,
        "contention": replace(FULL, **contention),
    }
    return Figures(**{**values, **more})


def holder(stack="main:serve:1;pay:charge:9", count=100, hold=100.0, busy=10.0, p50_idle=90.0):
    return Holder(
        stack=stack,
        rows=np.arange(count),
        total_hold_ms=count * hold,
        p50_hold_ms=hold,
        max_hold_ms=hold,
        mean_hold_ms=hold,
        mean_busy_ms=busy,
        p50_idle_ms=p50_idle,
    )


@pytest.mark.parametrize(
    ("more", "is_starved"),
    [
        ({}, True),
        ({"p95_wait_ms": 9.9, "wait_share": 0.2}, False),  # nobody notices
        ({"p95_wait_ms": NAN, "mean_wait_ms": 10.0}, True),
        ({"p95_wait_ms": NAN, "mean_wait_ms": 9.0, "wait_share": 0.2}, False),
        ({"wait_share": 0.09}, False),  # a rounding error beside the work
        ({"utilisation": 0.5, "wait_share": 0.29}, False),
        ({"utilisation": 0.5, "wait_share": 0.30}, True),  # bursts
        ({"busy_while_waiting": 0.79}, False),  # it was not full: a slow connect, a blocked loop
        ({"busy_while_waiting": NAN}, False),
        ({"p95_wait_ms": 1.0, "max_wait_ms": 100.0, "wait_share": 0.3}, True),  # an unfair queue
        ({"p95_wait_ms": 1.0, "max_wait_ms": 99.0, "wait_share": 0.3}, False),
        ({"busy_while_waiting": NAN, "p95_wait_ms": NAN, "timeouts": 1}, True),
    ],
)
def test_starved_means_full_and_long_enough_to_matter(more, is_starved):
    assert starved(figures(**more)) is is_starved


@pytest.mark.parametrize(
    ("one", "guilty"),
    [
        (holder(), True),
        (holder(busy=51.0, p50_idle=49.0), False),  # the database works most of the time
        (holder(busy=NAN, p50_idle=NAN), False),
        (holder(hold=40.0, busy=1.0, p50_idle=39.0), True),  # short, but most of all holds
        (holder(hold=0.0, busy=0.0, p50_idle=0.0), False),
    ],
)
def test_a_place_is_to_blame_when_the_database_rests_while_it_holds(one, guilty):
    assert culprit([one]) is (one if guilty else None)


def test_short_idle_holds_of_few_are_not_to_blame():
    worker = holder("work", count=1000, hold=50.0, busy=49.0, p50_idle=1.0)
    few = holder("few", count=10, hold=40.0, busy=1.0, p50_idle=39.0)
    assert culprit([worker, few]) is None


def test_the_place_that_is_idle_longest_in_all_is_to_blame():
    often, long = holder("often", count=1000), holder("long", count=10, hold=2000.0)
    assert culprit([long, often]).stack == "often"
    assert culprit([]) is None


def test_a_held_connection_names_place_service_and_share():
    one = finding(figures(), holder(), ("payments", 0.8))
    assert one.rule == "connection-held-idle"
    assert "because pay:charge:9 holds a connection for" in one.title
    assert "while it calls payments" in one.title
    assert one.keys["peer"] == "payments"
    assert one.evidence[0]["meanwhile_share"] == 0.8
    assert "pay:charge:9" in one.fix.text


def test_without_a_known_service_none_is_named():
    one = finding(figures(), holder(""), None)
    assert "while it calls" not in one.title
    assert "a place without a stack" in one.title
    assert "peer" not in one.keys


def test_giving_the_connection_back_saves_what_erlang_leaves_of_the_wait():
    one = finding(figures(requests_per_s=20.0, mean_hold_ms=100.0), holder(count=1000), None)
    rest = queueing.mean_wait_ms(20.0 * 0.010, 5, 10.0)  # holds of 10 ms are left
    assert one.saves_ms == pytest.approx(40.0 - rest)
    assert one.saves_times == 1000


def test_a_place_with_a_part_of_the_checkouts_shortens_the_mean_hold_by_its_part():
    whole = finding(figures(requests_per_s=50.0, mean_hold_ms=100.0), holder(count=1000), None)
    part = finding(figures(requests_per_s=50.0, mean_hold_ms=100.0), holder(count=500), None)
    assert part.saves_ms < whole.saves_ms


def test_too_small_a_pool_is_told_the_size_that_little_waits_at():
    one = finding(figures(utilisation=0.9), None, None)
    assert one.rule == "pool-too-small"
    assert "Open 7 connections" in one.fix.text  # 90/s x 50 ms = 4.5, at 70 % use
    assert "pool_size=7" in one.fix.snippet


@pytest.mark.parametrize(
    ("more", "size"),
    [
        ({"utilisation": 0.99, "wanted": 9.2}, 10),  # a full pool: what was wanted at once
        ({"utilisation": 0.9, "demand": 6}, 6),  # never more than were wanted at once
        ({"utilisation": 0.9, "requests_per_s": 1.0}, 6),  # at least one more than there are
        ({"utilisation": 0.9, "mean_hold_ms": NAN}, 6),
        ({"utilisation": 0.99, "wanted": math.inf}, 6),
        ({"size": NAN, "utilisation": 0.9}, 7),
    ],
)
def test_the_size_follows_demand_and_is_never_absurd(more, size):
    assert f"Open {size} connections" in finding(figures(**more), None, None).fix.text


@given(
    st.integers(1, 60),
    st.floats(0, 2),
    st.floats(0, 5000),
    st.floats(0, 1e4),
    st.floats(0, 300),
    st.integers(0, 300),
)
def test_a_larger_pool_is_always_larger_and_never_saves_more_than_was_waited(
    size, used, rate, hold, wanted, demand
):
    given_ = figures(
        size=float(size),
        utilisation=used,
        requests_per_s=rate,
        mean_hold_ms=hold,
        wanted=wanted,
        demand=demand,
    )
    one = finding(given_, None, None)
    advised = int(one.fix.snippet.partition("pool_size=")[2].partition(",")[0])
    assert size < advised <= max(size + 1, demand)
    assert 0 <= one.saves_ms <= given_.mean_wait_ms


@pytest.mark.parametrize("unknown", [{"mean_hold_ms": NAN}, {"mean_wait_ms": NAN}])
def test_what_is_unknown_saves_an_unknown_time(unknown):
    assert finding(figures(**unknown), None, None).saves_ms is None


def test_time_outs_make_it_critical_and_are_counted_in_the_title():
    assert finding(figures(), None, None).severity == "warning"
    one = finding(figures(timeouts=1234), None, None)
    assert one.severity == "critical"
    assert "1,234 timed out" in one.title


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "p95 120"),
        ({"requests": 10}, "at most 300"),
        ({"p95_wait_ms": NAN}, "at most 300"),
        ({"p95_wait_ms": NAN, "max_wait_ms": NAN}, "on average)"),
    ],
)
def test_a_percentile_is_said_only_where_the_requests_support_it(more, said):
    assert said in finding(figures(**more), None, None).title


def test_the_contended_window_is_a_key_in_iso_time():
    keys = finding(figures(), None, None).keys
    assert keys["window"] == "2026-03-01T00:00:00.000+00:00/2026-03-01T00:00:10.000+00:00"
    assert finding(figures(start=NAN), None, None).keys == {"pool": "shop"}


def test_an_unknown_size_is_not_printed():
    assert "(size" not in finding(figures(size=NAN), None, None).title
    assert "'shop' (size 5)" in finding(figures(), None, None).title
