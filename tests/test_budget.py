"""Budgets as people type them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.budget import DEFAULT, Budget, Objective, objectives, parse
from perfkit.errors import UsageError


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("p95<200ms", 200.0),
        ("P95 <= 1.5s", 1500.0),
        ("  p95 < 250 ms ", 250.0),
        ("p95<1m", 60_000.0),
        (DEFAULT, 300.0),
    ],
)
def test_a_budget_is_read_in_any_unit(text, ms):
    assert parse(text) == Budget(ms)


@pytest.mark.parametrize(
    "text",
    ["", "fast", "p99<200ms", "p95>200ms", "p95=200ms", "p95<", "xp95<1s", "p95<1s\np95<2s"],
)
def test_what_is_no_budget_is_an_error_that_shows_how_to_write_one(text):
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.hint


def test_a_unit_that_does_not_exist_is_an_error_too():
    with pytest.raises(UsageError):
        parse("p95<200 parsecs")


def test_where_one_p95_is_asked_for_two_budgets_are_sent_to_slo():
    with pytest.raises(UsageError) as caught:
        parse("p95<200ms and p99<1s")
    assert "perfkit.slo(rec, 'p95<200ms and p99<1s')" in caught.value.hint


@given(st.text(max_size=60))
def test_any_text_is_a_budget_or_a_usage_error(text):
    for written in (text, "p95<" + text, "error_rate<" + text):
        with contextlib.suppress(UsageError):
            for one in objectives(written):
                assert one.limit >= 0
                assert 0 <= one.allowed <= 1


@given(st.integers(1, 59_000))
def test_a_budget_can_be_typed_as_it_is_shown(ms):
    shown = str(Budget(float(ms)))
    assert parse(shown).p95_ms == pytest.approx(ms, rel=0.06)


@pytest.mark.parametrize(
    ("text", "shown", "allowed"),
    [
        ("p95<200ms", "p95 < 200 ms", 0.05),
        ("p99<=1s", "p99 <= 1.00 s", 0.01),
        ("p99.9<2s", "p99.9 < 2.00 s", 0.001),
        ("p(95)<0.2s", "p95 < 200 ms", 0.05),  # as k6 writes it
        ("median<50ms", "p50 < 50 ms", 0.5),
        ("max<3s", "max < 3.00 s", 0.0),
        ("error_rate<1%", "error_rate < 1 %", 0.01),
        ("errors <= 0.5 %", "error_rate <= 0.5 %", 0.005),
        ("error rate<0.01", "error_rate < 1 %", 0.01),
        ("availability>99.9%", "availability > 99.9 %", 0.001),
        ("availability>=0.999", "availability >= 99.9 %", 0.001),
    ],
)
def test_every_budget_is_shown_as_typed_and_allows_a_share(text, shown, allowed):
    (found,) = objectives(text)
    assert (str(found), found.allowed) == (shown, allowed)
    assert objectives(shown) == (found,)


@pytest.mark.parametrize("joint", [" and ", ",", ", ", ";", " AND ", "&&"])
def test_several_are_joined_and_told_once(joint):
    found = objectives(joint.join(["p95<200ms", "error_rate<1%", "p95<0.2s"]))
    assert [str(one) for one in found] == ["p95 < 200 ms", "error_rate < 1 %"]


@pytest.mark.parametrize("name", ["mean", "avg", "Average"])
def test_an_average_is_refused_with_the_reason(name):
    with pytest.raises(UsageError, match="hides its tail"):
        objectives(f"p95<1s and {name}<200ms")


@pytest.mark.parametrize(
    "text",
    [
        "p0<1s",
        "p100<1s",
        "p95.<1s",
        "max>1s",
        "max<0ms",
        "p95<-1s",
        "p95<200",
        "error_rate>1%",
        "error_rate<1",  # one per cent, or all?
        "error_rate<101%",
        "error_rate<1s",
        "availability<99%",
        "availability>nan",
        "p95<1s and",
        "p95<1s or p99<2s",
        "100ms<p95<200ms",
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_hint(text):
    with pytest.raises(UsageError) as caught:
        objectives(text)
    assert caught.value.hint


def test_a_budget_says_what_counts_against_it():
    texts = ["p95<200ms", "p95<=200ms", "error_rate<1%"]
    said = [objectives(text)[0].broken_by for text in texts]
    assert said == ["take 200 ms or longer", "take more than 200 ms", "fail"]


def test_a_long_text_is_not_repeated_in_full():
    with pytest.raises(UsageError) as caught:
        objectives("p95<" + "9" * 500)
    assert len(caught.value.message) < 200


def test_percentiles_know_their_quantile_and_others_have_none():
    assert Objective(metric="p99.9", limit=1.0).quantile == 0.999
    assert Objective(metric="max", limit=1.0).quantile is None
