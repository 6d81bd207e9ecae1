"""Advices as rows of a table and as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.probes.table_states import TableState
    from perfkit.tasks.audit.advice import Advice

__all__ = ["findings", "table"]

_SCHEMA = pa.schema(
    [
        ("action", pa.string()),
        ("schema", pa.string()),
        ("table", pa.string()),
        ("index", pa.string()),
        ("columns", pa.string()),
        ("proven", pa.bool_()),
        ("saves_ms", pa.float64()),
        ("size_bytes", pa.int64()),
        ("reason", pa.string()),
        ("calls", pa.int64()),
        ("before_ms", pa.float64()),
        ("after_ms", pa.float64()),
        ("before_cost", pa.float64()),
        ("after_cost", pa.float64()),
        ("write_cost", pa.string()),
        ("reads", pa.int64()),
        ("writes", pa.int64()),
        ("kind", pa.string()),
        ("confidence", pa.string()),
        ("statement", pa.string()),
    ]
)
_STATES = ("reads", "writes")
_ORDER = ("create", "replace", "rebuild", "drop", "keep")


def table(advices: Sequence[Advice], states: Mapping[tuple[str, str], TableState]) -> pa.Table:
    """Return one row per index to act on, and the near misses to keep at the end."""
    rows = [_row(advice, states.get(advice.place)) for advice in advices if advice.index]
    rows.sort(key=lambda row: _ORDER.index(row["action"]))
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _row(advice: Advice, state: TableState | None) -> dict[str, Any]:
    own = {name: getattr(advice, name) for name in _SCHEMA.names if name not in _STATES}
    known = {name: getattr(state, name) if state else None for name in _STATES}
    return own | known


def findings(
    advices: Sequence[Advice], states: Mapping[tuple[str, str], TableState]
) -> list[Finding]:
    """Return one finding per advice to act on; how the table is used stands beside each."""
    return [
        _finding(advice, states.get(advice.place))
        for advice in advices
        if advice.action != "keep" or advice.check
    ]


def _finding(advice: Advice, state: TableState | None) -> Finding:
    used = f" {advice.table}: {state.ratio} since the statistics began." if state else ""
    undo = "".join(f"\n-- to take it back: {line}" for line in advice.undo.splitlines())
    return Finding(
        rule=advice.kind,
        severity=advice.severity,
        title=advice.title,
        evidence=advice.evidence,
        fix=Fix(
            text=f"{advice.fix}{used}",
            snippet=f"{advice.do}{undo}",
            language="sql" if advice.do else "",
            test=advice.test,
        ),
        saves_ms=advice.saves_ms,
        saves_basis="per execution" if advice.saves_ms is not None else "",
        saves_times=advice.calls or 1,
        effort="low",
        confidence=advice.confidence,
        reference=advice.reference,
        keys={"table": advice.table},
    )
