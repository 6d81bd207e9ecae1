"""The statements to count: each once, and only the columns that a digest looks at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import sources, tables
from perfkit.fingerprinted import fingerprinted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.recording import Recording

__all__ = ["counted_once", "with_fingerprints"]

_COLUMNS = (
    *("started_at", "duration_ms", "duration_kind", "phase", "statement", "parameters"),
    *("fingerprint", "fingerprint_id", "database", "user", "application", "session_id", "client"),
    *("rows_returned", "rows_examined", "lock_ms", "weight", "error", "source", "line"),
)
#: What ``primary`` looks at.
_COMPARED = ("started_at", "duration_kind", "system")
_SCHEMA = frozenset(tables.TABLES["queries"].names)
_ROW = "_row"


def counted_once(rec: Recording, by: Sequence[str]) -> pa.Table:
    """Return the queries of a recording as :func:`perfkit.sources.primary` has them.

    Where one source tells of everything, which is usual, no row is copied.
    """
    queries = with_fingerprints(rec.contents.get("queries", tables.empty("queries")))
    narrow = queries.select([name for name in dict.fromkeys((*_COLUMNS, *by)) if name in _SCHEMA])
    compared = queries.select(_COMPARED).append_column(_ROW, pa.array(np.arange(len(queries))))
    kept = sources.primary(replace(rec, contents={"queries": compared}), "queries")
    if kept.num_rows == queries.num_rows:
        return narrow
    mask = np.zeros(queries.num_rows, np.bool_)
    mask[kept[_ROW].to_numpy()] = True
    return narrow.filter(pa.array(mask))


def with_fingerprints(queries: pa.Table) -> pa.Table:
    """Return the queries with the fingerprints of all statements; none is computed again."""
    missing = pc.and_not(queries["fingerprint_id"].is_null(), queries["statement"].is_null())
    return fingerprinted(queries) if queries.num_rows and pc.any(missing).as_py() else queries
