"""Work of a known length."""

from __future__ import annotations

from statistics import median

import pytest

from perfkit.errors import UsageError
from perfkit.lab.shop.work import LONGEST_MS, WORK, Work


def test_work_is_as_long_as_it_was_set_last():
    work = Work()
    assert work.values() == {name: first for name, (_, first) in WORK.items()}
    work.change({"render_ms": 60.0})
    assert work.seconds("render_ms") == 0.06
    assert work.seconds("fraud_check_ms") == 0


def test_with_a_spread_the_time_given_is_the_median():
    work = Work()
    work.change({"render_ms": 100.0, "spread": 0.2})
    drawn = [work.seconds("render_ms") for _ in range(2000)]
    assert median(drawn) == pytest.approx(0.1, rel=0.04)
    within = sum(0.1 / 1.2214 < one < 0.1 * 1.2214 for one in drawn)
    assert within / 2000 == pytest.approx(0.683, abs=0.06)  # one sigma each way


@pytest.mark.parametrize("value", [-1, LONGEST_MS + 1, float("nan"), float("inf")])
def test_a_length_that_makes_no_sense_changes_nothing(value):
    work = Work()
    with pytest.raises(UsageError, match="is not within 0 and 10000"):
        work.change({"fraud_check_ms": 5.0, "render_ms": value})
    assert work.values() == Work().values()


def test_work_that_there_is_not_is_refused_with_the_names_there_are():
    with pytest.raises(UsageError, match="nothing is called 'sleep_ms'") as caught:
        Work().change({"sleep_ms": 1.0})
    assert "render_ms" in caught.value.hint
