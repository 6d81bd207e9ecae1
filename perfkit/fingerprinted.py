"""Fill in the fingerprints of tables that hold statements without them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.fingerprint import fingerprint_many

__all__ = ["fingerprinted"]

_MYSQL = r"\A(?:mysql|mariadb)\z"  # the systems whose dialect is MySQL's


def fingerprinted(rows: pa.Table) -> pa.Table:
    """Fill ``fingerprint`` and ``fingerprint_id`` where they are unknown and a statement is not.

    Statements of the systems ``mysql`` and ``mariadb`` are read in MySQL's dialect. A table
    without these columns comes back as it is.
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
    for name, values in zip(("fingerprint", "fingerprint_id"), _found(rows, text), strict=True):
        index = rows.schema.get_field_index(name)
        if index >= 0:
            known = pc.coalesce(_plain(rows[name]), _plain(values))
            field = rows.schema.field(index)
            rows = rows.set_column(index, field, known.dictionary_encode().cast(field.type))
    return rows


def _found(rows: pa.Table, text: Any) -> list[Any]:
    """Return the fingerprints and their ids, each row's text read in its system's dialect."""
    standard = fingerprint_many(text)
    if "system" not in rows.column_names:
        return list(standard)
    mysql = pc.fill_null(pc.match_substring_regex(_plain(rows["system"]), _MYSQL), fill_value=False)
    if not pc.any(mysql).as_py():
        return list(standard)
    others = fingerprint_many(pc.if_else(mysql, text, pa.scalar(None, pa.string())), "mysql")
    return [
        pc.if_else(mysql, _plain(other), _plain(one))
        for one, other in zip(standard, others, strict=True)
    ]


def _plain(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
