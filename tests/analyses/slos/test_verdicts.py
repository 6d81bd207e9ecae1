import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.slos.measured import measured
from perfkit.analyses.slos.verdicts import BROKEN, MET, UNSURE, certain, more_requests, verdict


@pytest.mark.parametrize(
    ("low", "high", "text", "said"),
    [
        (150, 199, "p95<200ms", MET),
        (150, 200, "p95<200ms", UNSURE),
        (150, 200, "p95<=200ms", MET),
        (199, 300, "p95<200ms", UNSURE),
        (200, 300, "p95<200ms", BROKEN),
        (200, 300, "p95<=200ms", UNSURE),
    ],
)
def test_a_percentile_is_judged_by_its_whole_interval(measures, objective, low, high, text, said):
    assert verdict(measures(requests=1000, low=low, high=high), objective(text)) == said


@pytest.mark.parametrize(
    ("text", "low", "high", "said"),
    [
        ("error_rate<1%", 0.001, 0.009, MET),
        ("error_rate<1%", 0.001, 0.02, UNSURE),
        ("error_rate<1%", 0.02, 0.03, BROKEN),
        ("availability>99.9%", 0.0002, 0.0009, MET),
        ("availability>99.9%", 0.002, 0.009, BROKEN),
    ],
)
def test_failures_are_judged_by_the_interval_of_their_share(
    measures, objective, text, low, high, said
):
    found = measures(requests=5000, share_low=low, share_high=high)
    assert verdict(found, objective(text)) == said


@pytest.mark.parametrize(("over", "said"), [(0, MET), (1, BROKEN)])
def test_one_request_breaks_a_longest_duration(measures, objective, over, said):
    found = measures(requests=1000, over=over)
    assert verdict(found, objective("max<1s")) == said
    assert certain(found, objective("max<1s"))


def test_a_few_requests_suffice_where_most_are_over(sample, objective):
    asked = objective("p95<200ms")
    found = measured(sample([300.0] * 8 + [100.0] * 2, asked), asked)
    assert np.isnan(found.low)
    assert verdict(found, asked) == BROKEN
    assert certain(found, asked)


def test_one_request_over_the_limit_says_nothing(sample, objective):
    asked = objective("p95<200ms")
    assert verdict(measured(sample([300.0], asked), asked), asked) == UNSURE


@pytest.mark.parametrize(
    ("over", "count", "text"), [(2, 5, "p95<200ms"), (1, 4, "p99.9<200ms"), (2, 100, "p99.9<200ms")]
)
def test_what_chance_brings_to_one_of_hundreds_of_small_routes_is_not_said(
    sample, objective, over, count, text
):
    asked = objective(text)
    assert verdict(measured(sample([300.0] * over + [1.0] * count, asked), asked), asked) == UNSURE


def test_what_chance_brings_in_one_of_a_hundred_is_broken_but_not_certain(sample, objective):
    asked = objective("p95<200ms")
    ms = np.random.default_rng(1).permutation([300.0] * 38 + [100.0] * 462)  # 0.7 % have as many
    found = measured(sample(ms, asked), asked)
    assert verdict(found, asked) == BROKEN
    assert not certain(found, asked)


def test_a_percentile_without_any_over_needs_as_many_as_its_interval(measures, objective):
    found = measures(requests=10, over=0)
    assert more_requests(found, objective("p95<1s")) == 62  # 72 in all


def test_who_is_at_the_limit_cannot_be_told_by_any_number(measures, objective):
    assert more_requests(measures(requests=100, over=5), objective("p95<1s")) is None


def test_requests_that_count_for_less_need_more(measures, objective):
    alone = more_requests(measures(requests=400, over=28), objective("p95<1s"))
    found = measures(requests=400, over=28, worth=100)
    assert more_requests(found, objective("p95<1s")) > 3 * alone


@given(st.integers(30, 400), st.sampled_from([0.0, 0.1, 0.3]))
def test_so_many_requests_of_the_same_kind_do_tell(sample, objective, count, share):
    asked = objective("p95<200ms")

    def judged(n):
        over = np.zeros(n, np.bool_)
        over[: round(n * share)] = True
        ms = np.where(np.random.default_rng(2).permutation(over), 300.0, 100.0)
        return measured(sample(ms, asked), asked)

    found = judged(count)
    if verdict(found, asked) == UNSURE:
        more = more_requests(found, asked)
        # the share of whole requests is not exactly the same, and intervals are in steps
        if more is not None:
            enough = judged(round(1.3 * (count + more)))
            assert verdict(enough, asked) != UNSURE
