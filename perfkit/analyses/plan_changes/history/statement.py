"""One statement's plans in order of time: shapes, durations, and where in the table they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.plan_changes.history.stretches import Stretch, stretches
from perfkit.plans.read import read_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from perfkit.plans.model import Plan

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Statement"]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Executions of one fingerprint with a plan, ordered by time.

    ``at`` is in ns since 1970 (the smallest int64 where unknown), ``ms`` NaN where unknown,
    ``labels`` index ``shapes``; ``rows`` are places in ``plans``, the recording's table.
    """

    fingerprint_id: str
    at: Ints
    ms: Floats
    labels: Ints
    rows: Ints
    shapes: Sequence[str]
    plans: pa.Table

    @cached_property
    def dated(self) -> bool:
        """Whether all executions have a time."""
        return bool((self.at > np.iinfo(np.int64).min).all())

    @cached_property
    def stretches(self) -> list[Stretch]:
        """Where the mix of shapes changes."""
        return stretches(self.labels)

    def samples(self, label: int, low: int = 0, high: int | None = None) -> Floats:
        """Return the known durations of a shape between two places, in order of time."""
        values = self.ms[low:high][self.labels[low:high] == label]
        known: Floats = values[np.isfinite(values)]
        return known

    def places(self, label: int, low: int = 0, high: int | None = None) -> Ints:
        """Return the places of a shape's executions."""
        return low + np.flatnonzero(self.labels[low:high] == label)

    def typical(self, places: Ints) -> Plan:
        """Return the plan of the execution with the median duration."""
        order = places[np.argsort(np.nan_to_num(self.ms[places]), kind="stable")]
        return self.plan(int(order[(len(order) - 1) // 2]))

    def plan(self, place: int) -> Plan:
        """Return the plan of one execution."""
        text: Any = self.plans["plan"][int(self.rows[place])].as_py()
        return read_plan(text)

    def text(self) -> str | None:
        """Return the statement."""
        value: Any = self.plans["statement"][int(self.rows[0])].as_py()
        return None if value is None else str(value)
