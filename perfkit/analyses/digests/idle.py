"""Transactions that were begun and then left alone: the gap behind a logged BEGIN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from perfkit.analyses.digests.bursts import in_time
from perfkit.analyses.digests.columns import UNKNOWN_TIME, zeroed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.digests.executions import Executions

__all__ = ["LONG_MS", "Idle"]

#: PostgreSQL waits this long before it looks at a lock at all (``deadlock_timeout``): a
#: transaction that sleeps longer can block others for as long.
LONG_MS = 1000.0
_BEGIN = r"^(begin|start transaction)\b"


@dataclass(frozen=True, kw_only=True)
class Idle:
    """Gaps of at least ``LONG_MS`` between a BEGIN and the next statement of its session."""

    gaps: int = 0
    total_ms: float = 0.0
    longest_ms: float = 0.0

    @classmethod
    def of(cls, rows: Executions) -> Idle:
        """Look behind every BEGIN that was logged with its session, time and duration."""
        begins = _begins(rows)
        if not begins.any() or rows.weight is not None or not rows.knows("session_id"):
            return cls()
        session = rows.labels("session_id")
        known = (rows.ns != UNKNOWN_TIME) & (session.codes != len(session.labels) - 1)
        order = in_time(rows.ns, session.codes, known)
        here = np.flatnonzero(begins[rows.code[order]][:-1])
        here = here[session.codes[order[here]] == session.codes[order[here + 1]]]
        lasted = zeroed(rows.ms[order[here]])
        gap = (rows.ns[order[here + 1]] - rows.ns[order[here]]) / 1e6 - lasted
        gap = gap[gap >= LONG_MS]
        return cls(gaps=len(gap), total_ms=float(gap.sum()), longest_ms=float(gap.max(initial=0.0)))

    @classmethod
    def merged(cls, parts: Sequence[Idle]) -> Idle:
        """Add parts up."""
        return cls(
            gaps=sum(part.gaps for part in parts),
            total_ms=sum(part.total_ms for part in parts),
            longest_ms=max((part.longest_ms for part in parts), default=0.0),
        )


def _begins(rows: Executions) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if "fingerprint" not in rows.keys.column_names:
        return np.zeros(rows.count, np.bool_)
    begins = pc.match_substring_regex(rows.keys["fingerprint"].cast("string"), _BEGIN)
    return np.asarray(pc.fill_null(begins, fill_value=False), np.bool_)
