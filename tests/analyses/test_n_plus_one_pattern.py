"""Repeats of one target, added up over requests: what is worth reporting, and in what order."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.n_plus_one_pattern import (
    ENOUGH_REQUESTS,
    MANY,
    Pattern,
    patterns,
    worth_reporting,
)
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.find import Repeat

ITEMS = Target(fingerprint="select ? from items where id = ?", fingerprint_id="f1")
USERS = Target(fingerprint="select ? from users where id = ?", fingerprint_id="f2")


def repeat(**more):
    values = {
        "node": 0,
        "trace_id": "t",
        "route": "/orders",
        "target": ITEMS,
        "parent": None,
        "source": None,
        "repeats": 40,
        "time_ms": 80.0,
        "call_ms": 2.0,
        "share": 0.4,
    }
    return Repeat(**{**values, **more})


def pattern(*found, served=0):
    return Pattern(target=ITEMS, route="/orders", found=found or (repeat(),), served=served)


def test_numbers_are_medians_over_the_requests():
    one = pattern(
        repeat(repeats=10, time_ms=10.0, call_ms=1.0, share=0.1),
        repeat(repeats=20, time_ms=30.0, call_ms=1.0, share=0.2),
        repeat(repeats=90, time_ms=500.0, call_ms=1.0, share=0.9),
    )
    assert (one.requests, one.repeats, one.time_ms, one.saves_ms) == (3, 20, 30.0, 29.0)
    assert one.share == 0.2
    assert one.varies


def test_of_an_even_number_of_requests_the_lower_count_is_taken_for_it_is_a_count():
    assert pattern(repeat(repeats=10), repeat(repeats=21)).repeats == 10


def test_the_same_n_in_every_request_does_not_vary():
    assert not pattern(repeat(), repeat(time_ms=1.0)).varies


@pytest.mark.parametrize(
    ("found", "worth"),
    [
        ({"time_ms": 50.0, "share": 0.0, "repeats": 5}, True),
        ({"time_ms": 49.9, "share": 0.09, "repeats": 19}, False),
        ({"time_ms": 5.0, "share": 0.1, "repeats": 5}, True),
        ({"time_ms": 4.9, "share": 0.9, "repeats": 5}, False),
        ({"time_ms": 5.0, "share": 0.0, "repeats": MANY}, True),
        ({"time_ms": 4.9, "share": 0.0, "repeats": 400}, False),
        ({"time_ms": 4.0, "share": 0.08, "repeats": 9, "spared_ms": 5.0}, True),
        ({"time_ms": 1.0, "share": 0.01, "repeats": 9, "spared_ms": 50.0}, True),
    ],
)
def test_long_or_a_large_part_or_many_is_worth_reporting(found, worth):
    assert worth_reporting(pattern(repeat(**found))) is worth


@pytest.mark.parametrize(
    ("requests", "served", "rare"),
    [
        (1, ENOUGH_REQUESTS, True),
        (1, ENOUGH_REQUESTS - 1, False),
        (1, 0, False),
        (2, 199, False),
        (2, 200, True),
        (3, 200, False),
    ],
)
def test_what_hardly_any_request_of_a_route_does_is_rare_and_not_reported(requests, served, rare):
    one = pattern(*[repeat()] * requests, served=served)
    assert one.rare is rare
    assert worth_reporting(one) is not rare


@pytest.mark.parametrize(
    ("counts", "more", "confirmed"),
    [
        ((20, 21, 22), {"told": False}, True),
        ((20, 21), {"told": False}, False),
        ((20,) * 9, {"told": False}, False),
        ((20,) * 10, {"told": False}, True),
        ((20, 21, 22), {"told": False, "gap_ms": 21.0}, False),
        ((20, 21, 22), {"session": "one", "source": "select a"}, False),
        ((20, 21, 22), {"session": None, "told": False, "source": "select a"}, True),
    ],
)
def test_a_guess_needs_to_be_seen_often_and_without_pauses(counts, more, confirmed):
    one = pattern(*(repeat(repeats=count, **more) for count in counts))
    assert one.confirmed is worth_reporting(one) is confirmed


def test_sessions_have_to_agree_on_the_statement_before_and_be_several():
    def found(*sources, target=ITEMS):
        sessions = enumerate(sources)
        same = [repeat(repeats=20 + n, session=f"s{n % 2}", source=s) for n, s in sessions]
        return Pattern(target=target, route=None, found=same).confirmed

    assert found("a", "a", "a", "a", "b")
    assert not found("a", "a", "a", "b", "b")
    assert not found(None, None, None)
    assert not found("a", "a", "a", target=Target(fingerprint="update t set a = ?"))


def test_the_range_goes_from_the_least_to_the_most_and_needs_six_requests():
    assert all(map(math.isnan, pattern(*[repeat(least_ms=1.0, most_ms=9.0)] * 5).saves_range_ms))
    low, high = pattern(*[repeat(least_ms=1.0, most_ms=90.0)] * 6).saves_range_ms
    assert (low, high) == (1.0, 90.0)


def test_schemas_of_tenants_and_numbers_in_names_are_one_pattern():
    texts = ["select a from t1.items where b = ?", "select a from t2.items where b = ?"]
    texts += ["select a from items where b = ?"]
    found = [repeat(target=Target(fingerprint=text)) for text in texts]
    (one,) = patterns([*found, found[1]])
    assert (one.requests, one.target.fingerprint) == (4, texts[1])
    assert (
        len(patterns([repeat(target=Target(fingerprint=f"select {a} from t")) for a in "ab"])) == 2
    )


def test_requests_count_for_as_many_as_they_stand_for():
    assert pattern(repeat(weight=10.0), repeat()).weight == 11.0


def test_the_source_is_the_statement_most_often_seen_before():
    sources = ["select b", None, "select a", "select b", None, None]
    assert pattern(*(repeat(source=text) for text in sources)).source == "select b"
    assert pattern(repeat()).source is None


def test_among_sources_seen_equally_often_the_choice_does_not_depend_on_the_order():
    both = [repeat(source="b"), repeat(source="a")]
    assert pattern(*both).source == pattern(*reversed(both)).source == "a"


def test_the_typical_request_is_close_to_the_median_in_count_then_in_time():
    found = (
        repeat(trace_id="far", repeats=99, time_ms=80.0),
        repeat(trace_id="slow", repeats=40, time_ms=900.0),
        repeat(trace_id="typical", repeats=40, time_ms=81.0),
        repeat(trace_id="few", repeats=5, time_ms=80.0),
    )
    assert pattern(*found).typical.trace_id == "typical"


def test_one_target_on_two_routes_is_two_patterns_and_two_targets_on_one_route_as_well():
    found = [repeat(), repeat(route="/users"), repeat(target=USERS), repeat()]
    known = {(p.target.fingerprint_id, p.route): p.requests for p in patterns(found)}
    assert known == {("f1", "/orders"): 2, ("f1", "/users"): 1, ("f2", "/orders"): 1}


def test_the_pattern_that_costs_most_in_all_comes_first():
    found = [repeat(time_ms=500.0), *[repeat(target=USERS, time_ms=102.0)] * 6]
    assert [p.target.fingerprint_id for p in patterns(found)] == ["f2", "f1"]


def test_a_route_served_often_makes_a_single_repeat_rare_and_other_routes_do_not_matter():
    assert patterns([repeat()], {"/orders": 500}) == []
    assert len(patterns([repeat()], {"/other": 500})) == 1
    assert patterns([repeat(route=None)], {None: 500}) == []


REPEATS = st.lists(
    st.builds(
        repeat,
        route=st.sampled_from(["/a", "/b", None]),
        target=st.sampled_from([ITEMS, USERS]),
        repeats=st.integers(20, 60),
        time_ms=st.integers(5, 500).map(float),
        trace_id=st.text("abc", min_size=1, max_size=4),
    ),
    max_size=20,
)


@given(REPEATS.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_the_order_of_requests_changes_no_number(pair):
    one, other = (
        [(p.target, p.route, p.requests, p.repeats, p.time_ms, p.saves_ms) for p in patterns(found)]
        for found in pair
    )
    assert one == other


@given(REPEATS)
def test_every_repeat_is_in_exactly_one_pattern(found):
    listed = patterns(found)
    assert sum(p.requests for p in listed) == len(found)
    for one in listed:
        times = [r.time_ms for r in found if (r.target, r.route) == (one.target, one.route)]
        assert one.time_ms == statistics.median(times)
