import numpy as np
import pytest

from perfkit.analyses.changes.series import DAY, above, binned, quantile_by

SECOND = 10**9
MONDAY = 1_767_571_200 * SECOND  # 5 January 2026


def spread(count, ns, start=MONDAY):
    return start + np.linspace(0, ns, count).astype(np.int64)


def test_too_few_requests_or_one_moment_are_no_series():
    assert binned(spread(99, DAY), np.ones(99)) is None
    assert binned(np.full(500, MONDAY), np.ones(500)) is None
    times = np.repeat(spread(5, DAY), 100)  # five bursts
    assert binned(times, np.ones(500)) is None


def test_every_request_is_in_one_bin_and_bins_are_in_order():
    times = np.sort(np.random.default_rng(0).integers(0, DAY, 5000)) + MONDAY
    series = binned(times, np.ones(5000))
    assert series.counts.sum() == 5000
    assert (series.counts > 0).all()
    assert (np.diff(series.middles) > 0).all()
    assert len(series.first) <= 200


def test_bursts_are_cut_into_equal_numbers():
    bursts = [spread(40, SECOND, MONDAY + n * 3600 * SECOND) for n in range(5)]
    series = binned(np.concatenate(bursts), np.ones(200))
    assert len(series.first) >= 16


def test_from_two_days_on_times_of_day_are_known():
    assert not binned(spread(5000, DAY), np.ones(5000)).seasonal
    assert binned(spread(5000, 2 * DAY), np.ones(5000)).seasonal


def test_from_a_week_on_weekends_are_apart():
    four, seven = (binned(spread(9000, days * DAY - SECOND), np.ones(9000)) for days in (4, 7))
    assert len(set(four.slots)) == DAY // four.width
    assert len(set(seven.slots)) == 2 * DAY // seven.width


def test_a_gap_costs_no_bins():
    times = np.concatenate([spread(500, 3600 * SECOND), spread(500, 3600 * SECOND, MONDAY + DAY)])
    series = binned(times, np.ones(1000))
    assert len(series.first) >= 16
    assert series.counts.sum() == 1000


def test_quantiles_by_code_are_those_of_numpy():
    rng = np.random.default_rng(2)
    values, codes = rng.normal(size=1000), np.repeat(np.arange(4), 250)
    wanted = [np.quantile(values[codes == c], 0.95, method="lower") for c in range(4)]
    assert quantile_by(values, codes, 0.95) == pytest.approx(wanted)
    whole = np.quantile(values, 0.5, method="lower")
    assert quantile_by(values, np.zeros(1000, np.int64), 0.5) == pytest.approx([whole])


def test_above_counts_the_share_of_the_percentile():
    times = spread(4000, 3600 * SECOND)
    series = binned(times, np.random.default_rng(1).lognormal(3, 1, 4000))
    assert above(series, series.logs, 0.95).sum() == pytest.approx(200, abs=2)


def test_of_equal_values_the_nearer_share_counts():
    series = binned(spread(1000, 3600 * SECOND), np.repeat([1.0, 2.0], 500))
    assert above(series, series.logs, 0.5).sum() == 500


def test_a_duration_of_nothing_has_a_logarithm():
    assert np.isfinite(binned(spread(500, DAY), np.zeros(500)).logs).all()
