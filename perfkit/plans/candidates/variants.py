"""Twins of a composite index: partial, with INCLUDE, and what is no b-tree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.plans.candidates.build import build, explained, whole_table
from perfkit.plans.candidates.needed import needed_columns
from perfkit.plans.candidates.selectivity import distinct, share
from perfkit.plans.conditions import SortKey
from perfkit.plans.postgres_sql import quoted

if TYPE_CHECKING:
    from perfkit.plans.candidates.index import Candidate
    from perfkit.plans.candidates.want import Want
    from perfkit.plans.conditions import Predicate
    from perfkit.plans.facts import TableFacts

__all__ = ["rare", "with_include", "with_where", "without_nulls"]

#: A partial index holds at most this share of the rows ...
PARTIAL_SHARE = 0.20
#: ... for a value of a column that has so few of them that it is a state, not a key.
STATES = 50
#: An index-only scan pays where many rows are read and most pages are all-visible.
INCLUDE_ROWS, VISIBLE_SHARE = 1000, 0.8
INCLUDE_COLUMNS, INCLUDE_BYTES = 3, 64
#: Updates per row from which on wider indexes are not proposed.
OFTEN_UPDATED = 0.1


def with_where(want: Want, full: Candidate) -> Candidate | None:
    """Return the partial twin: one constant condition leaves the keys and becomes WHERE."""
    if full.method != "btree" or full.where:
        return None
    present = next((p for p in want.found if _is_rare(want, p)), None)
    if present is not None:
        return _where_present(want, full, present)
    if len(full.keys) < 2:  # noqa: PLR2004 - one key has to be left
        return None
    states = [p for p in want.found if _is_state(want, p) and p.column in full.columns]
    if not states:
        return None
    state = min(states, key=lambda p: share(p, want.table) or 0.0)
    at = full.columns.index(state.column)
    if at >= full.equality:
        return None
    partial = replace(
        full,
        keys=full.keys[:at] + full.keys[at + 1 :],
        equality=full.equality - 1,
        where=_predicate(state),
        where_columns=(state.column,),
        notes=(),
    )
    return explained(want, partial, "The same for the rows that the condition keeps, and smaller")


def without_nulls(want: Want, full: Candidate) -> Candidate:
    """Return ``full``, which gives an order, without the keys that are compared with NULL.

    PostgreSQL does not see that what follows a column that IS NULL comes sorted
    (such a condition makes no equivalence class): the condition becomes WHERE, where few rows
    fulfil it, and else is left to be filtered.
    """
    nulls = [p for p in want.found if p.operator == "IS" and p.column in full.columns]
    if not nulls:
        return full
    names = {p.column for p in nulls}
    few = [p for p in nulls if (share(p, want.table) or 0.0) <= PARTIAL_SHARE]
    left = replace(
        full,
        keys=tuple(key for key in full.keys if key.column not in names),
        equality=full.equality - len(names),
        where=" AND ".join(_predicate(p) for p in few),
        where_columns=tuple(p.column for p in few),
        notes=(),
    )
    return explained(want, left, "Gives the order, so that reading can stop early")


def rare(want: Want) -> Candidate | None:
    """Return the index of the few rows that have a value at all, where nothing else narrows."""
    present = next((p for p in want.found if _is_rare(want, p)), None)
    if present is None:
        return None
    full = build(want, (SortKey(column=present.column),), 0, "")
    return _where_present(want, replace(full, rows_after=want.table_rows), present)


def _where_present(want: Want, full: Candidate, present: Predicate) -> Candidate:
    kept = share(present, want.table) or 0.0
    partial = replace(
        full,
        where=f"{quoted(present.column)} IS NOT NULL",
        where_columns=(present.column,),
        rows_after=None if full.rows_after is None else full.rows_after * kept,
        notes=(),
    )
    return explained(want, partial, "Holds the few rows only that have a value")


def _is_rare(want: Want, predicate: Predicate) -> bool:
    """Whether it asks for a value in a column that few rows have one in."""
    kept = share(predicate, want.table) if predicate.kind == "not_null" else None
    return kept is not None and kept <= PARTIAL_SHARE


def with_include(want: Want, full: Candidate) -> Candidate | None:
    """Return the twin that holds all columns the statement reads, for an index-only scan."""
    table = whole_table(want)
    expressions = any(key.expression for key in full.keys)
    if table is None or full.where or full.method != "btree" or expressions:
        return None
    if (full.rows_after or 0.0) < INCLUDE_ROWS or not _settled(table):
        return None
    needed = needed_columns(want.plan, want.node) or ()
    more = tuple(name for name in needed if name not in full.columns)
    if not _narrow(more, table):
        return None
    wider = replace(full, include=more, notes=())
    return explained(want, wider, "The same without reading the table (index-only scan)")


def _settled(table: TableFacts) -> bool:
    """Whether most pages are all-visible and rows are seldom updated."""
    visible = (table.visible_share or 0.0) >= VISIBLE_SHARE
    return visible and (table.updates or 0) <= OFTEN_UPDATED * max(table.rows or 0.0, 1.0)


def _narrow(names: tuple[str, ...], table: TableFacts) -> bool:
    """Whether the columns are few, known and narrow."""
    widths = [table.columns[name].width_bytes for name in names if name in table.columns]
    known = [width for width in widths if width is not None]
    few = 0 < len(names) <= INCLUDE_COLUMNS and len(known) == len(names)
    return few and sum(known) <= INCLUDE_BYTES


def _is_state(want: Want, predicate: Predicate) -> bool:
    """Whether it compares with a constant that few rows have and the column has few values."""
    if predicate.kind != "equality" or predicate.source != "constant" or predicate.expression:
        return False
    kept = share(predicate, want.table)
    if kept is None or kept > PARTIAL_SHARE:
        return False
    if predicate.operator == "IS":
        return True
    column = want.table.columns.get(predicate.column) if want.table else None
    several = distinct(column, want.table_rows)
    return several is not None and several <= STATES


def _predicate(state: Predicate) -> str:
    name = quoted(state.column)
    if state.operator == "IS":
        return f"{name} IS NULL"
    if state.value in {"true", "false"}:
        return name if state.value == "true" else f"NOT {name}"
    literal = state.literals[0].replace("'", "''")
    # A backslash means the same in an ordinary literal since standard_conforming_strings.
    return f"{name} = '{literal}'"
