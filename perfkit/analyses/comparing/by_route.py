"""Requests of both sides, by route."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import sources, tables
from perfkit.analyses import groups
from perfkit.analyses.comparing.observed import Observed, Side, durations, nanoseconds, weights
from perfkit.routes import routes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.recording import Recording

__all__ = ["by_route"]


def by_route(before: Sequence[Recording], after: Sequence[Recording]) -> Observed:
    """Return the requests of all runs; routes come from both sides together.

    A path is a template because others differ from it in one place: seen apart, the two sides
    might have templates of their own.
    """
    parts = [_served(sources.primary(rec, "requests")) for rec in (*before, *after)]
    whole = tables.concat(parts, "requests")
    found = groups.encode(routes(whole))
    sizes = [len(part) for part in parts]
    run = np.repeat([*range(len(before)), *range(len(after))], sizes)
    cut = sum(sizes[: len(before)])
    return Observed(
        by="route",
        labels=found.labels,
        before=_side(whole.slice(0, cut), found.codes[:cut], run[:cut], len(before)),
        after=_side(whole.slice(cut), found.codes[cut:], run[cut:], len(after)),
    )


def _served(requests: pa.Table) -> pa.Table:
    """Return the requests that were served; where all were sent, as by a load generator, those."""
    sent = pc.fill_null(pc.equal(requests["kind"].cast(pa.string()), "client"), fill_value=False)
    return requests if pc.all(sent).as_py() else requests.filter(pc.invert(sent))


def _side(requests: pa.Table, code: NDArray[np.int32], run: NDArray[np.int64], runs: int) -> Side:
    ns = nanoseconds(requests["started_at"])
    return Side(
        code=code,
        ms=durations(requests["duration_ms"]),
        ns=ns,
        run=run,
        runs=runs,
        status=groups.numbers(requests["status"]),
        said=requests["error"].is_valid().to_numpy(),
        weight=weights(requests["weight"]),
        served_ns=ns,
        served_run=run,
    )
