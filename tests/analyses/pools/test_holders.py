"""Who holds connections, and what is called meanwhile."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.pools.holders import SCHEMA, external, holders, table
from perfkit.analyses.pools.usage import usages

START = datetime(2026, 3, 1, tzinfo=UTC)
PAY = "app/main.py:serve:7;app/checkout.py:pay:42"


def at(ms):
    return START + timedelta(milliseconds=ms)


def checkout(stack=PAY, hold=100.0, busy=20.0, start=0, trace="t1"):
    return {
        "pool": "p",
        "stack": stack,
        "requested_at": at(start),
        "acquired_at": at(start),
        "released_at": None if hold is None else at(start + hold),
        "wait_ms": 0.0,
        "hold_ms": hold,
        "busy_ms": busy,
        "trace_id": trace,
    }


def call(start, ms, trace="t1", **more):
    values = {"kind": "client", "category": "http", "peer": "payments", "name": "POST"}
    times = {"started_at": at(start), "duration_ms": float(ms)}
    return {"trace_id": trace, "span_id": f"{start}", **values, **times, **more}


@pytest.fixture(scope="session")
def meanwhile(built):
    def of(checkouts, calls):
        rec = built(checkouts=checkouts, spans=calls)
        (usage,) = usages(rec)
        return external(rec, usage, holders(usage)[0])

    return of


@pytest.fixture(scope="session")
def usage(built):
    return lambda *rows: usages(built(checkouts=rows))[0]


def test_places_are_ranked_by_the_time_they_hold_in_all(usage):
    found = holders(usage(checkout("a", 50.0), checkout("b", 30.0), checkout("b", 30.0)))
    assert [(one.stack, one.total_hold_ms, one.rows.tolist()) for one in found] == [
        ("b", 60.0, [1, 2]),
        ("a", 50.0, [0]),
    ]


def test_numbers_of_one_place(usage):
    (one,) = holders(usage(*(checkout(hold=ms, busy=10.0) for ms in (20.0, 40.0, 90.0))))
    assert (one.mean_hold_ms, one.p50_hold_ms, one.max_hold_ms) == (50.0, 40.0, 90.0)
    assert (one.mean_busy_ms, one.mean_idle_ms, one.p50_idle_ms) == (10.0, 40.0, 30.0)
    assert one.idle_share == pytest.approx(0.8)
    assert one.site == "app/checkout.py:pay:42"


def test_a_database_busier_than_the_hold_leaves_nothing_idle(usage):
    (one,) = holders(usage(checkout(hold=10.0, busy=12.0)))
    assert one.idle_share == 0.0


def test_where_the_database_work_is_unknown_it_stays_unknown(usage):
    (one,) = holders(usage(checkout(busy=None)))
    assert math.isnan(one.mean_busy_ms)
    assert not one.idle_share > 0


def test_a_hold_that_has_not_ended_is_not_counted(usage):
    (one,) = holders(usage(checkout(), checkout(hold=None)))
    assert one.rows.tolist() == [0]
    assert holders(usage(checkout(hold=None))) == []


def test_a_checkout_without_a_stack_is_a_place_of_its_own(built):
    (usage,) = usages(built(checkouts=[checkout(None), checkout()]))
    found = holders(usage)
    rows = table(usage, found).to_pylist()
    assert {row["stack"] for row in rows} == {None, PAY}
    assert [row["hold_share"] for row in rows] == [0.5, 0.5]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 500)), min_size=1, max_size=12))
def test_shares_add_up_and_no_checkout_is_lost(usage, listed):
    one = usage(*(checkout(stack, float(ms)) for stack, ms in listed))
    found = holders(one)
    shown = table(one, found)
    assert shown.schema.equals(SCHEMA)
    assert sorted(row for holder in found for row in holder.rows) == list(range(len(listed)))
    assert sum(holder.total_hold_ms for holder in found) == sum(ms for _, ms in listed)
    whole = sum(shown["hold_share"].to_pylist())
    assert whole == pytest.approx(1.0 if any(ms for _, ms in listed) else 0.0)


def test_the_call_made_while_holding_is_named_with_its_share(meanwhile):
    assert meanwhile([checkout()], [call(10, 70)]) == ("payments", pytest.approx(0.7, abs=1e-4))


def test_only_the_part_during_the_hold_counts(meanwhile):
    assert meanwhile([checkout()], [call(80, 500)]) == ("payments", pytest.approx(0.2, abs=1e-4))


@pytest.mark.parametrize(
    "other",
    [
        call(10, 70, trace="t2"),
        call(10, 70, category="db"),
        call(10, 70, category="pool"),
        call(10, 70, kind="server"),
        call(10, 70, kind=None),
        call(-10, 105),  # the call that this service answers
        call(200, 70),
        call(10, 0),
    ],
)
def test_what_is_no_call_of_the_holder_during_the_hold_is_not_blamed(meanwhile, other):
    assert meanwhile([checkout()], [other]) is None


def test_of_two_services_the_one_called_longer_is_named(meanwhile):
    calls = [call(0, 30), call(30, 40, peer="mail"), call(70, 15)]
    assert meanwhile([checkout()], calls) == ("payments", pytest.approx(0.45, abs=1e-4))


@pytest.mark.parametrize(
    ("more", "name"), [({"peer": None}, "POST"), ({"peer": None, "name": None}, "another service")]
)
def test_a_service_without_a_name_is_described_as_well_as_it_can_be(meanwhile, more, name):
    assert meanwhile([checkout()], [call(10, 50, **more)])[0] == name


def test_without_traces_nothing_is_known_about_calls(meanwhile):
    assert meanwhile([checkout(trace=None)], [call(10, 70), call(10, 70, trace=None)]) is None
    assert meanwhile([checkout()], []) is None
