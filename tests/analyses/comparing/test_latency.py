import math

import numpy as np
import pytest

from perfkit.analyses.comparing.latency import latency
from perfkit.analyses.comparing.samples import Samples

RANDOM = np.random.default_rng(11)


def lognormal(n, factor=1.0, sigma=0.3):
    return factor * np.exp(sigma * RANDOM.standard_normal(n))


def one(n, m, factor=1.0):
    return latency(Samples(before=[lognormal(n)], after=[lognormal(m, factor)]))


@pytest.mark.parametrize(
    ("n", "known"), [(5, []), (6, [50]), (36, [50, 90]), (72, [50, 90, 95]), (999, [50, 90, 95])]
)
def test_percentiles_are_compared_from_their_count_on(n, known):
    found = one(n, 2000)
    assert [p for p, q in found.quantiles.items() if not math.isnan(q.low)] == known
    assert all(q.after_ms > 0 for q in found.quantiles.values())  # the sample's own stays


def test_p99_is_compared_from_a_thousand_on():
    assert not math.isnan(one(1000, 1000).quantiles[99].shift)


def test_percentiles_are_numpys():
    before, after = lognormal(301), lognormal(77)
    found = latency(Samples(before=[before], after=[after]))
    for p, quantile in found.quantiles.items():
        assert quantile.before_ms == pytest.approx(np.quantile(before, p / 100))
        assert quantile.after_ms == pytest.approx(np.quantile(after, p / 100))


def test_multiplied_samples_are_shifted_by_just_that():
    before = lognormal(150)
    found = latency(Samples(before=[before], after=[before * 1.3]))
    assert found.shift.value == pytest.approx(math.log(1.3))
    assert found.quantiles[95].shift == pytest.approx(math.log(1.3))


def test_the_unit_does_not_matter():
    before, after = lognormal(150), lognormal(150, 1.2)
    ms = latency(Samples(before=[before], after=[after]))
    us = latency(Samples(before=[1000 * before], after=[1000 * after]))
    assert (us.shift.low, us.shift.p_value) == pytest.approx((ms.shift.low, ms.shift.p_value))
    assert us.quantiles[90].high == pytest.approx(ms.quantiles[90].high)


def test_exchanging_the_sides_turns_every_sign():
    before, after = lognormal(120), lognormal(200, 1.2)
    there = latency(Samples(before=[before], after=[after]))
    back = latency(Samples(before=[after], after=[before]))
    assert back.shift.low == pytest.approx(-there.shift.high)
    assert back.quantiles[95].low == pytest.approx(-there.quantiles[95].high)
    assert back.quantiles[95].p_value == pytest.approx(there.quantiles[95].p_value)


def test_from_three_runs_on_the_runs_are_compared():
    runs = [lognormal(50) for _ in range(6)]
    assert latency(Samples(before=runs[:3], after=runs[3:])).by_runs
    assert not latency(Samples(before=runs[:2], after=runs[2:4])).by_runs
    assert latency(Samples(before=runs[:3], after=runs[3:4])).by_runs


def test_drift_is_known_of_three_runs_before():
    runs = [lognormal(400, factor) for factor in (0.8, 1.0, 1.25, 1.0)]
    assert latency(Samples(before=runs, after=runs)).drift > 0.1


def test_nothing_on_one_side_is_unknown():
    found = latency(Samples(before=[], after=[lognormal(9)]))
    assert math.isnan(found.shift.value)
    assert found.counts == (0, 9)


def test_intervals_hold_their_own_shift():
    found = latency(Samples(before=[np.array([1.0] * 7)], after=[np.array([2.0] * 6)]))
    assert (found.quantiles[50].low, found.quantiles[50].high) == pytest.approx((math.log(2),) * 2)
