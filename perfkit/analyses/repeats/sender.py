"""Who sends the calls of a pattern, as far as the spans tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.analyses.n_plus_one_findings import Sender
from perfkit.analyses.repeats.growth import rows_told
from perfkit.analyses.repeats.orm import database, library
from perfkit.span_attributes import attributes, resources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.repeats.calls import Calls
    from perfkit.analyses.repeats.find import Repeat
    from perfkit.analyses.repeats.from_spans import Tree

__all__ = ["rows_before", "sender"]

_ABOVE = 4  # spans looked at above a call


def sender(repeat: Repeat, calls: Calls, tree: Tree | None) -> Sender:
    """Return library, language and database system of a repeat's first call."""
    if repeat.rows is None or calls.row is None:
        return Sender()
    first = int(repeat.rows[0])
    statement = calls.raw[first]
    if tree is None:
        name, language = library(statement, {}, {}, ())
        return Sender(library=name, language=language, system=database({}, statement))
    row = int(calls.row[first])
    (told,), (resource,) = attributes(tree.rows, [row]), resources(tree.rows, [row])
    name, language = library(statement, told, resource, _names_above(tree, row))
    return Sender(library=name, language=language, system=database(told, statement))


def _names_above(tree: Tree, row: int) -> list[str]:
    rows = []
    for _ in range(_ABOVE):
        rows.append(row)
        row = int(tree.parent_row[row])
        if row < 0 or tree.served[row]:
            break
    return [name for name in tree.forest.texts("name", rows) if name]


def rows_before(repeats: Sequence[Repeat], calls: Calls, tree: Tree | None) -> list[float | None]:
    """Return the rows that the call before each repeat returned, where its span tells."""
    if tree is None or calls.row is None:
        return [None] * len(repeats)
    known = [n for n, repeat in enumerate(repeats) if repeat.source_row >= 0]
    told = attributes(tree.rows, [int(calls.row[repeats[n].source_row]) for n in known])
    found: list[float | None] = [None] * len(repeats)
    for n, one in zip(known, told, strict=True):
        found[n] = rows_told(one)
    return found
