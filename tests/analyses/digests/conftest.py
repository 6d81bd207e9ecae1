"""Small tables of statements, and a digest of them cut anywhere."""

from __future__ import annotations

import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.fingerprint import fingerprint, fingerprint_id

MINUTE = 60_000_000_000
START = 1_767_225_600 * 10**9  # 2026-01-01


def queries(rows):
    """Return the canonical table of dictionaries; ``at`` is in ms after the start of 2026."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    if "at" in columns:
        times = [None if at is None else START + round(at * 1e6) for at in columns.pop("at")]
        columns["started_at"] = pa.array(times, pa.int64()).cast(pa.timestamp("ns", "UTC"))
    if "statement" in columns:
        texts = [text and fingerprint(text) for text in columns["statement"]]
        columns["fingerprint"] = pa.array(texts, pa.string())
        ids = [text and fingerprint_id(text) for text in texts]
        columns["fingerprint_id"] = pa.array(ids, pa.string())
    typed = {
        name: pa.array(values, tables.TABLES["queries"].field(name).type)
        if isinstance(values, list) and name != "statement"
        else values
        for name, values in columns.items()
        if name not in {"fingerprint", "fingerprint_id"}
    }
    typed |= {name: columns[name] for name in ("fingerprint", "fingerprint_id") if name in columns}
    return tables.from_columns("queries", typed, rows=len(rows))


@pytest.fixture(scope="session")
def table_of():
    """Return the maker of tables."""
    return queries
