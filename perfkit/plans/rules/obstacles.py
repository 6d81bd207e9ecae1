"""Why an ordinary index cannot serve a condition as it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.conditions import conditions
from perfkit.plans.postgres_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.conditions import Predicate
    from perfkit.plans.facts import TableFacts
    from perfkit.plans.model import Node

__all__ = ["Obstacle", "cast_type", "leads_an_index", "obstacle"]

_CAST = re.compile(r"\(?([^()]+)\)?::([a-z][a-z ]*)(?:\([0-9, ]*\))?")
# What a comparison with a value of another type casts a column to, unasked.
_UNASKED = {
    "numeric", "double precision", "real", "bigint", "integer", "smallint", "bpchar", "character",
    "text",
}  # fmt: skip
_TEXTS = ("text", "character varying", "varchar", "citext", "name")
_LOOKUPS = {"equality", "any"}
_COMPARED = {*_LOOKUPS, "range"}


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """``rule`` names what is in the way, ``predicates`` what it is in the way of."""

    rule: str
    predicates: tuple[Predicate, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The plain columns that are compared, each once."""
        return tuple(dict.fromkeys(c for p in self.predicates for c in p.columns or (p.column,)))


def obstacle(node: Node, table: TableFacts | None = None) -> Obstacle | None:
    """Return what keeps an index on plain columns from serving the filter of ``node``.

    None where a plain column is looked up by a value as well: that index comes first.
    """
    read = conditions(node.text("Filter"), node.text("Alias"))
    compared = [p for p in read.predicates if p.kind in _COMPARED]
    wrapped = [p for p in compared if p.expression or _cast_number(p, table)]
    looked_up = [p for p in compared if p.kind in _LOOKUPS]
    if any(p not in wrapped for p in looked_up):
        return None
    found = None if looked_up else _patterns(read.predicates) or _alternatives(read.alternatives)
    return found or _wrapped(looked_up or wrapped)


def _patterns(found: Sequence[Predicate]) -> Obstacle | None:
    """Return the patterns that may match anywhere."""
    patterns = tuple(p for p in found if p.kind == "pattern" and _unanchored(p))
    return Obstacle(rule="leading-wildcard", predicates=patterns) if patterns else None


def cast_type(predicate: Predicate) -> str:
    """Return the type that the column is cast to, "" for everything but a plain cast."""
    if predicate.cast:
        return predicate.cast
    match = _CAST.fullmatch(predicate.column) if predicate.expression else None
    column = predicate.columns[0] if len(predicate.columns) == 1 else ""
    plain = match is not None and match.group(1) in {column, quoted(column)}
    return match.group(2).strip() if match and plain else ""


def leads_an_index(column: str, table: TableFacts | None) -> bool:
    """Whether an index that is known of starts with ``column``."""
    indexes = () if table is None else table.indexes
    return any(
        index.valid and index.keys[:1] in {(column,), (quoted(column),)} for index in indexes
    )


def _wrapped(found: Sequence[Predicate]) -> Obstacle | None:
    if not found:
        return None
    cast = cast_type(found[0]) in _UNASKED
    rule = "implicit-cast" if cast else "function-on-column"
    return Obstacle(rule=rule, predicates=(found[0],))


def _cast_number(predicate: Predicate, table: TableFacts | None) -> bool:
    """Whether a cast to text changes more than the name of the type."""
    column = table.columns.get(predicate.column) if table and predicate.cast else None
    return column is not None and not column.type.startswith(_TEXTS)


def _unanchored(predicate: Predicate) -> bool:
    """Whether a pattern may match anywhere: it starts with a wildcard, or ignores case."""
    pattern = predicate.literals[0] if predicate.literals else ""
    if not pattern or predicate.source != "constant":
        return False
    if predicate.operator in {"~", "~*"}:
        return not pattern.startswith("^") or predicate.operator == "~*"
    return predicate.operator == "~~*" or pattern[0] in "%_"


def _alternatives(found: Sequence[Sequence[Sequence[Predicate]]]) -> Obstacle | None:
    """Return the first OR of which each branch compares another column."""
    for branches in found:
        plain = [next((p for p in branch if _plain(p)), None) for branch in branches]
        usable = tuple(p for p in plain if p is not None)
        if len(usable) == len(branches) and len({p.column for p in usable}) > 1:
            return Obstacle(rule="or-over-columns", predicates=usable)
    return None


def _plain(predicate: Predicate) -> bool:
    return predicate.kind in _COMPARED and not predicate.expression
