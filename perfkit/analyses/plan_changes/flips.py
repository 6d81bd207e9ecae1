"""The same thing done another way, and that takes longer: scans and joins that flipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.analyses.plan_changes.noise import MATTERS_SHARE, factor, rows_explain
from perfkit.analyses.plan_changes.wording import amount, flip, way
from perfkit.plans.conditions import predicates
from perfkit.plans.postgres_sql import quoted
from perfkit.results import Finding, Fix
from perfkit.units import format_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.plan_changes.changed import Changed, Pair
    from perfkit.analyses.plan_changes.sides import Side
    from perfkit.plans.model import Node

__all__ = ["flips"]

_MOST = 3  # findings: the largest differences explain the others
_FLIPPING = ("Scan", "Join", "Nested Loop")
_REFERENCE = "PostgreSQL documentation, chapter 14: Performance Tips"


def flips(change: Changed) -> Iterator[Finding]:
    """Yield what ``b`` does another way than ``a``, where that makes a difference."""
    found = [pair for pair in change.both if pair.flipped and _matters(change, pair)]
    found.sort(key=lambda pair: -abs(pair.delta))
    for pair in found[:_MOST]:
        yield _finding(change, pair)


def _matters(change: Changed, pair: Pair) -> bool:
    if not any(node.kind.endswith(_FLIPPING) for node in change.nodes(pair)):
        return False
    whole = max(value or 0.0 for value in change.totals)
    if not change.differ(pair.with_a, pair.with_b) or abs(pair.delta) < MATTERS_SHARE * whole:
        return False
    if not change.differ(*change.totals) or (change.delta or 0.0) * pair.delta < 0:
        return False  # what other nodes make up for is a trade
    return change.measure == "cost" or not _more_rows(change, pair)


def _more_rows(change: Changed, pair: Pair) -> bool:
    """Whether the slower side returns that many more rows, which another way cannot mend."""
    a, b = (row["total_rows"] for row in change.rows(pair))
    before, after = pair.with_a or 0.0, pair.with_b or 0.0
    if pair.delta < 0:
        a, b, before, after = b, a, after, before
    return rows_explain(factor(a, b), after / max(before, 0.001))


def _finding(change: Changed, pair: Pair) -> Finding:
    slower = pair.delta > 0
    timed = change.measure == "time"
    return Finding(
        rule="plan-flip",
        severity="warning" if slower and timed else "info",
        title=_title(change, pair),
        evidence=[_evidence(change, pair)],
        fix=_fix(change, pair),
        saves_ms=pair.delta if slower and timed else None,
        saves_basis="per execution" if slower and timed else "",
        confidence="medium" if timed else "low",
        reference=_REFERENCE,
        keys={"table": table} if (table := change.nodes(pair)[0].relation) else {},
    )


def _title(change: Changed, pair: Pair) -> str:
    a, b = (amount(value, change.measure) for value in (pair.with_a, pair.with_b))
    word = ", faster" if pair.delta < 0 else ""
    told = format_share(min(1.0, abs(pair.delta) / max(abs(change.delta or 0.0), 1e-9)))
    return (
        f"{pair.what}: {flip(change, pair)}{word}: {a} in {change.a.name}, {b} in "
        f"{change.b.name}, {told} of the whole difference"
    )


def _evidence(change: Changed, pair: Pair) -> dict[str, object]:
    first, second = change.rows(pair)
    column = "ms" if change.measure == "time" else "cost"
    return {
        "node": pair.what,
        **{f"{column}_{x}": value for x, value in (("a", pair.with_a), ("b", pair.with_b))},
        **{f"rows_{x}": row["total_rows"] for x, row in (("a", first), ("b", second))},
        **{f"expected_{x}": row["plan_rows"] for x, row in (("a", first), ("b", second))},
        **{f"loops_{x}": row["loops"] for x, row in (("a", first), ("b", second))},
        "condition_a": first["condition"],
        "condition_b": second["condition"],
    }


def _fix(change: Changed, pair: Pair) -> Fix:
    assert pair.a is not None
    assert pair.b is not None
    slow, fast = (change.b, pair.b), (change.a, pair.a)
    if pair.delta < 0:
        slow, fast = fast, slow
    index = fast[0].index(fast[1])
    if index and index != slow[0].index(slow[1]):
        return _index_fix(slow[0], fast[0], fast[1], index)
    if change.a.plan.system != "postgresql":
        return Fix(
            text=f"Refresh the statistics of the tables (ANALYZE TABLE) where it is slower; "
            f"{fast[0].name} does it by {way(*fast)}."
        )
    return Fix(
        text="Look first at the estimates of the inputs: where they are wrong, ANALYZE the tables "
        "or add extended statistics; where they are right, at the settings of the planner "
        "(random_page_cost, effective_cache_size, work_mem).",
        test=f"-- on the side of {slow[0].name}: does the planner's cost agree with the time?\n"
        "EXPLAIN (ANALYZE, BUFFERS, SETTINGS)\n-- your statement\n;",
    )


def _index_fix(slow: Side, fast: Side, node: int, index: str) -> Fix:
    """Say that one side reads through an index which the other may lack."""
    first = index.partition(", ")[0]
    used = any(first in (row["index"] or "") for row in slow.rows)
    scan, keys = fast.plan.tree[node], _columns(fast, node)
    text = f"{fast.name} reads through {index}, and {slow.name} does not"
    if used:
        text += " at this place: the index is there, so compare estimates and settings."
        return Fix(text=text, test=_definition(first))
    text += (
        ": create it there if it is missing, with the definition of the other side (the columns "
        "below are those that the plan shows). If it exists, it may be invalid, or the estimates "
        "differ: ANALYZE first."
    )
    if slow.plan.system != "postgresql":
        return Fix(text=text, test=f"SHOW INDEX FROM {_plain(scan.relation or '')};")
    create = _create(scan, first, keys) if keys and scan.relation else ""
    return Fix(text=text, snippet=create, language="sql", test=_definition(first))


def _plain(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _definition(index: str) -> str:
    literal = index.replace("'", "''")
    return (
        "SELECT schemaname, tablename, indexdef FROM pg_indexes "  # noqa: S608 - quoted, to paste
        f"WHERE indexname = '{literal}';"
    )


def _columns(side: Side, node: int) -> list[str]:
    """Return what the index scan compares, equality first, as SQL."""
    below = side.below(node, ("Bitmap Index Scan", "BitmapAnd", "BitmapOr"))
    nodes = [side.plan.tree[node], *(side.plan.tree[one] for one in below)]
    alias = side.plan.tree[node].text("Alias")
    conditions = [text for one in nodes if (text := one.text("Index Cond"))]
    found = predicates(conditions[0], alias) if conditions else []
    ordered = sorted(found, key=lambda one: one.kind not in {"equality", "any"})
    keys = [f"({one.column})" if one.expression else quoted(one.column) for one in ordered]
    return list(dict.fromkeys(keys))


def _create(scan: Node, index: str, columns: list[str]) -> str:
    parts = (scan.text("Schema"), scan.relation)
    table = ".".join(quoted(part) for part in parts if part)
    return f"CREATE INDEX CONCURRENTLY {quoted(index)} ON {table} ({', '.join(columns)});"
