"""Statements short enough to be read."""

from __future__ import annotations

__all__ = ["shown"]


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
