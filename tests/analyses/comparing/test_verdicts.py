import math
from dataclasses import replace

import pytest

from perfkit.analyses.comparing.latency import Latency, Quantile
from perfkit.analyses.comparing.verdicts import verdicts
from perfkit.statistics.shift import Shift

EFFECT = math.log(1.05)
QUIET = Quantile(before_ms=10, after_ms=10)


def found(value, p_value, *, error=0.02, drift=math.nan, tail=QUIET):
    shift = Shift(
        value=value, low=value - 0.04, high=value + 0.04, p_value=p_value, error=error, freedom=400
    )
    quantiles = {50: QUIET, 90: QUIET, 95: tail, 99: QUIET}
    return Latency(
        counts=(200, 200), shift=shift, tau=1, drift=drift, by_runs=False, quantiles=quantiles
    )


def judge(*all_found, rows=(200, 200)):
    return verdicts(all_found, [rows] * len(all_found), EFFECT)


@pytest.mark.parametrize(
    ("value", "p_value", "word"),
    [
        (0.2, 0.01, "slower"),
        (-0.2, 0.01, "faster"),
        (0.2, 0.06, "no change detected"),
        (0.04, 1e-9, "no change detected"),
        (EFFECT, 1e-9, "slower"),
        (math.nan, math.nan, "too few samples"),
    ],
)
def test_a_change_must_be_real_and_large_enough(value, p_value, word):
    assert judge(found(value, p_value))[0].word == word


def test_a_key_of_one_side_is_new_or_gone():
    assert judge(found(math.nan, math.nan), rows=(0, 3))[0].word == "new"
    assert judge(found(math.nan, math.nan), rows=(3, 0))[0].word == "gone"


def test_the_more_keys_the_surer_each_must_be():
    alone = judge(found(0.2, 0.02))
    among = judge(found(0.2, 0.02), *[found(0.0, 0.5)] * 9)
    assert alone[0].word == "slower"
    assert among[0].word == "no change detected"
    assert among[0].p_value == pytest.approx(0.2)
    assert among[0].detectable > alone[0].detectable


def test_a_change_within_twice_the_drift_of_the_runs_before_is_none():
    assert judge(found(0.2, 1e-9, drift=0.15))[0].word == "no change detected"
    assert judge(found(0.2, 1e-9, drift=0.05))[0].word == "slower"
    assert judge(found(0.2, 1e-9, drift=0.15))[0].effect == pytest.approx(0.3)


def test_what_is_detectable_is_seen_four_times_in_five():
    # a test at 5 % with a standard error of 0.02 sees 2.8 of these with 80 %
    (one,) = judge(found(0.0, 0.9))
    assert one.detectable == pytest.approx((1.966 + 0.8416) * 0.02, abs=2e-4)
    assert judge(found(0.0, 0.9, error=0.001))[0].detectable == EFFECT
    assert math.isnan(judge(found(math.nan, math.nan, error=math.nan))[0].detectable)


def test_a_tail_that_alone_moved_is_told_beside_the_verdict():
    slow = Quantile(before_ms=10, after_ms=20, shift=0.7, low=0.4, high=1.0, p_value=1e-5)
    (one,) = judge(found(0.0, 0.9, tail=slow))
    assert (one.word, one.tail, one.tail_word) == ("no change detected", 95, "slower")
    (known,) = judge(found(0.7, 1e-9, tail=slow))
    assert known.tail is None  # the verdict says it already
    (unsure,) = judge(found(0.0, 0.9, tail=replace(slow, p_value=0.01)))
    assert unsure.tail is None
