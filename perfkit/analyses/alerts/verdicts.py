"""What a rule says: the alerts it raises, or why it could not judge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfkit.analyses.alerts.rows import Ints
    from perfkit.results import Finding

__all__ = ["SCHEMA", "Alert", "Verdict", "table"]

Window = tuple[int, int]

#: One row per rule; see :func:`table`.
SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("checked", pa.string()),
        ("value", pa.float64()),
        ("threshold", pa.float64()),
        ("status", pa.string()),
        ("why", pa.string()),
    ]
)


def _never() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A finding, and what decides whether another one tells the same story.

    ``window`` is from when to when (ns UTC), None for the whole recording. ``when`` returns the
    times (ns) of the requests that made a rule on the whole recording fire: an incident that
    holds most of them explains it. It is asked only where there is an incident.
    """

    finding: Finding
    window: Window | None = None
    when: Callable[[], Ints] = _never

    @property
    def rule(self) -> str:
        """The rule's id."""
        return self.finding.rule


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer of one rule.

    ``checked`` says in a sentence what was compared; ``value`` is the worst that was seen, in
    the unit of ``threshold`` (NaN: not known); ``why`` says what is missing to judge.
    """

    rule: str
    checked: str
    threshold: float
    value: float = math.nan
    alerts: Sequence[Alert] = ()
    why: str = ""

    @property
    def status(self) -> str:
        """``fired``, ``quiet`` or ``not judged``."""
        return "fired" if self.alerts else "not judged" if self.why else "quiet"


def table(verdicts: Sequence[Verdict]) -> pa.Table:
    """Return one row per rule: what was checked, the worst seen, and the outcome."""
    rows = [
        {
            "rule": one.rule,
            "checked": one.checked,
            "value": None if math.isnan(one.value) else float(one.value),
            "threshold": float(one.threshold),
            "status": one.status,
            "why": one.why or None,
        }
        for one in verdicts
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)
