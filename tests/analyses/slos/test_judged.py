import math

import numpy as np
import pytest

from perfkit.analyses.slos.asked import asked
from perfkit.analyses.slos.judged import Judged, judge
from perfkit.analyses.slos.seen import seen
from perfkit.analyses.slos.verdicts import BROKEN, MET, UNSURE


def two_routes(requests, count=2000, **more):
    """/slow takes 500 ms in every tenth request, /quick never."""
    routes = ["/slow", "/quick"] * (count // 2)
    slow = np.random.default_rng(1).random(count) < 0.1
    ms = np.where(slow & (np.array(routes) == "/slow"), 500.0, 50.0)
    return seen(requests(ms, route=routes, **more))


def test_the_route_with_most_requests_to_blame_is_first(requests):
    found = judge(two_routes(requests), asked("p95<200ms", None, None))
    assert [(one.route, one.verdict) for one in found.routes] == [
        ("/slow", BROKEN),
        ("/quick", MET),
    ]
    slow, quick = found.routes
    assert slow.allowed == 50
    assert slow.to_blame == slow.found.over - 50
    assert slow.burn_rate == pytest.approx(slow.found.over / 50)
    assert (quick.to_blame, quick.burn_rate) == (0, 0)


def test_all_together_are_judged_as_well(requests):
    (whole,) = judge(two_routes(requests), asked("p95<20ms", None, None)).overall
    assert (whole.found.requests, whole.verdict, whole.whole) == (2000, BROKEN, True)


@pytest.mark.parametrize(
    "what", [asked("p95<1s", "/slow", None), asked(None, None, {"/slow": "p95<1s"})]
)
def test_where_routes_are_named_they_are_not_judged_together(requests, what):
    found = judge(two_routes(requests), what)
    assert found.overall == []
    assert [one.route for one in found.routes] == ["/slow"]


def test_a_broken_budget_has_its_course_and_one_that_is_met_has_none(requests):
    slow, quick = judge(two_routes(requests), asked("p95<200ms", None, None)).routes
    assert slow.detail.course.over.sum() == slow.found.over
    assert slow.detail.first is not None
    assert quick.detail.course is None


def test_without_times_it_is_broken_all_the_same(requests):
    found = judge(two_routes(requests, every_s=0), asked("p95<200ms", None, None))
    assert found.routes[0].verdict == BROKEN
    assert (found.routes[0].detail.first, found.grid, found.windows) == (None, None, ())


def test_what_is_not_known_cannot_be_said(requests):
    found = judge(two_routes(requests), asked("error_rate<1%", None, None))
    assert {one.verdict for one in found.routes} == {UNSURE}
    assert all(one.found is None and math.isnan(one.burn_rate) for one in found.routes)


def test_a_longest_duration_has_no_burn_rate(requests):
    (one, _) = judge(two_routes(requests), asked("max<200ms", None, None)).routes
    assert one.to_blame == one.found.over
    assert math.isnan(one.burn_rate)
    assert one.detail.alerts == ()


def test_a_rounded_share_costs_no_request(measures, objective):
    found = measures(requests=1_000_000, over=1000)
    one = Judged(route="/", objective=objective("availability>99.9%"), found=found, verdict=MET)
    assert (one.allowed, one.to_blame) == (1000, 0)
