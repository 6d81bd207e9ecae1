"""Which table an alias stands for.

The plans of MariaDB and MySQL name tables by their alias alone. The statement that the servers
print as they understand it (SHOW WARNINGS behind EXPLAIN) has
``from `shop`.`orders` `o` join `shop`.`users```: every table with its database, and its alias
if it has one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.plans.mysql.reserved import RESERVED
from perfkit.plans.mysql.sql import Dialect, code, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.model import Node, Plan
    from perfkit.plans.postgres_sql import Token

__all__ = ["named", "tables_in", "tables_written"]

#: What may follow a table and is no alias of it, beside reserved words.
_FOLLOW = RESERVED | {"value", "offset", "returning", "partition", "select"}
_BEFORE = {"from", "join", "(", "straight_join", "update"}  # commas are printed as join


def tables_in(statement: str) -> dict[str, tuple[str, str]]:
    """Return alias -> (database, table) of a statement as the server prints it."""
    tokens = code(statement, Dialect())
    found: dict[str, tuple[str, str]] = {}
    in_from = False
    for at, token in enumerate(tokens[:-3]):
        word = token.text.lower()
        if token.kind == "word":
            in_from = word in _BEFORE
        dotted = tokens[at + 1 : at + 4]
        if not in_from or word not in _BEFORE or not _is_table(dotted):
            continue
        database, table = (name_of(dotted[i]) or "" for i in (0, 2))
        after = tokens[at + 4] if at + 4 < len(tokens) else None
        alias = name_of(after) if after is not None and after.kind == "quoted" else None
        key = alias or table
        # One alias in two blocks for two tables says nothing.
        found[key] = (
            (database, table) if found.get(key, (database, table))[1] == table else ("", "")
        )
    return {key: pair for key, pair in found.items() if pair[1]}


def tables_written(
    tokens: Sequence[Token], existing: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Return alias -> (database, table) of an UPDATE, DELETE or INSERT as somebody typed it.

    Args:
        tokens: the statement without blanks and comments.
        existing: (database, table) of every table it may name, by the table's name and by
            ``database.table``.
    """
    found: dict[str, tuple[str, str]] = {}
    for at, token in enumerate(tokens):
        name = name_of(token) or ""
        if at and tokens[at - 1].text == ".":
            name = f"{name_of(tokens[at - 2]) or ''}.{name}"
        if name not in existing or (at + 1 < len(tokens) and tokens[at + 1].text == "."):
            continue
        after = list(tokens[at + 1 : at + 3])
        if after and after[0].text.lower() == "as":
            after = after[1:]
        alias = name_of(after[0]) if after else None
        if alias is not None and (after[0].kind == "quoted" or alias.lower() not in _FOLLOW):
            found[alias] = existing[name]
        found.setdefault(existing[name][1], existing[name])
    return found


def named(plan: Plan, tables: Mapping[str, tuple[str, str]]) -> Plan:
    """Return ``plan`` with the tables' own names and databases where they are known."""
    return replace(plan, tree=[_named(node, tables) for node in plan.tree]) if tables else plan


def _is_table(tokens: list[Token]) -> bool:
    kinds = [token.kind for token in tokens]
    return kinds == ["quoted", "mark", "quoted"] and tokens[1].text == "."


def _named(node: Node, tables: Mapping[str, tuple[str, str]]) -> Node:
    alias = node.text("Alias") or ""
    if alias not in tables:
        return node
    database, table = tables[alias]
    known = {"Relation Name": table, "Schema": database}
    return replace(node, properties={**node.properties, **known})
