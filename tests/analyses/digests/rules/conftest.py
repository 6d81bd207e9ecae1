"""What a rule looks at, made of a few rows: statements of a digest, and what happened beside."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses.digests import examples
from perfkit.analyses.digests.happened import Happened
from perfkit.analyses.digests.partial import partial
from perfkit.analyses.digests.rules.seen import Seen
from perfkit.recording import Recording

START = datetime(2026, 1, 1, tzinfo=UTC)
ROW = {
    "fingerprint_id": "f0",
    "fingerprint": "select a from t",
    "calls": 100,
    "total_ms": 300.0,
    "mean_ms": 3.0,
    "max_ms": 9.0,
    "share": 0.02,
    "rows_returned_per_call": None,
    "top_users": None,
    "first_seen": START,
    "last_seen": START,
}
EVENT = {
    "kind": "error",
    "what": None,
    "sqlstate": None,
    "fingerprint_id": None,
    "fingerprint": None,
    "count": 1,
    "total_ms": None,
    "max_ms": None,
    "total_bytes": None,
    "max_bytes": None,
    "first_at": None,
    "last_at": None,
}


def _happened(events, minutes):
    nothing = Happened.of(None)
    rows = [{**EVENT, **event} for event in events]
    return Happened(
        rows=pa.Table.from_pylist(rows, nothing.rows.schema),
        minutes=pa.Table.from_pylist(list(minutes), nothing.minutes.schema),
    )


def _seen(*rows, happened=(), minutes=(), slowest=(), by="fingerprint", quality=(), **part):
    types = {"first_seen": pa.timestamp("ns", "UTC"), "rows_returned_per_call": pa.float64()}
    types |= {"last_seen": types["first_seen"], "top_users": pa.string()}
    made = pa.Table.from_pylist([{**ROW, **row} for row in rows or ({},)])
    for name, kind in types.items():
        made = made.set_column(made.schema.get_field_index(name), name, made[name].cast(kind))
    empty = partial(tables.empty("queries"), by=by)
    known = [{"fingerprint_id": "f0", "parameters": None, "started_at": None, **e} for e in slowest]
    schema = pa.schema([("fingerprint_id", pa.string()), *examples.none().schema])
    return Seen(
        table=made,
        order=np.arange(made.num_rows),
        part=replace(empty, **{"happened": _happened(happened, minutes), **part}),
        series={"examples": pa.Table.from_pylist(known, schema)},
        rec=Recording(contents={}, quality=tuple(quality)),
    )


@pytest.fixture(scope="session")
def seen_of():
    """``seen_of({"calls": 5}, ..., happened=[{...}], minutes=[{...}], slowest=[{...}])``."""
    return _seen
