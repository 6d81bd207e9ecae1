"""Plans of a recording -> statements with the shape of every execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.plan_changes.history.shapes import Shapes
from perfkit.analyses.plan_changes.history.statement import Statement
from perfkit.fingerprinted import fingerprinted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

__all__ = ["History", "gathered"]

_AT_ONCE = 1000  # plans that are Python texts at a time
_COLUMNS = ["at", "duration_ms", "fingerprint_id", "statement", "plan"]
_UNKNOWN = np.iinfo(np.int64).min


class History(NamedTuple):
    """All statements, how shapes are described, and what had to be left out."""

    statements: Sequence[Statement]
    names: dict[str, str]
    plans: int
    unread: int
    nameless: int
    undated: int


def gathered(plans: pa.Table) -> History:
    """Group the executions of a table of plans; linear in their number."""
    table = fingerprinted(
        plans.select(["at", "duration_ms", "fingerprint_id", "statement", "plan"])
    )
    shapes = Shapes()
    found = pa.array(_shapes(table["plan"], shapes), pa.string()).dictionary_encode()
    statement = _codes(table["fingerprint_id"])
    label: Any = pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False)
    usable = np.flatnonzero((label >= 0) & (statement.codes >= 0))
    at = pc.fill_null(table["at"].cast(pa.int64()), _UNKNOWN).to_numpy()
    # of equal times the order of the log holds
    order = usable[np.lexsort((usable, at[usable], statement.codes[usable]))]
    ms = pc.fill_null(table["duration_ms"], np.nan).to_numpy()
    names = found.dictionary.to_pylist()
    codes = statement.codes[order]
    edges = np.flatnonzero(np.diff(codes, prepend=-1, append=-1))
    statements = [
        _statement(statement.values[codes[low]], order[low:high], (at, ms, label), names, table)
        for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    ]
    return History(
        statements=statements,
        names=shapes.names,
        plans=plans.num_rows,
        unread=shapes.unread,
        nameless=int((statement.codes < 0).sum()),
        undated=int((at[order] == _UNKNOWN).sum()),
    )


class _Codes(NamedTuple):
    codes: Ints
    values: list[str]


def _codes(column: pa.ChunkedArray) -> _Codes:
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    codes: Any = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return _Codes(codes, encoded.dictionary.to_pylist())


def _shapes(plans: pa.ChunkedArray, shapes: Shapes) -> Iterator[str | None]:
    for low in range(0, len(plans), _AT_ONCE):
        for text in plans.slice(low, _AT_ONCE).to_pylist():
            yield shapes.shape(text or "")


def _statement(
    identifier: str,
    rows: Ints,
    columns: tuple[Any, Any, Any],
    names: Sequence[str],
    table: pa.Table,
) -> Statement:
    at, ms, label = columns
    present, labels = np.unique(label[rows], return_inverse=True)
    return Statement(
        fingerprint_id=identifier,
        at=at[rows],
        ms=ms[rows],
        labels=labels.astype(np.int64),
        rows=rows,
        shapes=[names[one] for one in present],
        plans=table,
    )
