"""Values that a statement without any is likely to be asked with, from the statistics."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from perfkit.plans.conditions import predicates
from perfkit.plans.postgres_sql import code
from perfkit.probes.column_stats import column_stats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from perfkit.plans.conditions import Predicate
    from perfkit.plans.model import Plan
    from perfkit.probes.column_stats import ColumnStats

__all__ = ["examples", "parameter"]

_LIMIT, _OFFSET = "20", "0"
_LISTED = 3  # values in the example of a list
_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "Join Filter")


def examples(connection: Connection, plan: Plan, sql: str) -> dict[str, str]:
    """Return texts for the numbers of those ``$1`` of ``sql`` that its generic plan explains.

    A column compared for equality gives its most common value, a range the median, a list
    some of the common ones. The server types the texts by context.
    """
    return dict(_from_conditions(connection, plan)) | dict(_from_limits(sql))


def parameter(value: str) -> str | None:
    """Return ``1`` for ``$1``, ``($1)::bigint`` and ``ANY ($1)``, None for anything else."""
    tokens = [token for token in code(value) if token.text not in {"(", ")"}]
    if tokens and tokens[0].text.upper() == "ANY":
        tokens = tokens[1:]
    if not tokens or tokens[0].kind != "param" or (len(tokens) > 1 and tokens[1].text != "::"):
        return None
    return tokens[0].text[1:]


def _from_limits(sql: str) -> Iterator[tuple[str, str]]:
    tokens = code(sql)
    for token, behind in pairwise(tokens):
        word = token.text.upper()
        if word in {"LIMIT", "OFFSET"} and behind.kind == "param":
            yield behind.text[1:], _LIMIT if word == "LIMIT" else _OFFSET


def _from_conditions(connection: Connection, plan: Plan) -> Iterator[tuple[str, str]]:
    for node in plan.tree:
        schema, table = node.text("Schema"), node.relation
        if schema is None or table is None:
            continue
        known = column_stats(connection, schema, table)
        for key in _CONDITIONS:
            for found in predicates(node.text(key), node.text("Alias")):
                number, value = parameter(found.value), _value(found, known)
                if number is not None and value is not None:
                    yield number, value


def _value(found: Predicate, known: Mapping[str, ColumnStats]) -> str | None:
    """Return a value that the comparison is likely to be made with."""
    stats = known.get(found.column)
    if stats is None:
        return None
    if found.kind == "any":
        return _array((stats.common or stats.bounds or [])[:_LISTED])
    if found.kind == "equality":
        return stats.typical()
    return stats.middle() if found.kind == "range" else None


def _array(values: list[str]) -> str | None:
    """Return the values as an array's text."""
    if not values:
        return None
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"
