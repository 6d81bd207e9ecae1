import numpy as np
import pytest

from perfkit.statistics.bootstrap import quantile_shifts, resampled_quantiles

QUANTILES = (0.5, 0.9, 0.95)


def naive(values, q, blocks, repeats, random):
    """Draw blocks, join them, take the quantile: as the book has it."""
    parts = np.array_split(values, blocks)
    found = []
    for _ in range(repeats):
        drawn = np.concatenate([parts[i] for i in random.integers(0, blocks, blocks)])
        found.append(np.quantile(drawn, q, method="inverted_cdf"))
    return np.array(found)


@pytest.mark.parametrize("n", [100, 1000])
def test_resamples_spread_as_those_that_are_really_drawn(n):
    random = np.random.default_rng(n)
    values = random.lognormal(size=n)
    mine = resampled_quantiles(values, QUANTILES, tau=n / 4 / 25)
    for column, q in enumerate(QUANTILES):
        theirs = naive(values, q, 25, 1500, random)
        assert mine[:, column].mean() == pytest.approx(theirs.mean(), rel=0.05)
        assert mine[:, column].std() == pytest.approx(theirs.std(), rel=0.2)


def test_exchanging_the_sides_turns_the_sign():
    random = np.random.default_rng(2)
    old, new = random.normal(size=150), random.normal(1, 1, size=310)
    for there, back in zip(
        quantile_shifts(old, new, QUANTILES), quantile_shifts(new, old, QUANTILES), strict=True
    ):
        assert back == pytest.approx((-there[1], -there[0], there[2]))


def test_the_same_data_has_the_same_interval():
    values = np.random.default_rng(3).normal(size=200)
    assert quantile_shifts(values, values + 1, QUANTILES) == quantile_shifts(
        values, values + 1, QUANTILES
    )


def test_a_shift_of_all_shifts_the_interval():
    random = np.random.default_rng(4)
    old, new = random.normal(size=200), random.normal(size=200)
    plain, moved = (quantile_shifts(old, side, QUANTILES) for side in (new, new + 5))
    for one, other in zip(plain, moved, strict=True):
        assert other == pytest.approx((one[0] + 5, one[1] + 5, one[2]))


def test_what_neighbours_share_widens_the_interval():
    random = np.random.default_rng(5)
    bursts = np.repeat(random.normal(size=50), 20)
    mixed = random.permutation(bursts)
    (alone,) = quantile_shifts(mixed, mixed[::-1], (0.5,))
    (together,) = quantile_shifts(bursts, bursts[::-1], (0.5,), tau=5)
    assert together[2] > 2 * alone[2]


def test_few_equal_samples_have_an_interval_of_no_width():
    assert quantile_shifts([3.0] * 6, [4.0] * 6, (0.5,)) == [(1.0, 1.0, 0.0)]


def test_intervals_cover_the_truth():
    random = np.random.default_rng(6)
    held = []
    for _ in range(250):
        (low, high, _), (tail_low, tail_high, _) = quantile_shifts(
            random.normal(size=200), random.normal(size=200), (0.5, 0.95)
        )
        held.append((low <= 0 <= high, tail_low <= 0 <= tail_high))
    assert (np.mean(held, axis=0) > 0.9).all()
