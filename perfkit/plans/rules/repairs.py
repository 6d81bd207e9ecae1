"""How a wrong row estimate is repaired: statistics, extended statistics, or the statement."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from perfkit.plans.conditions import predicates
from perfkit.plans.postgres_sql import code, quoted
from perfkit.plans.rules.indexes import table_name
from perfkit.plans.rules.rerun import trial
from perfkit.results import Fix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.model import Node, Plan

__all__ = ["columns_together", "repair", "statistics_fix"]

_NAME_BYTES = 63  # NAMEDATALEN - 1
_COLUMNS = 8  # STATS_MAX_DIMENSIONS: more columns than this CREATE STATISTICS refuses


def columns_together(node: Node) -> list[str]:
    """Return the columns of one table that are compared with constants, if several."""
    found = predicates(node.condition, node.text("Alias"))
    # A value that names another table's column belongs to a join: no statistics know it.
    own = [p.column for p in found if not any(t.text == "." for t in code(p.value))]
    distinct = list(dict.fromkeys(own))
    return distinct if node.relation and len(distinct) > 1 else []


def repair(plan: Plan, node: Node) -> Fix:
    """Return what to do about the wrong estimate of ``node``."""
    scanned = _table_of(plan, node)
    columns, table = columns_together(node), table_name(scanned)
    if columns and (node.row_factor or 1.0) > 1:
        return statistics_fix(plan, node, columns)
    if table:
        return Fix(
            text="Refresh the table's statistics and look again; if the estimate stays wrong, "
            "the condition is one that they do not describe: columns that depend on each other "
            "or an expression (CREATE STATISTICS knows both).",
            snippet=f"ANALYZE {table};",
            language="sql",
            test=trial(plan, first=(f"ANALYZE {table};",)),
        )
    return Fix(text=_text(node))


def _table_of(plan: Plan, node: Node) -> Node:
    """Return the node that names the table: of a bitmap index scan that above it."""
    if node.kind != "Bitmap Index Scan":
        return node
    return next((up for up in plan.ancestors(node) if up.relation), node)


def statistics_fix(plan: Plan, node: Node, columns: Sequence[str]) -> Fix:
    """Return the statement for statistics on ``columns``, which depend on each other."""
    table = table_name(node)
    create = (
        f"CREATE STATISTICS {_name(node, columns)} (dependencies, mcv) ON "
        f"{', '.join(quoted(column) for column in columns[:_COLUMNS])} FROM {table};"
    )
    analyze = f"ANALYZE {table};"
    return Fix(
        text="The planner multiplies the shares of the conditions, as if the columns had nothing "
        f"to do with each other. Statistics on {', '.join(columns[:_COLUMNS])} together tell it "
        "what belongs together; they are filled by ANALYZE.",
        snippet=f"{create}\n{analyze}",
        language="sql",
        test=trial(plan, first=(create, analyze)),
    )


def _name(node: Node, columns: Sequence[str]) -> str:
    """Return ``schema.table_columns_stats``, at most 63 bytes of it."""
    name = "_".join((node.relation or "", *columns[:_COLUMNS], "stats"))
    if len(name.encode()) > _NAME_BYTES:
        digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
        room = _NAME_BYTES - len(digest) - len("__stats")
        name = f"{name.encode()[:room].decode(errors='ignore')}_{digest}_stats"
    return ".".join(quoted(part) for part in (node.text("Schema"), name) if part)


def _text(node: Node) -> str:
    if node.kind == "Function Scan":
        name = node.text("Function Name") or "the function"
        return (
            f"PostgreSQL assumes a fixed number of rows for {name}: say how many it returns "
            "(ALTER FUNCTION ... ROWS n), or write it as one SQL SELECT that can be inlined."
        )
    if node.kind == "Aggregate":
        return (
            "The number of groups is not known: CREATE STATISTICS (ndistinct) for several "
            "columns of one table, CREATE STATISTICS on the expression for an expression."
        )
    return (
        "Look at the inputs of this node: their estimates are right, the combination's "
        "is not. Extended statistics (CREATE STATISTICS) know columns that depend on others."
    )
