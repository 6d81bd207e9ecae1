"""What the rules look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from perfkit.analyses.digests.partial import Partial
    from perfkit.recording import Recording

__all__ = ["Seen"]

#: Statements that are looked at one by one: the first hold nearly all of the time.
_LOOKED_AT = 500


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The digest so far: its ``table``, the group of each row (``order``), what was counted."""

    table: pa.Table
    order: NDArray[np.int64]
    part: Partial
    series: Mapping[str, pa.Table]
    rec: Recording

    @property
    def by_statement(self) -> bool:
        """Whether the rows are statements."""
        return self.part.by == ("fingerprint_id",)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The first rows of the table that are statements with a text."""
        if not self.by_statement:
            return []
        first = self.table.slice(0, _LOOKED_AT).drop_columns(["first_seen", "last_seen"])
        return [
            {**row, "group": group}
            for row, group in zip(first.to_pylist(), self.order.tolist(), strict=False)
            if row["fingerprint"] is not None
        ]

    @cached_property
    def examples(self) -> dict[str, list[dict[str, Any]]]:
        """The slowest executions by the id of their fingerprint."""
        if not self.by_statement:
            return {}
        table = self.series["examples"].drop_columns("started_at")
        found: dict[str, list[dict[str, Any]]] = {}
        for row in table.to_pylist():
            found.setdefault(row["fingerprint_id"], []).append(row)
        return found
