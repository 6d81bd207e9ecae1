"""What requests spend on each category of work: own time per request, of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from perfkit.analyses.breakdowns.spent import Spent
from perfkit.analyses.comparing.observed import Observed, Side
from perfkit.analyses.traces.entries import entries
from perfkit.analyses.traces.forest import Forest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.recording import Recording

__all__ = ["by_category"]


class _Run(NamedTuple):
    """Own time of every request and category that it spends any on."""

    category: NDArray[np.int64]
    names: Sequence[str]
    ms: NDArray[np.float64]
    ns: NDArray[np.int64]
    weight: NDArray[np.float64]
    served_ns: NDArray[np.int64]


def by_category(before: Sequence[Recording], after: Sequence[Recording]) -> Observed:
    """Return one row per request and category, as :func:`perfkit.analyses.breakdown` has them."""
    runs = [_run(rec) for rec in (*before, *after)]
    labels = sorted({name for run in runs for name in run.names})
    place = {name: number for number, name in enumerate(labels)}
    codes = [np.array([place[n] for n in run.names], np.int32)[run.category] for run in runs]
    split = len(before)
    return Observed(
        by="category",
        labels=labels,
        before=_side(runs[:split], codes[:split]),
        after=_side(runs[split:], codes[split:]),
    )


def _run(rec: Recording) -> _Run:
    forest = Forest(rec.arrow("spans"))
    spent = Spent(forest, entries(forest))
    names = spent.kinds.categories
    key, group = np.unique(
        spent.request * len(names) + spent.kinds.category[spent.rows], return_inverse=True
    )
    total = np.bincount(group, weights=spent.ms, minlength=len(key))
    spends = total > 0
    request, category = np.divmod(key[spends], len(names))
    weight = spent.weight[request]
    starts = forest.start[spent.entries]
    return _Run(category, names, total[spends] / weight, starts[request], weight, starts)


def _side(runs: Sequence[_Run], codes: Sequence[NDArray[np.int32]]) -> Side:
    sizes = [len(run.ms) for run in runs]
    return Side(
        code=np.concatenate(codes),
        ms=np.concatenate([run.ms for run in runs]),
        ns=np.concatenate([run.ns for run in runs]),
        run=np.repeat(np.arange(len(runs)), sizes),
        runs=len(runs),
        status=np.full(sum(sizes), np.nan),
        said=np.zeros(sum(sizes), np.bool_),
        weight=np.concatenate([run.weight for run in runs]),
        served_ns=np.concatenate([run.served_ns for run in runs]),
        served_run=np.repeat(np.arange(len(runs)), [len(run.served_ns) for run in runs]),
    )
