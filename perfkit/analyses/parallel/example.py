"""One request of a group, for the picture: when its calls ran, and when they could have run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from perfkit.analyses.parallel.candidates import Candidate

__all__ = ["example"]

_SCHEMA = pa.schema(
    [
        ("what", pa.string()),
        ("when", pa.string()),
        ("start_ms", pa.float64()),
        ("duration_ms", pa.float64()),
    ]
)


def example(found: Candidate | None) -> pa.Table:
    """Return two rows per call of the typical request, ``when`` is "now" or "could be".

    Times are milliseconds since the first of the calls began.
    """
    rows = [] if found is None else _rows(found)
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _rows(found: Candidate) -> list[dict[str, object]]:
    line, calls = found.typical, found.matrix
    columns = [column for column in found.columns if calls.row[line, column] >= 0]
    begins = {
        "now": calls.start[line, columns],
        "could be": found.schedule.begin[line, columns],
    }
    return [
        {
            "what": calls.operations[column].name,
            "when": when,
            "start_ms": float(start - begin.min()) / 1e6,
            "duration_ms": float(calls.length[line, column]) / 1e6,
        }
        for when, begin in begins.items()
        for column, start in zip(columns, begin, strict=True)
    ]
