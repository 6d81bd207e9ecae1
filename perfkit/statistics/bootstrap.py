"""How far quantiles of two samples are apart, with intervals by a block bootstrap.

Whole stretches of a run are drawn with replacement, so that what neighbours share is kept
(Carlstein, Annals of Statistics 14 (1986) 1171; Lahiri, Resampling Methods for Dependent Data,
2003, section 2.5). Nothing is copied: a resample is how often each block was drawn, and its
quantile is where the blocks' counts, so weighted, reach their share.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.statistics.student import upper_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["quantile_shifts", "resampled_quantiles"]

RESAMPLES = 1000
_PRODUCTS = 20
_NORMAL = 1.959963984540054  # exceeded by 2.5 %
_SEED = 841  # any; a constant, so that the same data gives the same interval
_FEWEST, _MOST = 20, 50  # blocks: 5 % of a run each at most
_TIMES_TAU = 4.0  # a block is so many times as long as dependence lasts
_REACH = 4.5  # standard errors: far beyond the 2.5 % that the interval leaves out
_GRID = 72  # places in reach: an eighth of a standard error apart at most


def quantile_shifts(
    before: ArrayLike, after: ArrayLike, quantiles: Sequence[float], *, tau: float = 1.0
) -> list[tuple[float, float, float]]:
    """Return (low, high, standard error) of quantile after minus quantile before, for each.

    The interval holds the middle 95 % of 1,000 resamples, widened where blocks are too short to
    hold all dependence or where there are few independent samples. Each side has two sets of
    draws, and each is compared with the other set of the other side: exchanging the sides turns
    the sign and nothing else.

    Args:
        before: shape (n,), in the order of time; all known.
        after: shape (m,), in the same unit.
        quantiles: such as 0.5 and 0.95.
        tau: integrated autocorrelation time of both, which blocks must exceed.
    """
    old, new = (
        _widened(resampled_quantiles(side, quantiles, tau=tau), len(np.asarray(side)), tau)
        for side in (before, after)
    )
    half = RESAMPLES // 2
    apart = np.concatenate((new[:half] - old[half:], new[half:] - old[:half]))
    low, high = np.quantile(apart, (0.025, 0.975), axis=0)
    error = apart.std(axis=0)
    return list(zip(low.tolist(), high.tolist(), error.tolist(), strict=True))


def _widened(resampled: Floats, count: int, tau: float) -> Floats:
    """Return the resamples further apart from their median.

    Of the variance of a first-order process with this tau, blocks of ``l`` samples hold
    1 - 2 r (1 - r**l) / (l (1 - r**2)), where r is its autocorrelation: the variance of a
    block's mean against that of a long run.
    """
    r = (tau - 1) / (tau + 1)
    length = count / _blocks(count, tau)
    held = 1 - 2 * r * (1 - r**length) / (length * (1 - r * r))
    freedom = max(2.0, round(2 * count / tau - 2))
    factor = upper_quantile(0.025, float(f"{freedom:.2g}")) / _NORMAL / math.sqrt(held)
    middle = np.median(resampled, axis=0)
    found: Floats = middle + factor * (resampled - middle)
    return found


def resampled_quantiles(
    samples: ArrayLike, quantiles: Sequence[float], *, tau: float = 1.0
) -> Floats:
    """Return the quantiles of 1,000 resamples, shape (1000, len(quantiles)).

    Each is one of the samples: the smallest that at least a share ``q`` does not exceed.
    """
    values = np.asarray(samples, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    blocks = _blocks(values.size, tau)
    block = order * blocks // values.size
    sizes = np.bincount(block, minlength=blocks)
    drawn = _drawn(blocks)
    totals = drawn @ sizes.astype(np.float32)
    ordered = values[order]
    found = [_quantile(ordered, block, sizes, drawn, totals, q) for q in quantiles]
    return np.stack(found, axis=1)


def _blocks(count: int, tau: float) -> int:
    wanted = int(count / (_TIMES_TAU * tau))
    return min(count, max(_FEWEST, min(_MOST, wanted)))


@lru_cache(maxsize=_MOST + 1)
def _drawn(blocks: int) -> NDArray[np.float32]:
    """Return how often each block is drawn, shape (1000, blocks): every row adds up to blocks."""
    draws = np.random.default_rng((_SEED, blocks)).multinomial(
        blocks, np.full(blocks, 1 / blocks), size=RESAMPLES
    )
    return draws.astype(np.float32)


def _quantile(ordered: Floats, block: Any, sizes: Any, drawn: Any, totals: Any, q: float) -> Floats:
    """Return one quantile of every resample, looked for where it can be."""
    places = _places(block, sizes, q)
    counts = np.zeros((sizes.size, places.size + 1), np.float32)
    column = np.searchsorted(places, np.arange(ordered.size)[: places[-1] + 1])
    np.add.at(counts, (block[: places[-1] + 1], column), 1)
    # small products stay in this thread: on a busy machine BLAS waits for others of its own
    few = drawn.reshape(_PRODUCTS, -1, sizes.size)
    reached = (few @ np.cumsum(counts, axis=1)[:, :-1]).reshape(RESAMPLES, -1)
    # a float32 counts to 16 million exactly; a share of it may be a hair above a whole number
    short = reached < (q * totals * (1 - 1e-6))[:, None]
    at = np.minimum(short.sum(axis=1), places.size - 1)
    found: Floats = ordered[places[at]]
    return found


def _places(block: Any, sizes: Any, q: float) -> NDArray[np.int64]:
    """Return ranks around the quantile: within reach, evenly spaced."""
    count = block.size
    middle = math.ceil(q * count)
    inside = np.bincount(block[:middle], minlength=sizes.size) - q * sizes
    reach = math.ceil(_REACH * math.sqrt(float((inside**2).sum()))) + 2
    low, high = max(0, middle - 1 - reach), min(count - 1, middle - 1 + reach)
    return np.unique(np.linspace(low, high, min(high - low + 1, _GRID)).astype(np.int64))
