"""What a condition says about one column or expression, and one column of an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Kind", "Predicate", "SortKey", "Source"]

Kind = Literal["equality", "any", "range", "not_null", "pattern", "contains"]
Source = Literal["constant", "stable", "parameter", "column"]


@dataclass(frozen=True, kw_only=True)
class Predicate:
    """``column`` compared with ``value``, which is known before the scan starts.

    ``kind`` is ``equality`` (also IS NULL), ``any`` (one of several values), ``range``,
    ``not_null``, ``pattern`` (LIKE, ILIKE, regular expressions) or ``contains`` (operators of
    arrays, jsonb, ranges, text search). ``cast`` is the type the column is cast to before
    comparing, "" for none: ``text`` is harmless for varchar, but a number compared as text
    cannot use its index.

    With ``expression`` set, ``column`` is SQL over ``columns`` that calls ``functions``.
    ``source`` says what the value is: written in the statement, computed by the statement
    (``now()``, an InitPlan), a parameter, or columns of the ``tables`` named (by alias).
    ``literals`` are the constants in it, without quotes. ``row`` holds the columns of a row
    comparison such as keyset pagination makes; ``column`` is the first of them.
    """

    column: str
    kind: Kind
    operator: str
    value: str
    cast: str = ""
    expression: bool = False
    columns: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    source: Source = "constant"
    tables: frozenset[str] = frozenset()
    literals: tuple[str, ...] = ()
    row: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SortKey:
    """One key of an ORDER BY or an index; ``nulls_first`` as PostgreSQL would do it.

    With ``expression`` set, ``column`` is SQL. ``operator_class`` and ``collation`` are SQL as
    it is written in CREATE INDEX, "" for the default.
    """

    column: str
    descending: bool = False
    nulls_first: bool = False
    expression: bool = False
    operator_class: str = ""
    collation: str = ""
