"""What limits a breakdown: time that no child span covers, parallel spans, a blocked loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses.breakdowns.spent import ALL
from perfkit.analyses.statements import shown

if TYPE_CHECKING:
    from perfkit.analyses.breakdowns.spent import Spent
    from perfkit.recording import Recording

__all__ = ["caveats"]

_COVERED = 0.5  # below it most of a request is a guess
_WORTH_MS = 10.0  # a request of less has no time for spans to cover
_NAMED = 3


def caveats(rec: Recording, spent: Spent, suspects: pa.Table) -> list[str]:
    """Return what to know beside the numbers."""
    if not len(spent):
        return ["There are no spans with a trace, a start and a duration."]
    return [*_uncovered(suspects), *_unattributed(suspects), *_parallel(spent), *_blocked(rec)]


def _uncovered(suspects: pa.Table) -> list[str]:
    low = [
        row
        for row in suspects.to_pylist()
        if row["route"] != ALL
        and (row["coverage_share"] or 0.0) < _COVERED
        and (row["mean_ms"] or 0.0) >= _WORTH_MS
    ]
    if not low:
        return []
    names = ", ".join(
        f"{shown(row['route'], 40)} ({units.format_share(row['coverage_share'])})"
        for row in low[:_NAMED]
    )
    more = f" and {len(low) - _NAMED} more routes" if len(low) > _NAMED else ""
    return [
        (
            f"Child spans cover less than {units.format_share(_COVERED)} of {names}{more}: the"
            " rest is own code, or calls that nothing instruments."
        )
    ]


def _unattributed(suspects: pa.Table) -> list[str]:
    lost, mean = (suspects[name][0].as_py() for name in ("unattributed_ms", "mean_ms"))
    if not lost:
        return []
    return [
        (
            f"{units.format_share(lost / mean)} of the wall time is unattributed: spans of these"
            " traces are missing, so that their own code cannot be told from lost calls."
        )
    ]


def _parallel(spent: Spent) -> list[str]:
    if not spent.parallel_share > 0:
        return []
    return [
        (
            f"In {units.format_share(spent.parallel_share)} of the wall time several spans ran at"
            " once; they share it in equal parts."
        )
    ]


def _blocked(rec: Recording) -> list[str]:
    events = rec.arrow("events", ["kind", "duration_ms"])
    blocks = events.filter(pc.equal(events["kind"].cast(pa.string()), "blocked_loop"))
    if not blocks.num_rows:
        return []
    total = pc.sum(blocks["duration_ms"]).as_py()
    return [
        (
            f"The event loop was blocked {blocks.num_rows:,} times, {units.format_ms(total)} in"
            " all: own code holds waiting for it as well (perfkit.event_loop)."
        )
    ]
