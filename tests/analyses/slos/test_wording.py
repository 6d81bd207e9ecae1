import numpy as np
import pytest

from perfkit.analyses.slos import wording
from perfkit.analyses.slos.asked import asked
from perfkit.analyses.slos.judged import judge
from perfkit.analyses.slos.seen import seen


def judged(requests, budget, shares, count=3000, **more):
    """Return the judgement of routes of which these shares of the requests take 700 ms."""
    rng = np.random.default_rng(3)
    late = rng.random((count, len(shares))) < np.array(shares)
    routes = [f"/r{number}" for number in range(len(shares))] * count
    ms = np.where(late, 700.0, 50.0).ravel()
    return judge(seen(requests(ms, route=routes, **more)), asked(budget, None, None))


def said(found):
    return wording.headline(found.routes, found.overall)


def test_who_breaks_it_is_named_with_the_requests_to_blame(requests):
    found = judged(requests, "p95<200ms", [0.01, 0.2, 0.1, 0.01])
    first, second = found.routes[:2]
    assert said(found) == (
        f"p95 < 200 ms is broken on 2 of 4 routes: /r1 (p95 700 ms, {first.to_blame} requests to"
        f" blame), /r2 (p95 700 ms, {second.to_blame} requests to blame)"
    )


def test_only_three_are_named(requests):
    assert said(judged(requests, "p95<200ms", [0.2] * 5)).endswith("to blame) and 2 more")


def test_met_says_stop(requests):
    found = judged(requests, "p95<200ms", [0.01] * 3)
    stop = "stop, there is no prize for the next 10 ms"
    assert said(found) == f"p95 < 200 ms is met on all 3 routes: {stop}"
    alone = judged(requests, "p95<200ms and max<1s", [0.01])
    assert said(alone) == f"max < 1.00 s and p95 < 200 ms are met on /r0: {stop}"


def test_too_few_requests_say_how_many_more_would_tell(requests):
    assert said(judged(requests, "p95<200ms", [0.0], count=40)) == (
        "Whether p95 < 200 ms is met cannot be said; 32 more requests on a route would tell"
    )


def test_some_met_and_some_open_are_told_apart(requests):
    text = said(judged(requests, "p95<200ms", [0.0, 0.051], count=600))
    assert "1 of 2 are met; it cannot be said of /r1 (p95 < 200 ms)" in text


def test_all_together_may_break_what_no_route_surely_does(requests):
    found = judged(requests, "p95<200ms", [0.12] * 200, count=5)
    assert "broken by all requests together" in said(found)


def test_nothing_read_is_an_answer():
    assert wording.headline([]) == "No request is in what was read."


@pytest.mark.parametrize(
    ("budget", "count", "more", "said_of"),
    [
        ("p95<200ms", 40, {}, "too few independent requests on 1 of 1 routes"),
        ("p95<200ms", 40, {"every_s": 0}, "Requests have no time"),
        ("p95<200ms", 1800, {}, "(1 h and 5 min, 6 h and 30 min) are shortened alike"),
        ("p95<200ms", 40, {}, "too short for burn rate alerts"),
        ("error_rate<1%", 100, {}, "the requests have no status, or error"),
    ],
)
def test_what_limits_the_verdicts_is_said(requests, budget, count, more, said_of):
    notes = wording.caveats(judged(requests, budget, [0.0], count=count, **more))
    assert any(said_of in note for note in notes), notes


def test_who_is_at_the_limit_is_told_so(requests):
    ms = [700.0 if n % 20 == 3 else 50.0 for n in range(2000)]
    found = judge(seen(requests(ms)), asked("p95<200ms", None, None))
    assert any("at the limit" in note for note in wording.caveats(found))


def test_dependence_is_told(requests):
    ms = np.repeat(np.random.default_rng(1).lognormal(4, 1, 300), 20)
    found = judge(seen(requests(ms)), asked("p95<200ms", None, None))
    assert any("resemble each other" in note for note in wording.caveats(found))


def test_what_was_looked_at_is_said(requests):
    found = judged(requests, "p95<200ms", [0.01] * 2, every_s=5)
    assert wording.checked(found) == [
        "p95 < 200 ms: 2 met",
        "burn rates over 1 h and 5 min above 14.4; 6 h and 30 min above 6",
    ]


def test_few_requests_that_break_it_beyond_doubt_are_counted_instead_of_measured(requests):
    text = said(judged(requests, "p95<200ms", [1.0], count=4))
    assert text == ("p95 < 200 ms is broken on /r0 (4 of 4 requests take 200 ms or longer)")
