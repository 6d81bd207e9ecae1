"""One advice of an index audit: what to do, why, what it is worth, and how to undo it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.results import Level, Severity

__all__ = ["Action", "Advice"]

Action = Literal["create", "replace", "rebuild", "drop", "keep", "look"]


@dataclass(frozen=True, kw_only=True)
class Advice:
    """``kind`` is the stable rule id of its finding, such as ``duplicate-index``.

    ``look`` is about a table, not an index: a finding without a row. ``keep`` is a row
    without a finding: what looks droppable and is not. ``do`` and ``undo`` are SQL, one
    statement a line; advice that is not ``enough`` founded stays commented out in the
    migration, with ``check`` saying what to look at before.
    """

    action: Action
    kind: str
    schema: str
    table: str
    title: str
    reason: str
    index: str = ""
    columns: str = ""
    fix: str = ""
    do: str = ""
    undo: str = ""
    test: str = ""
    check: str = ""
    proven: bool = False
    enough: bool = True
    severity: Severity = "info"
    confidence: Level = "medium"
    saves_ms: float | None = None
    calls: int | None = None
    before_ms: float | None = None
    after_ms: float | None = None
    before_cost: float | None = None
    after_cost: float | None = None
    size_bytes: int | None = None
    write_cost: str = ""
    statement: str | None = None
    reference: str = ""
    evidence: Sequence[Mapping[str, Any]] = ()

    @property
    def place(self) -> tuple[str, str]:
        """Schema and table."""
        return self.schema, self.table
