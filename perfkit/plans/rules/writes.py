"""What a write costs beyond its rows: full pages in the WAL, updates that touch every index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal
from perfkit.plans.rules.indexes import table_name
from perfkit.plans.rules.measures import BLOCK, evidence, large, own_ms, spent, total_rows
from perfkit.plans.rules.rule import Rule
from perfkit.results import Finding, Fix
from perfkit.units import format_bytes, format_count, format_share

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts, TableFacts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Pages written in full, at least, and their share of the WAL.
MANY_IMAGES, IMAGE_SHARE = 1000, 0.5
#: Updates since the last reset of the statistics that say something about the table.
MANY_UPDATES, HOT_SHARE = 1000, 0.5


def wal_full_page_images(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find writes whose WAL consists mostly of whole pages, as after a checkpoint."""
    return [
        _image_finding(plan, node)
        for node in plan.tree
        if node.kind == "ModifyTable"
        and (node.number("WAL FPI") or 0.0) >= MANY_IMAGES
        and _image_bytes(node) >= IMAGE_SHARE * (node.number("WAL Bytes") or 0.0)
        and large(plan, own_ms(plan, node))
    ]


def low_hot_share(plan: Plan, facts: Facts) -> list[Finding]:
    """Find updates of tables where most updates have to change every index."""
    return [
        _hot_finding(plan, node, known)
        for node in plan.tree
        if node.kind == "ModifyTable"
        and node.text("Operation") in {"Update", "Merge"}
        and (known := facts.of(node)) is not None
        and _seldom_hot(known)
        and large(plan, own_ms(plan, node))
    ]


def _image_bytes(node: Node) -> float:
    """Return the bytes of full pages: printed from PostgreSQL 19 on, before at most 8 kB each."""
    printed = node.number("WAL FPI Bytes")
    if printed is not None:
        return printed
    return min((node.number("WAL FPI") or 0.0) * BLOCK, node.number("WAL Bytes") or 0.0)


def _seldom_hot(table: TableFacts) -> bool:
    updates = table.updates or 0
    known = table.hot_updates is not None and bool(table.indexes)
    return known and updates >= MANY_UPDATES and (table.hot_updates or 0) < HOT_SHARE * updates


def _image_finding(plan: Plan, node: Node) -> Finding:
    images, size = node.number("WAL FPI") or 0.0, node.number("WAL Bytes") or 0.0
    share = _image_bytes(node) / max(size, 1.0)
    return Finding(
        rule="wal-full-page-images",
        severity="info",
        title=f"{format_share(share)} of the WAL of this {_operation(node)} "
        f"({format_bytes(size)}) are {format_count(images)} whole pages; it takes "
        f"{spent(plan, own_ms(plan, node))}",
        evidence=[
            evidence(
                plan,
                node,
                wal_bytes=size,
                full_page_images=images,
                wal_records=node.number("WAL Records"),
            )
        ],
        fix=Fix(
            text="A page is written whole when it is changed for the first time after a "
            "checkpoint. If checkpoints come more often than every few minutes, raise "
            "max_wal_size; wal_compression makes the pages smaller; random keys (UUID v4) touch "
            "more of them than ascending ones.",
            snippet="ALTER SYSTEM SET wal_compression = on;\nSELECT pg_reload_conf();",
            language="sql",
            test="SELECT name, setting, unit FROM pg_settings WHERE name IN ('max_wal_size', "
            "'checkpoint_timeout', 'wal_compression', 'full_page_writes');",
        ),
        saves_basis="per execution",
        effort="medium",
        confidence="medium" if node.number("WAL FPI Bytes") is not None else "low",
        reference="PostgreSQL documentation, WAL Configuration",
        keys={"table": node.qualified} if node.qualified else {},
    )


def _operation(node: Node) -> str:
    return (node.text("Operation") or "write").upper()


def _hot_finding(plan: Plan, node: Node, known: TableFacts) -> Finding:
    updates, hot = known.updates or 0, known.hot_updates or 0
    table = table_name(node)
    return Finding(
        rule="low-hot-share",
        severity="info",
        title=f"The {_operation(node)} of {node.qualified} takes "
        f"{spent(plan, own_ms(plan, node))}; only {format_share(hot / updates)} of the table's "
        f"{format_count(updates)} updates left its {len(known.indexes)} indexes alone (HOT)",
        evidence=[
            evidence(
                plan,
                node,
                rows_changed=sum(total_rows(plan.tree[child]) for child in node.children),
                updates=updates,
                hot_updates=hot,
                indexes=len(known.indexes),
                fillfactor=known.fillfactor,
            )
        ],
        fix=Fix(
            text="An update spares the indexes if it changes no indexed column and finds room on "
            "the page. Drop indexes on columns that change often (also those whose WHERE names "
            "such a column), and leave room; existing pages change when they are rewritten.",
            snippet=f"ALTER TABLE {table} SET (fillfactor = 90);",
            language="sql",
            test=_counters_sql(table),
        ),
        saves_basis="per execution",
        effort="medium",
        confidence="low",
        reference="PostgreSQL documentation, Heap-Only Tuples (HOT)",
        keys={"table": node.qualified} if node.qualified else {},
    )


def _counters_sql(table: str) -> str:
    return "\n".join(
        (
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables",
            f"WHERE relid = {literal(table)}::regclass;",
        )
    )


RULES = (
    Rule(
        name="wal-full-page-images",
        looks_at="writes whose WAL is mostly whole pages",
        find=wal_full_page_images,
    ),
    Rule(
        name="low-hot-share",
        looks_at="updates that change every index",
        find=low_hot_share,
    ),
)
