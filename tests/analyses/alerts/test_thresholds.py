from __future__ import annotations

import math

import pytest

from perfkit.analyses.alerts.thresholds import THRESHOLDS, limits
from perfkit.errors import UsageError


def test_every_threshold_says_what_it_means_and_where_it_comes_from():
    for name, (default, meaning, source) in THRESHOLDS.items():
        assert default > 0, name
        assert len(meaning) > 10, name
        assert len(source) > 10, name


def test_what_is_not_changed_keeps_its_default():
    chosen = limits({"slow_p95_ms": 500})
    assert chosen.pop("slow_p95_ms") == 500.0
    assert chosen == {n: t.default for n, t in THRESHOLDS.items() if n != "slow_p95_ms"}


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError) as caught:
        limits({"slow_p95": 500})
    assert "'slow_p95_ms'" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        limits({"zzz": 1})
    assert "error_rate" in caught.value.hint


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "much", None])
def test_a_value_that_is_no_positive_number_is_refused(value):
    with pytest.raises(UsageError, match="error_rate must be a positive number"):
        limits({"error_rate": value})
