"""Each millisecond once: what causes may take, and from whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from perfkit import sources
from perfkit.analyses.diagnosis import attribution
from perfkit.analyses.diagnosis.attribution import NO_ROUTE, settle
from perfkit.analyses.diagnosis.blocks import Blocks
from perfkit.analyses.diagnosis.symptoms import with_route
from perfkit.results import Finding, Fix

START = datetime(2026, 3, 1, tzinfo=UTC)
NEVER_BLOCKED = Blocks(np.array([]), np.array([]), [])
STATEMENT = "00" * 8


def at(ms):
    return START + timedelta(milliseconds=ms)


def cause(title="cause", saves_ms=10.0, times=1.0, **keys):
    return Finding(
        rule="r",
        severity="warning",
        title=title,
        fix=Fix(text="fix it"),
        saves_ms=saves_ms,
        saves_times=times,
        keys=keys,
    )


def blocked(*intervals):
    """Blocks from ``(start_ms, end_ms, code)``."""
    ns = START.timestamp() * 1e9
    ends = np.array([ns + end * 1e6 for _, end, _ in intervals])
    lengths = np.array([float(end - start) for start, end, _ in intervals])
    return Blocks(ends, lengths, [code for *_, code in intervals])


def claims(rec, finding, blocks):
    requests = with_route(sources.primary(rec, "requests"))
    return attribution.claims(rec, requests, finding, blocks)


def request(trace, start, ms, route):
    return {
        "trace_id": trace,
        "started_at": at(start),
        "duration_ms": float(ms),
        "route": route,
        "status": 200,
    }


def span(trace, start, ms, **more):
    return {
        "trace_id": trace,
        "span_id": f"{start:016x}",
        "started_at": at(start),
        "duration_ms": float(ms),
        "kind": "client",
        "fingerprint_id": STATEMENT,
        **more,
    }


def checkout(trace, start, wait, pool="shop"):
    return {
        "pool": pool,
        "requested_at": at(start),
        "acquired_at": at(start + wait),
        "wait_ms": float(wait),
        "trace_id": trace,
    }


# --- granting -------------------------------------------------------------------------

ROUTES = ("/a", "/b", "/c")
WANTED = st.lists(
    st.dictionaries(st.sampled_from([*ROUTES, NO_ROUTE]), st.integers(0, 200), min_size=1),
    max_size=7,
)
TOTALS = st.fixed_dictionaries({}, optional={route: st.integers(0, 300) for route in ROUTES})


def settled(wanted, totals):
    return settle([(cause(str(n)), claim) for n, claim in enumerate(wanted)], totals)


def per_route(granted):
    sums = {}
    for _, share in granted:
        for route, ms in share.items():
            sums[route] = sums.get(route, 0) + ms
    return sums


@given(WANTED, TOTALS)
def test_no_route_gives_more_than_its_requests_took_nor_more_than_was_claimed(wanted, totals):
    sums = per_route(settled(wanted, totals))
    for route in ROUTES:
        claimed = sum(claim.get(route, 0) for claim in wanted)
        assert sums.get(route, 0) == min(claimed, totals.get(route, 0))


@given(WANTED, TOTALS)
def test_no_cause_is_granted_more_than_it_claims_and_none_is_lost(wanted, totals):
    granted = settled(wanted, totals)
    assert sorted(f.title for f, _ in granted) == [str(n) for n in range(len(wanted))]
    for finding, share in granted:
        claim = wanted[int(finding.title)]
        assert all(0 < ms <= claim[route] for route, ms in share.items())


@given(WANTED.flatmap(lambda w: st.tuples(st.just(w), st.permutations(range(len(w))))), TOTALS)
def test_the_order_of_findings_does_not_decide_who_is_granted_what(drawn, totals):
    wanted, shuffled = drawn
    assume(len({sum(claim.values()) for claim in wanted}) == len(wanted))
    found = [(cause(str(n)), claim) for n, claim in enumerate(wanted)]
    one = {f.title: share for f, share in settle(found, totals)}
    other = {f.title: share for f, share in settle([found[n] for n in shuffled], totals)}
    assert one == other


@given(WANTED, TOTALS)
def test_the_cause_that_was_granted_most_comes_first(wanted, totals):
    sums = [sum(share.values()) for _, share in settled(wanted, totals)]
    assert sums == sorted(sums, reverse=True)


def test_the_larger_claim_is_served_first_and_the_other_gets_what_is_left():
    small, large = cause("small"), cause("large")
    granted = settle([(small, {"/a": 60.0}), (large, {"/a": 80.0})], {"/a": 100.0})
    assert granted == [(large, {"/a": 80.0}), (small, {"/a": 20.0})]


def test_time_that_no_request_is_named_for_is_granted_in_full():
    assert settle([(cause(), {NO_ROUTE: 70.0})], {"/a": 1.0})[0][1] == {NO_ROUTE: 70.0}


def test_settling_leaves_the_totals_as_they_were():
    totals = {"/a": 100.0}
    settle([(cause(), {"/a": 60.0})], totals)
    assert totals == {"/a": 100.0}


# --- claiming -------------------------------------------------------------------------


def test_a_cause_without_keys_claims_its_own_estimate_for_no_route(built):
    assert claims(built(), cause(saves_ms=3.0, times=5), NEVER_BLOCKED) == {NO_ROUTE: 15.0}


def test_a_cause_on_a_route_claims_there_what_it_saves(built):
    found = claims(built(), cause(saves_ms=3.0, times=5, route="/a"), NEVER_BLOCKED)
    assert found == {"/a": 15.0}


def test_of_a_statement_running_while_the_loop_was_blocked_the_block_keeps_its_part(built):
    rec = built(requests=[request("t", 0, 100, "/a")], spans=[span("t", 0, 40), span("t", 50, 40)])
    found = cause(saves_ms=80.0, route="/a", fingerprint_id=STATEMENT)
    half = claims(rec, found, blocked((0, 40, "render")))
    assert half["/a"] == pytest.approx(40.0, abs=0.01)
    assert claims(rec, found, NEVER_BLOCKED) == {"/a": 80.0}


def test_a_statement_is_spread_over_the_routes_that_send_it(built):
    rec = built(
        requests=[request("t1", 0, 100, "/a"), request("t2", 200, 100, "/b")],
        spans=[span("t1", 10, 30), span("t2", 210, 60), span("t2", 280, 10, fingerprint_id="ff")],
    )
    found = claims(rec, cause(saves_ms=45.0, fingerprint_id=STATEMENT), NEVER_BLOCKED)
    assert found == {"/a": pytest.approx(15.0), "/b": pytest.approx(30.0)}


def test_a_statement_never_claims_more_than_its_callers_saw(built):
    rec = built(requests=[request("t1", 0, 100, "/a")], spans=[span("t1", 10, 30)])
    found = claims(rec, cause(saves_ms=500.0, fingerprint_id=STATEMENT), NEVER_BLOCKED)
    assert found == {"/a": 30.0}


def test_a_logged_statement_serves_where_no_span_holds_it(built):
    logged = {"trace_id": "t1", "started_at": at(10), "duration_ms": 30.0}
    rec = built(
        requests=[request("t1", 0, 100, "/a")], queries=[logged | {"fingerprint_id": STATEMENT}]
    )
    found = claims(rec, cause(saves_ms=20.0, fingerprint_id=STATEMENT), NEVER_BLOCKED)
    assert found == {"/a": pytest.approx(20.0)}


def test_a_statement_that_nobody_traced_claims_for_no_route(built):
    found = claims(built(), cause(saves_ms=20.0, fingerprint_id=STATEMENT), NEVER_BLOCKED)
    assert found == {NO_ROUTE: 20.0}


def test_waits_of_one_pool_are_claimed_by_route_less_the_time_blocked(built):
    rec = built(
        requests=[request("t1", 0, 100, "/a"), request("t2", 0, 100, "/b")],
        checkouts=[checkout("t1", 0, 40), checkout("t2", 0, 60), checkout("t2", 70, 9, "other")],
    )
    found = cause(saves_ms=1000.0, pool="shop")
    free = claims(rec, found, NEVER_BLOCKED)
    assert free == {"/a": pytest.approx(40), "/b": pytest.approx(60)}
    held_up = claims(rec, found, blocked((0, 50, "render")))
    assert held_up == {"/b": pytest.approx(10, abs=0.01)}


def test_waits_of_a_recording_without_requests_are_claimed_for_no_route(built):
    rec = built(checkouts=[checkout("t1", 0, 40), checkout(None, 0, 10)])
    assert claims(rec, cause(saves_ms=30.0, pool="shop"), NEVER_BLOCKED) == {
        NO_ROUTE: pytest.approx(30.0)
    }


def test_code_that_blocks_takes_from_every_route_open_meanwhile(built):
    rec = built(
        requests=[
            request("t1", 0, 100, "/a"),
            request("t2", 80, 100, "/b"),
            request("t3", 500, 100, "/c"),
        ]
    )
    found = claims(rec, cause(frame="render"), blocked((50, 150, "render"), (500, 550, "other")))
    assert found == {"/a": pytest.approx(50, abs=0.01), "/b": pytest.approx(70, abs=0.01)}


def test_the_route_that_blocks_goes_on_waiting_for_its_own_work(built):
    rec = built(requests=[request("t1", 0, 100, "/report"), request("t2", 0, 100, "/b")])
    culprit = cause(saves_ms=80.0, frame="render", route="/report")
    found = claims(rec, culprit, blocked((0, 80, "render")))
    assert found["/report"] == pytest.approx(0, abs=0.01)
    assert found["/b"] == pytest.approx(80, abs=0.01)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 90), st.integers(1, 60)), max_size=8),
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 40)), max_size=8),
)
def test_a_block_never_takes_more_of_a_route_than_its_requests_took(built, listed, blocks):
    rec = built(requests=[request(f"t{n}", s, ms, f"/{r}") for n, (r, s, ms) in enumerate(listed)])
    found = claims(
        rec, cause(frame="render"), blocked(*((s, s + ms, "render") for s, ms in blocks))
    )
    for route, ms in found.items():
        took = sum(length for r, _, length in listed if f"/{r}" == route)
        assert 0 < ms <= took + 0.01
