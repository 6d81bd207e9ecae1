"""Where the sequence of a statement's shapes changes: stretches with a mix of their own.

A sequence of labels is divided where the likelihood of two mixes exceeds that of one by most,
and its parts again, as long as it exceeds it by far more than chance (binary segmentation, as
for change points of means; the penalty is that of Zhang and Siegmund, Biometrics 63 (2007) 22:
the place of a change costs as much as its parameters).
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

__all__ = ["FEWEST", "MIXED", "Stretch", "stretches"]

#: Fewer executions have no interval for their median (and ``compare`` judges none).
FEWEST = 6
#: A stretch in which another shape has at least this share alternates.
MIXED = 0.1
_MOST = 16  # stretches: more changes than these are alternation
_CHANCE = 8.0  # beyond the penalty: false splits in less than 1 % of random sequences


class Stretch(NamedTuple):
    """Executions ``low`` to ``high`` (exclusive) of a statement, in order of time."""

    low: int
    high: int
    main: int  # the shape that most of them have
    share: float  # of the main shape


def stretches(labels: Ints) -> list[Stretch]:
    """Divide a sequence of shapes (0, 1, 2, ...) into stretches.

    Example:
        >>> [(s.low, s.high, s.main) for s in stretches(np.repeat([0, 1], 20))]
        [(0, 20, 0), (20, 40, 1)]
    """
    cuts, waiting = {0, int(labels.size)}, [(0, int(labels.size))]
    while waiting and len(cuts) <= _MOST:
        low, high = waiting.pop(0)
        place = _split(labels[low:high])
        if place is not None:
            cuts.add(low + place)
            waiting += [(low, low + place), (low + place, high)]
    edges = sorted(cuts)
    return [_stretch(labels, low, high) for low, high in itertools.pairwise(edges)]


def _stretch(labels: Ints, low: int, high: int) -> Stretch:
    counts = np.bincount(labels[low:high])
    main = int(counts.argmax())
    return Stretch(low, high, main, float(counts[main]) / (high - low))


def _split(labels: Ints) -> int | None:
    """Return where the sequence divides best, None where chance explains it."""
    size = labels.size
    if size < 2 * FEWEST:
        return None
    present = np.unique(labels)
    if present.size < 2:  # noqa: PLR2004 - one shape alone
        return None
    places: Any = np.arange(FEWEST, size - FEWEST + 1)
    gain: Any = -_fit(np.array([np.count_nonzero(labels == one) for one in present]), size)
    for one in present:
        before = np.cumsum(labels == one)
        left, right = before[places - 1], before[-1] - before[places - 1]
        gain = gain + _terms(left, places) + _terms(right, size - places)
    best = int(np.argmax(gain))
    penalty = (present.size + 1) / 2 * math.log(size) + _CHANCE / 2
    return int(places[best]) if gain[best] > penalty else None


def _fit(counts: Any, size: int) -> float:
    return float(_terms(counts, size).sum())


def _terms(counts: Any, size: Any) -> Any:
    """Return n log(n / N), 0 for none."""
    shares = np.where(counts > 0, counts, 1) / size
    return np.where(counts > 0, counts * np.log(shares), 0.0)
