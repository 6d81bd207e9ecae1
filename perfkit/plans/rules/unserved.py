"""Conditions that throw most rows away and that no ordinary index can serve as written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal, quoted
from perfkit.plans.rules.index_scans import discards
from perfkit.plans.rules.indexes import Proposals, table_name
from perfkit.plans.rules.measures import own_ms, spent, total_rows
from perfkit.plans.rules.obstacles import cast_type, leads_an_index, obstacle
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence, rows_read, severity, table_keys
from perfkit.plans.rules.seq_scans import spared_ms
from perfkit.plans.scans import wasteful_groups
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan
    from perfkit.plans.rules.obstacles import Obstacle

__all__ = ["RULES"]

#: Shorter pieces of text hold no trigram to look up.
TRIGRAM = 3
_TYPE_OF = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
_WRAPPED = {"implicit-cast", "function-on-column"}
#: These matter in the filter of an index scan too: the index led to rows that they throw away.
_BEHIND_AN_INDEX = _WRAPPED | {"leading-wildcard"}
_REFERENCES = {
    "implicit-cast": "PostgreSQL documentation, Operator Type Resolution",
    "function-on-column": "PostgreSQL documentation, Indexes on Expressions",
    "leading-wildcard": "PostgreSQL documentation, pg_trgm (Index Support)",
    "or-over-columns": "PostgreSQL documentation, Combining Multiple Indexes",
}


@dataclass(frozen=True, kw_only=True)
class _Unserved:
    """Scans of one table, or of its partitions, and what is in the way of an index."""

    nodes: Sequence[Node]
    obstacle: Obstacle

    @property
    def first(self) -> Node:
        return self.nodes[0]


def unserved(rule: str, plan: Plan, facts: Facts) -> list[Finding]:
    """Find scans that throw most rows away because of a condition of the kind ``rule``."""
    groups = [[scan.node for scan in scans] for scans in wasteful_groups(plan)]
    if rule in _BEHIND_AN_INDEX:
        groups += [[node] for node in plan.tree if discards(plan, node)]
    found, proposals = [], Proposals(plan, facts)
    for nodes in groups:
        hindered = obstacle(nodes[0], facts.of(nodes[0]))
        if hindered is not None and hindered.rule == rule:
            found.append(_finding(proposals, _Unserved(nodes=nodes, obstacle=hindered)))
    return found


def _finding(proposals: Proposals, case: _Unserved) -> Finding:
    plan, facts = proposals.plan, proposals.facts
    own = own_ms(plan, *case.nodes)
    read, kept = sum(map(rows_read, case.nodes)), sum(map(total_rows, case.nodes))
    table = case.first.qualified or "a table"
    indexed = any(leads_an_index(c, facts.of(case.first)) for c in case.obstacle.columns)
    return Finding(
        rule=case.obstacle.rule,
        severity=severity(plan, own),
        title=f"The scan of {table} takes {spent(plan, own)} and keeps {format_count(kept)} of "
        f"{format_count(read)} rows: {_because(case.obstacle)}",
        evidence=[
            evidence(plan, node, compared=", ".join(p.column for p in case.obstacle.predicates))
            for node in case.nodes
        ],
        fix=_FIXES[case.obstacle.rule](proposals, case),
        saves_ms=spared_ms(own, read, kept),
        saves_basis="per execution",
        effort="low" if case.obstacle.rule != "or-over-columns" else "medium",
        confidence="high" if indexed and case.obstacle.rule in _WRAPPED else "medium",
        reference=_REFERENCES[case.obstacle.rule],
        keys=table_keys(case.first),
    )


def _because(found: Obstacle) -> str:
    first = found.predicates[0]
    if found.rule == "implicit-cast":
        return f"{found.columns[0]} is cast to {cast_type(first)} before it is compared"
    if found.rule == "leading-wildcard":
        return f"the pattern for {first.column} may match anywhere in the text"
    if found.rule == "or-over-columns":
        return f"one of {', '.join(found.columns)} has to match, and no single index finds both"
    return f"it computes {first.column} for every row"


def _own_type(proposals: Proposals, case: _Unserved) -> Fix:
    """Return how to compare in the column's own type."""
    column, table = case.obstacle.columns[0], proposals.facts.of(case.first)
    known = table.columns.get(column) if table else None
    built = "" if leads_an_index(column, table) else f" It needs an index on ({column}) as well."
    what = "the column's own type" if known is None else known.type
    return Fix(
        text=f"Pass the value as {what}, or cast the value instead of the column: an index on "
        f"the column can then be used.{built}",
        snippet="" if known is None else f"{quoted(column)} = CAST(:value AS {known.type})",
        language="" if known is None else "sql",
        test=_type_of(case),
    )


def _type_of(case: _Unserved) -> str:
    """Return the statement that shows the type of the column, on which it depends what fits."""
    where = f"attrelid = {literal(table_name(case.first))}::regclass"
    return f"{_TYPE_OF}\nWHERE {where} AND attname = {literal(case.obstacle.columns[0])};"


def _expression(proposals: Proposals, case: _Unserved) -> Fix:
    found = proposals.of(case.first)
    column, first = case.obstacle.columns[0], case.obstacle.predicates[0]
    text = (
        f"Compare {column} itself with values computed beforehand (for a day: from its first "
        "instant up to, without, the next day's), or index the expression, if all its functions "
        f"are immutable: ({first.column})."
    )
    if not leads_an_index(column, proposals.facts.of(case.first)):
        text = text.replace("(for a day", f"and an index on ({column}) (for a day")
    fitting = found is not None and any(key.expression for key in found.keys)
    fix = proposals.advice(found if fitting else None, text)
    return fix if fix.test else replace(fix, test=_type_of(case))


def _trigrams(proposals: Proposals, case: _Unserved) -> Fix:
    found = proposals.of(case.first)
    longest = max((len(run) for run in _runs(case.obstacle)), default=0)
    if longest < TRIGRAM:
        return Fix(
            text="A b-tree finds beginnings only, and a trigram index needs three characters in "
            "a row to look up: ask for longer search texts, or use full-text search."
        )
    text = "A b-tree finds beginnings only; a GIN index with gin_trgm_ops (pg_trgm) finds any part."
    if found is None or found.method not in {"gin", "gist"}:
        return Fix(text=text, snippet="CREATE EXTENSION IF NOT EXISTS pg_trgm;", language="sql")
    return proposals.advice(found, text)


def _runs(found: Obstacle) -> list[str]:
    """Return the pieces of text between the wildcards of the patterns."""
    patterns = [p.literals[0] for p in found.predicates if p.literals]
    marks = str.maketrans(dict.fromkeys("%_.*+?()[]|^$\\", " "))
    return [run for pattern in patterns for run in pattern.translate(marks).split()]


def _each(proposals: Proposals, case: _Unserved) -> Fix:
    columns = ", ".join(case.obstacle.columns)
    text = (
        f"With one index for each of {columns} both are read and combined (BitmapOr); or write "
        "the OR as UNION of two statements, which can each use their own index and order."
    )
    return proposals.advice(proposals.of(case.first), text)


_FIXES = {
    "implicit-cast": _own_type,
    "function-on-column": _expression,
    "leading-wildcard": _trigrams,
    "or-over-columns": _each,
}
_LOOKS_AT = {
    "implicit-cast": "columns that are cast before they are compared",
    "function-on-column": "functions of columns in conditions",
    "leading-wildcard": "patterns that may match anywhere",
    "or-over-columns": "OR over several columns",
}
RULES = tuple(
    Rule(name=name, looks_at=looks_at, find=partial(unserved, name))
    for name, looks_at in _LOOKS_AT.items()
)
