"""Which rows and columns of a table fit, and what is said about the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.views import explain_table
from perfkit.views.columns import UNKNOWN, from_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from perfkit.views.columns import Column

__all__ = ["Layout", "fitted", "least_width", "narrow"]

# Ends of intervals, ids and whole stacks serve programs; people find them in `.table`.
_FOR_PROGRAMS = re.compile(
    r".*_(low|high)(_ms|_pct)?|(.*_)?(low|high)_at|(fingerprint|span|shape|session)_id|stack"
)
_LOW_END = re.compile(r"(?:^|_)low(?:_|$)")
_NARROWEST_TEXT, _NARROWEST_TREE = 24, 36
_NAMED = 6  # columns that are named although they do not fit


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The part of a table that is shown, and a sentence on the rest (empty if there is none)."""

    columns: list[Column]
    rows: int
    note: str


def fitted(
    table: pa.Table,
    noun: str,
    *,
    rows: int,
    width: int,
    needs: Callable[[Column], int] | None = None,
) -> Layout:
    """Choose the first ``rows`` rows and the columns that fit ``width`` characters.

    ``needs`` says how wide a column is at least; :func:`least_width` if not given.
    """
    first = (
        explain_table.those_that_take_most(table, rows)
        if explain_table.is_plan(table)
        else (table.slice(0, rows))
    )
    everything = explain_table.as_tree(from_table(first), UNKNOWN)
    useful = [c for c in everything if not _left_out(c)] or everything
    chosen = narrow(useful, width, needs or least_width)
    shown = min(rows, table.num_rows)
    return Layout(columns=chosen, rows=shown, note=_note(table, noun, shown, useful, chosen))


def _left_out(column: Column) -> bool:
    nothing_known = bool(column.cells) and all(cell == UNKNOWN for cell in column.cells)
    return nothing_known or bool(_FOR_PROGRAMS.fullmatch(column.name))


def narrow(columns: list[Column], width: int, needs: Callable[[Column], int]) -> list[Column]:
    """Drop columns from the right until the rest fits; the first one always stays.

    The low end of an interval goes with the high end, which stands right of it.
    """
    kept = list(columns)
    while len(kept) > 1 and sum(needs(c) + 2 for c in kept) - 2 > width:
        kept.pop()
    if 1 < len(kept) < len(columns) and _LOW_END.search(kept[-1].name):
        kept.pop()
    return kept


def least_width(column: Column) -> int:
    """Return the characters a column needs at least: texts can be cut, numbers cannot."""
    widest = max([len(column.header), *map(len, column.cells)])
    least = _NARROWEST_TREE if column.name == "node_type" else _NARROWEST_TEXT
    return widest if column.numeric else min(widest, least)


def _note(
    table: pa.Table, noun: str, shown: int, useful: list[Column], chosen: list[Column]
) -> str:
    if not table.num_rows:
        return ""  # of columns without rows there is nothing to look up
    parts = []
    if shown < table.num_rows:
        which = ", those that take most" if explain_table.is_plan(table) else ""
        parts.append(f"showing {shown:,} of {table.num_rows:,} {noun}{which}")
    if dropped := [c.name for c in useful if c not in chosen]:
        more = f" and {len(dropped) - _NAMED} more" if len(dropped) > _NAMED else ""
        parts.append(f"further columns in .table: {', '.join(dropped[:_NAMED])}{more}")
    return "; ".join(parts)
