"""What MySQL calls a way to read a table: the words of its EXPLAIN FORMAT=TREE, for all formats.

MariaDB and MySQL's first JSON format print the ``type`` column of the tabular EXPLAIN
(sql/sql_select.cc: join_type_str; sql/opt_explain.cc).
"""

from __future__ import annotations

from typing import Any

__all__ = ["access_name", "join_type", "list_of", "number", "sort_keys"]

_ACCESS = {
    "ALL": "Table Scan",
    "index": "Index Scan",
    "range": "Index Range Scan",
    "ref": "Index Lookup",
    "ref_or_null": "Index Lookup",
    "index_subquery": "Index Lookup",
    "eq_ref": "Single-row Index Lookup",
    "unique_subquery": "Single-row Index Lookup",
    "const": "Constant Row",
    "system": "Constant Row",
    "fulltext": "Full-text Index Search",
    "index_merge": "Index Merge",
}
_JOINS = {
    "left join": "Left",
    "left": "Left",
    "inner join": "Inner",
    "semijoin": "Semi",
    "antijoin": "Anti",
    "anti-join": "Anti",  # 8.0.18
}


def access_name(access_type: Any) -> str:
    """Return the node type for a ``type``; a hash join's ``hash_range`` reads like ``range``."""
    text = str(access_type or "")
    bare = text.removeprefix("hash_")
    return _ACCESS.get(bare, f"Table Access ({text})" if text else "Table Access")


def join_type(text: str) -> str:
    """Return PostgreSQL's word for ``inner join``, ``left join``, ``antijoin``, ``semijoin``."""
    return _JOINS.get(text.strip().lower(), "Inner")


def number(value: Any) -> float | None:
    """Return a number that may be printed as text (MySQL's costs are); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


def list_of(value: Any) -> list[Any]:
    """Return a list as it is and anything else as a list of one."""
    return value if isinstance(value, list) else [value]


def sort_keys(text: str) -> list[str]:
    """Split ``a, f(b, c) desc`` at the commas outside brackets and quotes."""
    keys, depth, quote, start = [], 0, "", 0
    for position, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'`\"":
            quote = letter
        elif letter == "," and depth == 0:
            keys.append(text[start:position].strip())
            start = position + 1
        depth += (letter == "(") - (letter == ")") if not quote else 0
    return [key for key in (*keys, text[start:].strip()) if key]
