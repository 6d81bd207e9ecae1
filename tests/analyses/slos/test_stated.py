"""Summaries of load tools, taken at their word."""

import pytest

from perfkit.analyses.slos.asked import asked
from perfkit.analyses.slos.stated import judge
from perfkit.recording import Recording

ROW = {"tool": "k6", "name": "http://shop/", "requests": 500, "failures": 10, "p95_ms": 180.0}


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("p95<200ms", "met"),
        ("p95<180ms", "broken"),
        ("p95<=180ms", "met"),
        ("p99<1s", "cannot say"),  # not stated
        ("p99.9<1s", "cannot say"),  # never stated
        ("error_rate<1%", "broken"),
        ("error_rate<3%", "met"),
        ("availability>97%", "met"),
    ],
)
def test_a_budget_is_compared_with_what_is_stated(built, budget, said):
    (one,) = judge(built(load_tests=[ROW]), asked(budget, None, None)).routes
    assert (one.route, one.verdict, one.stated) == ("http://shop/", said, True)
    assert (one.allowed, one.to_blame, one.more_requests) == (0, 0, None)


def test_without_any_there_is_nothing_to_judge():
    assert judge(Recording(), asked("p95<1s", None, None)) is None


def test_what_is_broken_stands_first(built):
    rows = [ROW, {**ROW, "name": "http://shop/slow", "p95_ms": 900.0}]
    found = judge(built(load_tests=rows), asked("p95<200ms", None, None))
    assert [one.route for one in found.routes] == ["http://shop/slow", "http://shop/"]
