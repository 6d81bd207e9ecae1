"""The table of a history: one row per statement and shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.fingerprint import fingerprint
from perfkit.statistics import summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.plan_changes.history.gather import History
    from perfkit.analyses.plan_changes.history.statement import Statement

__all__ = ["table"]

_WHEN = pa.timestamp("ns", "UTC")
_SCHEMA = pa.schema(
    [
        ("fingerprint", pa.string()),
        ("shape", pa.string()),
        ("change", pa.string()),
        ("executions", pa.int64()),
        ("share", pa.float64()),
        *((name, pa.float64()) for name in ("p50_ms", "p95_ms", "mean_ms", "total_ms")),
        *((f"p{p}_{end}_ms", pa.float64()) for p in (50, 95) for end in ("low", "high")),
        ("first_at", _WHEN),
        ("last_at", _WHEN),
        ("fingerprint_id", pa.string()),
        ("shape_id", pa.string()),
    ]
)
_UNKNOWN = np.iinfo(np.int64).min


def table(history: History, words: Mapping[tuple[str, int], str]) -> pa.Table:
    """Return the rows, statements by their time in all plans, shapes by their executions.

    ``words`` says of some statements (fingerprint_id) and shapes (label) how they changed.
    """
    ordered = sorted(history.statements, key=lambda one: -float(np.nansum(one.ms)))
    rows = [row for one in ordered for row in _rows(one, history.names, words)]
    columns = {name: [row[name] for row in rows] for name in _SCHEMA.names}
    return pa.table(
        {name: pa.array(columns[name], _SCHEMA.field(name).type) for name in _SCHEMA.names}
    )


def _rows(
    statement: Statement, names: Mapping[str, str], words: Mapping[tuple[str, int], str]
) -> list[dict[str, Any]]:
    text = statement.text()
    shared = {
        "fingerprint": fingerprint(text) if text else None,
        "fingerprint_id": statement.fingerprint_id,
    }
    counts = np.bincount(statement.labels, minlength=len(statement.shapes))
    usual = "only shape" if len(statement.shapes) == 1 else "one of several"
    return [
        shared
        | _row(statement, int(label), names)
        | {"change": words.get((statement.fingerprint_id, int(label)), usual)}
        for label in np.argsort(-counts, kind="stable")
    ]


def _row(statement: Statement, label: int, names: Mapping[str, str]) -> dict[str, Any]:
    places, shape = statement.places(label), statement.shapes[label]
    found = summary(statement.ms[places])
    ends: Sequence[int] = [int(statement.at[place]) for place in (places[0], places[-1])]
    return {
        "shape": names.get(shape),
        "shape_id": shape,
        "executions": int(places.size),
        "share": places.size / statement.labels.size,
        "p50_ms": found["p50"],
        "p95_ms": found["p95"],
        "mean_ms": found["mean"],
        "total_ms": float(np.nansum(statement.ms[places])),
        **{f"p{p}_{end}_ms": found[f"p{p}_{end}"] for p in (50, 95) for end in ("low", "high")},
        "first_at": None if ends[0] == _UNKNOWN else ends[0],
        "last_at": None if ends[1] == _UNKNOWN else ends[1],
    }
