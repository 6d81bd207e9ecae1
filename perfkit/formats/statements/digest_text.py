"""Digest texts of MySQL turned into SQL that has the fingerprint of the statement itself.

A digest quotes every name, prints blanks between all tokens and folds lists: ``(?)`` for one
value, ``(...)`` or ``?, ...`` for several, ``/* , ... */`` for further rows
(sql/sql_digest.cc). What it has lost (how many arguments ``concat (...)`` had) stays as it is.
"""

from __future__ import annotations

import re

__all__ = ["plain_sql", "was_shortened"]

_NAME = re.compile(r"`([A-Za-z_][A-Za-z0-9_$]*)`")
_ROWS = re.compile(r"/\* , \.\.\. \*/")
_IN = re.compile(r"\b(IN|in) \((?:\.\.\.|\?, \.\.\.)\)")
_VALUES = re.compile(r"\(([^()]*)\) VALUES \(")
_PARENTHESIS = re.compile(r"[()]")
_MARK = re.compile(r"[(),]")
#: Of a token's spellings the first in the lexer's table is the one that is printed.
_SPELLINGS = re.compile(r"\bDISTINCTROW\b|\bSCHEMA (?=\( \))")
_SPELLED = {"DISTINCTROW": "DISTINCT", "SCHEMA ": "DATABASE "}
#: sys.format_statement puts this in the middle of what is longer than statement_truncate_len.
_SHORTENED = " ... "


def plain_sql(digest: str) -> str:
    """Return ``digest`` as a statement without quotes around plain names.

    Example:
        >>> plain_sql("SELECT `a` FROM `t` WHERE `b` IN (...) ")
        'SELECT a FROM t WHERE b IN (?) '
    """
    text = _ROWS.sub(", ...", _NAME.sub(r"\1", digest))
    text = _with_values(_IN.sub(r"\1 (?)", text))
    return _SPELLINGS.sub(lambda found: _SPELLED[found[0]], text)


def was_shortened(query: str) -> bool:
    """Say whether the sys schema may have cut out the middle of ``query``."""
    return _SHORTENED in query


def _with_values(text: str) -> str:
    """Give the first row of VALUES as many values as there are columns before it."""
    found = _VALUES.search(text)
    end = _closing(text, found.end()) if found else -1
    if found is None or end < 0:
        return text
    row = text[found.end() : end]
    if row.count("...") != 1:
        return text
    folded = "?, ..." if "?, ..." in row else "..."
    others = _commas(row.replace(folded, ""))
    values = ", ".join("?" for _ in range(found[1].count(",") + 1 - others))
    return text[: found.end()] + row.replace(folded, values) + text[end:]


def _closing(text: str, start: int) -> int:
    """Return where the parenthesis closes that opens before ``start``, or -1."""
    depth = 1
    for mark in _PARENTHESIS.finditer(text, start):
        depth += 1 if mark[0] == "(" else -1
        if not depth:
            return mark.start()
    return -1


def _commas(row: str) -> int:
    """Count the commas outside of parentheses."""
    depth = count = 0
    for mark in _MARK.findall(row):
        depth += (mark == "(") - (mark == ")")
        count += mark == "," and not depth
    return count
