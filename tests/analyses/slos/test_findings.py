import numpy as np
import pytest

from perfkit.analyses.slos.asked import asked
from perfkit.analyses.slos.behind import Blamed
from perfkit.analyses.slos.findings import findings
from perfkit.analyses.slos.judged import Detail, Judged, Judgement, judge
from perfkit.analyses.slos.seen import seen


def judged(requests, budget, ms, **columns):
    return judge(seen(requests(ms, **columns)), asked(budget, None, None))


def slow(count, share, seed=1, late=700.0):
    return np.where(np.random.default_rng(seed).random(count) < share, late, 50.0)


def test_a_broken_budget_says_how_many_are_too_many_and_what_to_do(requests):
    (found,) = findings(judged(requests, "p95<200ms", slow(4000, 0.1)))
    over = round(found.saves_times)
    assert found.title.startswith(
        f"/orders breaks p95 < 200 ms: {over} of 4,000 requests take 200 ms or longer,"
        f" {over - 200} more than the 200 it allows (p95 700 ms, 95 % interval 700 ms"
    )
    assert (found.severity, found.confidence, found.rule) == ("critical", "high", "budget-broken")
    assert found.keys == {"route": "/orders"}
    assert "must come down by 500 ms (71.4 %)" in found.fix.text
    assert "perfkit.diagnose(rec.where(route='/orders'))" in found.fix.snippet
    assert "duration_ms >= 200" in found.fix.snippet


def test_it_saves_the_time_beyond_the_limit_of_what_is_over(requests):
    ms = slow(4000, 0.1)
    (found,) = findings(judged(requests, "p95<200ms", ms))
    assert found.saves_ms == pytest.approx(500)
    assert found.saves_total_ms == pytest.approx((ms[ms >= 200] - 200).sum())


def test_a_budget_that_is_met_is_no_finding(requests):
    assert findings(judged(requests, "p95<200ms", slow(4000, 0.02))) == []


def test_what_cannot_be_said_is_no_finding(requests):
    assert findings(judged(requests, "p95<200ms", slow(300, 0.07))) == []


def test_failures_save_no_time_that_is_known(requests):
    status = np.where(np.arange(2000) % 20 == 7, 503, 200)
    (found,) = findings(judged(requests, "availability>99.9%", [9.0] * 2000, status=status))
    assert found.saves_ms is None
    assert "100 of 2,000 requests fail, 98 more than the 2 it allows" in found.title
    assert "error rate 5.0 %, 95 % interval 4.1 % to 6.0 %" in found.title
    assert "status >= 500" in found.fix.snippet


def test_the_longest_request_allows_none(requests):
    (found,) = findings(judged(requests, "max<500ms", [50.0] * 99 + [700.0]))
    assert "1 of 100 requests take 500 ms or longer (longest 700 ms)" in found.title


def test_little_evidence_is_a_warning(requests):
    ms = np.random.default_rng(1).permutation([700.0] * 38 + [50.0] * 462)
    (found,) = findings(judged(requests, "p95<200ms", ms))
    assert (found.severity, found.confidence) == ("warning", "medium")


def test_where_no_route_has_enough_all_together_count(requests):
    routes = [f"/page{number % 200}" for number in range(1000)]
    (found,) = findings(judged(requests, "p95<200ms", slow(1000, 0.12), route=routes))
    assert found.title.startswith("All requests together break ")
    assert found.keys == {}


def only(one):
    return Judgement(routes=[one], overall=[], grid=None, windows=())


def test_a_client_is_counted_not_named(measures, objective):
    blamed = Blamed(
        by="client",
        name="192.0.2.3",
        of=312,
        requests=40,
        over=40,
        excess_share=0.8,
        request_share=0.04,
    )
    one = Judged(
        route="/orders",
        objective=objective("p95<200ms"),
        found=measures(requests=1000, over=90, value=300, low=250, high=350, beyond_ms=900),
        verdict="broken",
        detail=Detail(blamed=(blamed,)),
    )
    (found,) = findings(only(one))
    assert "80.0 % of the excess comes from one of 312 clients, which sends 4.0 %" in found.fix.text
    assert "192.0.2.3" not in str(found.to_dict())


def test_a_load_tools_word_is_a_warning(measures, objective):
    one = Judged(
        route="http://shop/",
        objective=objective("p95<200ms"),
        found=measures(requests=500, value=300),
        verdict="broken",
        stated=True,
    )
    (found,) = findings(only(one))
    assert found.title == "http://shop/ breaks p95 < 200 ms: the load tool states p95 300 ms"
    assert (found.severity, found.saves_ms) == ("warning", None)


def test_requests_without_a_route_have_a_name_too(requests):
    (found,) = findings(judged(requests, "p95<200ms", slow(4000, 0.1), route=[None] * 4000))
    assert found.title.startswith("What has no route breaks p95 < 200 ms")
    assert "perfkit.diagnose(rec)" in found.fix.snippet


def test_a_route_from_a_hostile_log_stays_on_one_line(requests):
    name = "/x\x1b[31m\n" + "y" * 500
    (found,) = findings(judged(requests, "p95<200ms", slow(4000, 0.1), route=name))
    assert "\n" not in found.title
    assert "\x1b" not in found.title
    assert len(found.title) < 300


def test_a_percentile_of_too_few_requests_is_not_told(requests):
    (found,) = findings(judge(seen(requests([5900.0] * 4)), asked("p95<200ms", None, None)))
    assert "4 of 4 requests take 200 ms or longer" in found.title
    assert "5.9" not in found.title + found.fix.text
