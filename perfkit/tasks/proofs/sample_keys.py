"""Which column's keys a sample keeps whole, in every table of the statement."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from perfkit.plans.conditions import predicates
from perfkit.plans.postgres_sql import Token, code, identifier
from perfkit.probes.column_stats import column_stats

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from perfkit.plans.model import Plan
    from perfkit.tasks.proofs.tables import Table

__all__ = ["Column", "Fixed", "fixed_values", "joined_columns", "key_column"]

_CONDITIONS = (
    "Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column by the names of its table and itself."""

    schema: str
    table: str
    name: str


@dataclass(frozen=True)
class Fixed:
    """A column that the example compares with one value; ``value`` as a text."""

    column: Column
    value: str


def key_column(
    connection: Connection, plan: Plan, table: Table, columns: Sequence[str]
) -> str | None:
    """Return the column of the index, compared for equality, with most distinct values.

    Keys of a column with few values are large: a sample that keeps one of them whole would
    be no sample.
    """
    joined = {column for pair in _pairs(plan) for column in pair}
    compared = {column.name for column in joined if column.table == table.name} | {
        found.column
        for node in plan.tree
        for text in _texts(node.properties)
        for found in predicates(text, node.text("Alias"))
        if found.kind == "equality"
    }
    usable = [name for name in columns if name in compared]
    known = column_stats(connection, table.schema, table.name)
    return max(
        usable,
        key=lambda name: known[name].estimate(table.rows) if name in known else 0.0,
        default=None,
    )


def fixed_values(plan: Plan) -> list[Fixed]:
    """Return the columns that are compared with one constant of the example."""
    found = []
    for node in plan.tree:
        if node.relation is None:
            continue
        for text in _texts(node.properties):
            for each in predicates(text, node.text("Alias")):
                value = _constant(each.value) if each.kind == "equality" else None
                if value is not None:
                    place = Column(node.text("Schema") or "", node.relation, each.column)
                    found.append(Fixed(place, value))
    return found


def joined_columns(plan: Plan, start: Column) -> set[Column]:
    """Return the columns that the plan's conditions set equal to ``start``, and itself."""
    pairs = _pairs(plan)
    found = {start}
    for _ in pairs:
        found |= {b for pair in pairs if found & set(pair) for b in pair}
    return found


def _pairs(plan: Plan) -> list[tuple[Column, Column]]:
    """Return the columns that conditions of the plan set equal, by their tables."""
    places = {
        node.text("Alias"): (node.text("Schema") or "", node.relation)
        for node in plan.tree
        if node.relation is not None
    }
    return [
        (Column(*places[left[0]], left[1]), Column(*places[right[0]], right[1]))
        for node in plan.tree
        for text in _texts(node.properties)
        for left, right in _equalities(code(text))
        if left[0] in places and right[0] in places
    ]


def _texts(properties: object) -> Iterator[str]:
    values = properties if hasattr(properties, "get") else {}
    for key in _CONDITIONS:
        text = values.get(key)
        if isinstance(text, str):
            yield text


def _equalities(tokens: Iterable[Token]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield ``a.x = b.y`` as ((a, x), (b, y)); brackets and casts between them are ignored."""
    plain = [token for token in tokens if token.text not in {"(", ")"}]
    names = [
        (at, (first, second))
        for at in range(len(plain) - 2)
        if plain[at + 1].text == "."
        and (first := identifier(plain[at])) is not None
        and (second := identifier(plain[at + 2])) is not None
    ]
    for (left_at, left), (right_at, right) in pairwise(names):
        between = plain[left_at + 3 : right_at]
        if between and between[-1].text == "=" and all(_cast(t) for t in between[:-1]):
            yield left, right


def _cast(token: Token) -> bool:
    return token.text == "::" or token.kind == "word"


def _constant(value: str) -> str | None:
    """Return the text of a constant: of ``42``, ``'x'::text``; None of anything else."""
    tokens = [token for token in code(value) if token.text not in {"(", ")"}]
    if not tokens or (len(tokens) > 1 and tokens[1].text != "::"):
        return None
    if tokens[0].kind == "number":
        return tokens[0].text
    text = tokens[0].text
    if tokens[0].kind == "string" and text.startswith("'"):
        return text[1:-1].replace("''", "'")
    return None
