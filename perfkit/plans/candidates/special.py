"""Indexes that are no b-tree: GIN for contents and substrings, GiST for ranges, BRIN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.candidates.build import explained, whole_table
from perfkit.plans.candidates.estimate import kept_share
from perfkit.plans.candidates.index import Candidate
from perfkit.plans.candidates.nearest import GEOMETRIC, nearest
from perfkit.plans.candidates.patterns import anchored, has_trigram
from perfkit.plans.conditions import SortKey

if TYPE_CHECKING:
    from perfkit.plans.candidates.want import Want
    from perfkit.plans.conditions import Predicate
    from perfkit.plans.facts import TableFacts

__all__ = ["block_range", "searching"]

#: BRIN keeps one summary per 128 pages: it pays on large tables that lie in the column's order.
BRIN_CORRELATION, BRIN_PAGES = 0.95, 131_072  # 1 GB of 8 kB pages
_JSON_PATHS = {"@>", "@?", "@@"}
_PLACES = {"<@", "@>", "&&", "<<", ">>"}
_TYPE_OF_VALUE = (
    ("jsonb", re.compile(r":: jsonb$|:: jsonpath$")),
    ("array[]", re.compile(r":: \w+(?: \w+)* \[ \]$|^ARRAY \[")),
    ("tsvector", re.compile(r":: tsquery$|to\w*_tsquery \(")),
    ("tsrange", re.compile(r":: \w*range$")),
)
_GIN_NOTE = "A GIN index is slower to update than a b-tree: each row has many entries in it."


def searching(want: Want) -> list[Candidate]:
    """Return a GIN or GiST index for each predicate that needs one, and for the nearest rows."""
    near = nearest(want)
    found = []
    if near is not None:
        key, extension, rows = near
        found.append(_candidate(want, key, _Way("gist", extension, rows, _NEAREST)))
    for predicate in want.found:
        fit = _fit(predicate, want.table)
        if fit is not None:
            method, operator_class, extension = fit
            key = SortKey(
                column=predicate.column,
                expression=predicate.expression,
                operator_class=operator_class,
            )
            way = _Way(method, extension, _rows(want, predicate), _WHY[method])
            found.append(_candidate(want, key, way))
    return found


def block_range(want: Want) -> Candidate | None:
    """Return a BRIN index for a range over a column in whose order a large table lies."""
    table = want.table
    if table is None or (table.pages or 0) < BRIN_PAGES:
        return None
    for predicate in want.found:
        column = table.columns.get(predicate.column)
        ordered = column and abs(column.correlation or 0.0) > BRIN_CORRELATION
        if predicate.kind == "range" and not predicate.expression and ordered:
            key = SortKey(column=predicate.column)
            way = _Way("brin", "", _rows(want, predicate), _WHY["brin"])
            return _candidate(want, key, way)
    return None


class _Way(NamedTuple):
    """How an index finds its rows; ``rows`` is how many it reads, None if unknown."""

    method: str
    extension: str
    rows: float | None
    why: str


def _rows(want: Want, predicate: Predicate) -> float | None:
    kept = kept_share(want, [p for p in want.found if p.column == predicate.column])
    return None if kept is None else kept * want.table_rows


def _candidate(want: Want, key: SortKey, way: _Way) -> Candidate:
    whole = whole_table(want)
    missing = way.extension if way.extension not in want.facts.extensions else ""
    notes = [_GIN_NOTE] if way.method == "gin" else []
    if missing:
        notes.append(f"The operator class is in the extension {missing}, which is created first.")
    candidate = Candidate(
        schema=want.schema,
        table=want.relation,
        keys=(key,),
        method=way.method,
        extension=missing,
        partitions=whole.partitions if whole else (),
        taken=want.facts.names,
        rows_after=way.rows,
        notes=tuple(notes),
    )
    return explained(want, candidate, way.why)


_NEAREST = "Gives the rows by their distance, so that reading can stop early"
_WHY = {
    "gin": "Finds the rows by what the column contains",
    "gist": "Finds the rows by the range or the place they hold",
    "brin": "The table lies in the order of the column, so a summary per block range is enough",
}


def _fit(predicate: Predicate, table: TableFacts | None) -> tuple[str, str, str] | None:
    """Return method, operator class and extension for the predicate."""
    if predicate.kind == "pattern":
        searched = has_trigram(predicate) and not anchored(predicate)
        return ("gin", "gin_trgm_ops", "pg_trgm") if searched else None
    if predicate.kind != "contains":
        return None
    if predicate.operator == "%":
        return ("gin", "gin_trgm_ops", "pg_trgm")
    return _by_type(_type(predicate, table), predicate.operator)


def _by_type(type_name: str, operator: str) -> tuple[str, str, str] | None:
    if type_name == "jsonb":
        if operator == "<@":
            return None
        return ("gin", "jsonb_path_ops" if operator in _JSON_PATHS else "", "")
    if type_name.endswith("[]"):
        return ("gin", "", "") if operator in {"@>", "<@", "&&"} else None
    if type_name == "tsvector":
        return ("gin", "", "") if operator == "@@" else None
    if type_name.endswith("range"):
        return ("gist", "", "")
    return ("gist", "", "") if type_name in GEOMETRIC and operator in _PLACES else None


def _type(predicate: Predicate, table: TableFacts | None) -> str:
    """Return the type of the column, or what the type of the value says of it."""
    column = table.columns.get(predicate.column) if table and not predicate.expression else None
    if column is not None:
        return column.type
    found = (name for name, shape in _TYPE_OF_VALUE if shape.search(predicate.value))
    return next(found, "")
