"""Waits for connections that traces tell of: spans of the category ``pool``.

Such a span is the time from asking a pool for a connection until it was given (SQLAlchemy's
``connect``, ``pg-pool.connect``, HikariCP's ``getConnection``). How long the connection was held
afterwards no span tells.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables

__all__ = ["waits"]


def waits(spans: pa.Table) -> pa.Table:
    """Return a table of ``checkouts``: one row per pool span of known start and duration.

    The pool is named after the address it connects to, else after the service. When the
    connection was given back is not known, so neither is how many were in use.
    """
    known = pc.and_(spans["started_at"].is_valid(), spans["duration_ms"].is_valid())
    rows = spans.filter(pc.and_(pc.equal(spans["category"].cast(pa.string()), "pool"), known))
    peer, service = (rows[name].cast(pa.string()) for name in ("peer", "service"))
    columns = {
        "pool": pc.coalesce(peer, service),
        "requested_at": rows["started_at"],
        "wait_ms": rows["duration_ms"],
        "trace_id": rows["trace_id"],
        "source": rows["source"],
        "line": rows["line"],
    }
    return tables.from_columns("checkouts", columns, rows=rows.num_rows)
