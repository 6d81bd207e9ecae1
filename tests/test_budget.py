"""Budgets as people type them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.budget import DEFAULT, Budget, parse
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


@given(st.text(max_size=60))
def test_any_text_is_a_budget_or_a_usage_error(text):
    read = None
    with contextlib.suppress(UsageError):
        read = parse("p95<" + text)
    assert read is None or read.p95_ms >= 0


@given(st.integers(1, 59_000))
def test_a_budget_can_be_typed_as_it_is_shown(ms):
    shown = str(Budget(float(ms)))
    assert parse(shown).p95_ms == pytest.approx(ms, rel=0.06)
