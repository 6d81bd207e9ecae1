"""Fill in the fingerprints of tables that hold statements without them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.fingerprint import fingerprint_many

__all__ = ["fingerprinted"]


def fingerprinted(rows: pa.Table) -> pa.Table:
    """Fill ``fingerprint`` and ``fingerprint_id`` where they are unknown and a statement is not.

    A table without these columns comes back as it is.
    """
    if not {"statement", "fingerprint_id"} <= set(rows.column_names):
        return rows
    if rows["fingerprint_id"].null_count == 0:
        return rows
    text = _plain(rows["statement"])
    if "fingerprint" in rows.column_names:
        text = pc.coalesce(_plain(rows["fingerprint"]), text)
    if text.null_count == len(text):
        return rows
    for name, values in zip(("fingerprint", "fingerprint_id"), fingerprint_many(text), strict=True):
        index = rows.schema.get_field_index(name)
        if index >= 0:
            known = pc.coalesce(_plain(rows[name]), _plain(values))
            field = rows.schema.field(index)
            rows = rows.set_column(index, field, known.dictionary_encode().cast(field.type))
    return rows


def _plain(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
