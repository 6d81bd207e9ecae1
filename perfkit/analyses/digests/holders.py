"""What those who held locks were doing while others waited, counted by waiting statement."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.lock_chains import blockers
from perfkit.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Holders"]

#: Pairs of waiting and holding statements that are kept.
LIMIT = 1000
_KINDS = ("lock_wait", "deadlock", "connection", "disconnection")
_COLUMNS = (
    *("session_id", "source", "line", "started_at", "duration_ms", "statement"),
    *("fingerprint_id", "phase"),
)


@dataclass(frozen=True, kw_only=True)
class Holders:
    """How often a statement (its fingerprint, None: unknown) waited for whom."""

    counts: Mapping[tuple[str | None, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, queries: pa.Table, events: pa.Table) -> Holders:
        """Look up, for every lock wait among ``events``, what its holders did in ``queries``."""
        kinds = events["kind"].cast(pa.string())
        if not pc.any(pc.equal(kinds, "lock_wait")).as_py():
            return cls()
        chosen = events.filter(pc.is_in(kinds, pa.array(_KINDS)))
        known = queries.select([name for name in _COLUMNS if name in queries.column_names])
        found: Counter[tuple[str | None, str]] = Counter()
        for row in blockers(chosen, known).to_pylist():
            waiting = fingerprint(row["statement"]) if row["statement"] else None
            holder = fingerprint(row["holder_statement"]) if row["holder_statement"] else None
            state = f" ({row['holder_state']})" if row["holder_state"] else ""
            found[waiting, (holder or "a statement not in the log") + state] += 1
        return cls(counts=dict(found.most_common(LIMIT)))

    @classmethod
    def merged(cls, parts: Sequence[Holders]) -> Holders:
        """Add counts up."""
        counts: Counter[tuple[str | None, str]] = Counter()
        for part in parts:
            counts.update(part.counts)
        return cls(counts=dict(counts.most_common(LIMIT)))

    def of_waiting(self, waiting: str | None) -> Counter[str]:
        """Return what the holders were doing for whom this statement waited, and how often."""
        return Counter({who: n for (name, who), n in self.counts.items() if name == waiting})
