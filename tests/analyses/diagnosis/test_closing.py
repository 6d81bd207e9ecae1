"""The words at the end: what to say in the channel, and when to stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.diagnosis.chain import Chain
from perfkit.analyses.diagnosis.closing import MOST_CAUSES, headline, paragraph, stop
from perfkit.analyses.diagnosis.symptoms import Symptom
from perfkit.budget import Budget
from perfkit.results import Finding, Fix

BUDGET = Budget(300.0)


def symptom(route, p95, requests=10, rest=float("nan")):
    total = p95 * requests
    return Symptom(route, requests, 0, total, total, p95, p95, rest, rest)


def seen(*listed):
    return {one.route: one for one in listed}


def chain(title="a loop asks one by one", new=None, **per_route):
    routes = {f"/{name}": ms for name, ms in per_route.items()}
    found = Finding(rule="r", severity="info", title=title, fix=Fix(text=f"mend {title}"))
    return Chain(found, routes, None, new, found)


def test_routes_that_meet_the_budget_leave_nothing_to_do():
    assert stop([], seen(symptom("/a", 200)), BUDGET) == (
        "Every route meets p95 < 300 ms: stop here, there is no prize for more."
    )
    assert "none of this is urgent" in stop([chain(a=1.0)], seen(symptom("/a", 200)), BUDGET)


def test_a_p95_exactly_at_the_budget_is_over_only_when_it_is_above():
    assert "Every route meets" in stop([], seen(symptom("/a", 300.0)), BUDGET)
    assert "Still over" in stop([], seen(symptom("/a", 300.1)), BUDGET)


def test_the_fix_after_which_every_route_meets_the_budget_is_the_last_one_needed():
    routes = seen(symptom("/a", 900), symptom("/b", 400))
    chains = [chain(a=7000.0), chain(b=2000.0), chain(a=500.0)]
    assert stop(chains, routes, BUDGET) == (
        "After fix 2 every route should meet p95 < 300 ms: stop there."
    )


def test_what_no_fix_brings_below_the_budget_is_named_with_what_remains():
    said = stop([chain(a=1000.0)], seen(symptom("/a", 900), symptom("/b", 950)), BUDGET)
    assert said == (
        "Still over p95 < 300 ms after these fixes: /b (about 950 ms), /a (about 800 ms);"
        " measure again."
    )
    assert "no fix was found" in stop([], seen(symptom("/a", 900)), BUDGET)


def test_at_most_four_routes_are_named():
    said = stop([], seen(*(symptom(f"/{n}", 1000 + n) for n in range(9))), BUDGET)
    assert said.count("about") == 4
    assert "/8 (about" in said


def test_without_requests_nothing_is_said_about_a_budget():
    assert stop([chain(a=1.0)], {}, BUDGET) == ""


def test_a_fix_of_a_route_without_requests_changes_nothing():
    assert "Still over" in stop([chain(gone=9e9)], seen(symptom("/a", 900)), BUDGET)


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=5),
    st.lists(st.integers(0, 9000), max_size=5),
)
def test_the_verdict_agrees_with_adding_up_the_fixes(p95s, fixes):
    routes = seen(*(symptom(f"/{n}", float(p)) for n, p in enumerate(p95s)))
    said = stop([chain(**{"0": float(ms)}) for ms in fixes], routes, BUDGET)
    worst = [max([p95s[0] - sum(fixes[:n]) / 10, *p95s[1:]]) for n in range(len(fixes) + 1)]
    first = next((n for n, p95 in enumerate(worst) if p95 <= 300), None)
    if first is None:
        assert said.startswith("Still over")
    elif first == 0:
        assert said.startswith("Every route meets")
    else:
        assert said.startswith(f"After fix {first} ")


@pytest.mark.parametrize(
    ("chains", "said"),
    [
        ([], "No cause of slowness found since noon"),
        ([chain(a=500.0)], "1 cause explains 500 ms (25.0 % of request time) since noon"),
        (
            [chain(a=400.0), chain(a=600.0)],
            "2 causes explain 1.00 s (50.0 % of request time) since noon",
        ),
    ],
)
def test_the_headline_counts_causes_and_their_share(chains, said):
    assert headline(chains, seen(symptom("/a", 200)), "since noon") == said


def test_without_requests_the_headline_has_no_share():
    assert headline([chain(a=500.0)], {}, "since noon") == "1 cause explains 500 ms since noon"


def test_the_paragraph_says_what_is_slow_why_and_what_comes_first():
    routes = seen(symptom("/a", 900, rest=100.0), symptom("/b", 100, rest=99.0))
    said = paragraph([chain("a loop", new=True, a=5000.0)], routes, "since noon", "Stop.")
    assert said == (
        "1 of 2 routes are slower since noon. /a: p95 900 ms (was 100 ms)."
        " (1) a loop. New in the incident. A fix saves about 5.00 s."
        " Start with (1): mend a loop Stop."
    )


@pytest.mark.parametrize(
    ("now", "rest", "slower"),
    [
        (149, 100, False),
        (151, 100, True),
        (5.9, 1, False),
        (6.1, 1, True),
        (900, float("nan"), False),
    ],
)
def test_slower_means_half_as_slow_again_and_five_milliseconds(now, rest, slower):
    said = paragraph([], seen(symptom("/a", now, rest=rest)), "since noon", "")
    assert ("routes are slower" in said) == slower


def test_more_causes_than_a_channel_reads_are_summed_up():
    chains = [chain(f"cause {n}", a=100.0) for n in range(MOST_CAUSES + 2)]
    said = paragraph(chains, {}, "since noon", "")
    assert f"({MOST_CAUSES}) " in said
    assert f"({MOST_CAUSES + 1}) " not in said
    assert "2 smaller causes: 200 ms." in said


def test_the_three_routes_that_lost_most_time_are_named():
    routes = seen(*(symptom(f"/{n}", 1000 + 100 * n, rest=10.0) for n in range(5)))
    said = paragraph([], routes, "since noon", "")
    assert said.startswith("5 of 5 routes are slower since noon. /4: ")
    assert "/2:" in said
    assert "/1:" not in said
