"""Statements under their fingerprints, whoever delivered them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.fingerprint import fingerprint_many

__all__ = ["identified", "shown"]


def identified(rows: pa.Table) -> pa.Table:
    """Fill ``fingerprint`` and ``fingerprint_id`` of queries or spans that lack them.

    Tables of formats have both; a table of your own may hold ``statement`` alone.
    """
    if not pc.any(pc.is_null(rows["fingerprint_id"])).as_py():
        return rows
    text = pc.coalesce(_plain(rows["fingerprint"]), _plain(rows["statement"]))
    if text.null_count == len(text):
        return rows
    made, ids = fingerprint_many(text)
    for name, values in (("fingerprint", made), ("fingerprint_id", ids)):
        known = pc.coalesce(_plain(rows[name]), _plain(values))
        index = rows.schema.get_field_index(name)
        rows = rows.set_column(index, name, known.dictionary_encode())
    return rows


def _plain(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def shown(fingerprint: str | None, limit: int = 70, *, whole: int | None = None) -> str:
    """Return a fingerprint short enough for a sentence, or for a cell of a table.

    Tables and conditions say more than the columns, of which an ORM lists dozens: of a
    select with more than ``whole`` characters (``limit`` unless given) they are left out.

    Example:
        >>> shown("select a, b, c, d from t where id = ?", 32)
        'select … from t where id = ?'
    """
    if fingerprint is None:
        return "statements without text"
    columns, _, rest = fingerprint.partition(" from ")
    long = len(fingerprint) > (limit if whole is None else whole)
    if long and rest and columns.startswith("select "):
        fingerprint = f"select … from {rest}"  # noqa: S608 - for people, never for a server
    return fingerprint if len(fingerprint) <= limit else f"{fingerprint[: limit - 1]}…"
