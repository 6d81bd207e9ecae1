"""What the picture of a history shows: the executions of one statement, and its flips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.plan_changes.history.changes import Change
    from perfkit.analyses.plan_changes.history.gather import History
    from perfkit.analyses.plan_changes.history.statement import Statement

__all__ = ["chosen", "series"]

_WHEN = pa.timestamp("ns", "UTC")


def chosen(history: History, found: Sequence[Change]) -> Statement | None:
    """Return the statement to draw: what costs most of what changed, or has most shapes."""
    if found:
        return max(found, key=_cost).statement
    dated = [one for one in history.statements if one.dated]
    return max(dated, key=lambda one: (len(one.shapes), float(np.nansum(one.ms))), default=None)


def _cost(change: Change) -> float:
    a, b = change.medians
    return (b - a) * change.after.size


def series(
    statement: Statement | None, found: Sequence[Change], names: Mapping[str, str]
) -> dict[str, pa.Table]:
    """Return ``points`` (at, duration_ms, shape_id, shape) and ``flips`` (at, ratio)."""
    if statement is None:
        return {}
    shapes = [statement.shapes[label] for label in statement.labels]
    flips = [one for one in found if one.statement is statement and one.kind == "flip"]
    return {
        "points": pa.table(
            {
                "at": pa.array(statement.at, _WHEN),
                "duration_ms": pa.array(statement.ms),
                "shape_id": pa.array(shapes, pa.string()).dictionary_encode(),
                "shape": pa.array([names.get(one) for one in shapes]).dictionary_encode(),
            }
        ),
        "flips": pa.table(
            {
                "at": pa.array([one.at[1] for one in flips], _WHEN),
                "ratio": pa.array([one.ratio for one in flips], pa.float64()),
            }
        ),
    }
