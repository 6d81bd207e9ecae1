"""Which predicates an index can really serve, given what is known of the columns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.plans.conditions import Predicate
    from perfkit.plans.facts import Facts, TableFacts

__all__ = ["immutable", "is_text", "usable"]

_TEXT = ("text", "character varying", "varchar", "citext")
# Types without a default b-tree operator class.
_UNSORTED = ("json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "aclitem")
#: A b-tree row holds at most 2,704 bytes: columns this wide on average may exceed it.
_WIDEST_BYTES = 1000.0
# Known without asking a server; keywords with brackets are not in pg_proc at all.
_IMMUTABLE = frozenset(
    [
        "lower",
        "upper",
        "abs",
        "md5",
        "btrim",
        "ltrim",
        "rtrim",
        "trim",
        "length",
        "char_length",
        "left",
        "right",
        "substr",
        "substring",
        "replace",
        "split_part",
        "reverse",
        "initcap",
        "strpos",
        "floor",
        "ceil",
        "ceiling",
        "round",
        "sqrt",
        "mod",
        "jsonb_extract_path_text",
        "jsonb_array_length",
        "setweight",
    ]
)
_KEYWORDS = frozenset({"coalesce", "greatest", "least", "nullif", "extract"})
_BY_CONFIGURATION = {"to_tsvector"}  # immutable where the configuration is named
# Immutable for dates and timestamps without time zone, stable for those with one.
_BY_ZONE = frozenset({"date", "date_trunc", "date_part", "extract", "timezone"})
_ZONELESS = ("timestamp without time zone", "date")
_TIMES = ("timestamp", "date", "time", "interval", "money")
_ADDRESSES = {"inet", "cidr"}
_CONSTANT = re.compile(r"'(?:[^']|'')*'::\w+")
_ARITHMETIC = re.compile(r" [-+*/%&|^<>=~!]{1,2} ")
_CAST = re.compile(r"::(\w+)")
# What an immutable cast makes of text, numbers, booleans and uuids.
_CAST_TARGETS = frozenset(
    [
        "text",
        "integer",
        "bigint",
        "smallint",
        "numeric",
        "boolean",
        "uuid",
        "double",
        "real",
        "regconfig",
    ]
)
_CAST_SOURCES = (
    *_TEXT, "integer", "bigint", "smallint", "numeric", "boolean", "uuid", "double", "real",
    "character", "jsonb",
)  # fmt: skip


def usable(found: Iterable[Predicate], table: TableFacts | None, facts: Facts) -> list[Predicate]:
    """Return the predicates an index can serve, casts that need an expression as such."""
    fitted = (_fitted(predicate, table) for predicate in found)
    return [p for p in fitted if p is not None and _indexable(p, table, facts)]


def is_text(type_name: str) -> bool:
    """Whether the type is text or compares as text does."""
    return type_name.startswith(_TEXT)


def immutable(predicate: Predicate, table: TableFacts | None, facts: Facts) -> bool:
    """Whether an index can and should be built on the predicate's expression, if that is known."""
    if _ARITHMETIC.search(_CONSTANT.sub("", _joined(predicate))):
        return False  # nobody looks up a sum; what is meant is mostly a condition to rewrite
    types = _types(predicate, table)
    casts = _casts(predicate.column)
    if not types:
        return _probably(predicate, casts)
    if all(one.startswith(_ZONELESS) for one in types):
        return predicate.functions <= _BY_ZONE | _KEYWORDS and casts <= {"date"}
    if any(one.startswith(_TIMES) for one in types):  # fixed only at a zone that is named
        zoned = "AT TIME ZONE '" in predicate.column
        return zoned and not predicate.functions and casts <= {"date"}
    known = facts.immutable | _IMMUTABLE | _KEYWORDS
    return _called(predicate) <= known and casts <= _CAST_TARGETS and _castable(types)


def _probably(predicate: Predicate, casts: set[str]) -> bool:
    """Whether an expression over columns of unknown types is one that people index."""
    called = _called(predicate)
    known = called <= _IMMUTABLE | {"coalesce"}
    return known and casts <= {"text"} and bool(predicate.functions or not casts)


def _joined(predicate: Predicate) -> str:
    """Return the expression; a document that is searched is joined of several columns."""
    document = predicate.kind == "contains" and "to_tsvector" in predicate.functions
    return predicate.column.replace(" || ", ", ") if document else predicate.column


def _called(predicate: Predicate) -> frozenset[str]:
    """Return the functions whose volatility matters."""
    named = "'::regconfig" in predicate.column  # with its configuration to_tsvector is immutable
    return predicate.functions - (_BY_CONFIGURATION if named else frozenset())


def _fitted(predicate: Predicate, table: TableFacts | None) -> Predicate | None:
    """Make an expression of a cast to text that is more than a change of name.

    The addresses of a network are a range (network_subset_support in network.c).
    """
    column = table.columns.get(predicate.column) if table and not predicate.expression else None
    if column is not None and column.type in _ADDRESSES and predicate.operator in {"<<", "<<="}:
        return replace(predicate, kind="range")
    if column is None or predicate.cast != "text":
        return predicate
    if column.type == "text":
        return None  # a cast of text to text changes the collation
    if is_text(column.type) and column.type != "citext":
        return replace(predicate, cast="")
    sql = f"({quoted(predicate.column)})::text"
    return replace(predicate, column=sql, cast="", expression=True, columns=(predicate.column,))


def _indexable(predicate: Predicate, table: TableFacts | None, facts: Facts) -> bool:
    if predicate.expression:
        return immutable(predicate, table, facts)
    column = table.columns.get(predicate.column) if table else None
    if column is None:
        # A system column such as ctid or tableoid has no index.
        return not (table and table.columns) and predicate.column not in {"ctid", "tableoid"}
    if predicate.kind == "contains":
        return True
    wide = predicate.kind in {"equality", "any", "range"} and (
        (column.width_bytes or 0.0) > _WIDEST_BYTES
    )
    return not wide and column.type not in _UNSORTED


def _types(predicate: Predicate, table: TableFacts | None) -> tuple[str, ...]:
    columns = table.columns if table else {}
    return tuple(columns[name].type for name in predicate.columns if name in columns)


def _casts(sql: str) -> set[str]:
    """Return the first words of the types that are cast to; casts of constants do not count."""
    return set(_CAST.findall(_CONSTANT.sub("", sql)))


def _castable(types: tuple[str, ...]) -> bool:
    return all(one.startswith(_CAST_SOURCES) for one in types)
