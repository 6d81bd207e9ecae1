"""Other data, other estimates, more blocks for the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.analyses.plan_changes.noise import factor
from perfkit.analyses.plan_changes.table import blocks
from perfkit.analyses.plan_changes.wording import times
from perfkit.plans.postgres_sql import quoted
from perfkit.results import Finding, Fix
from perfkit.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from perfkit.analyses.plan_changes.changed import Changed, Pair
    from perfkit.plans.model import Node

    Row = Mapping[str, Any]

__all__ = ["data"]

_EVIDENCE = 5  # rows of it
#: So many times the rows, and so many more, are other data or other values.
ROWS_FACTOR, ROWS_MORE = 2.0, 100.0
#: An estimate is wrong from ten times on (plans-and-indexes: the usual threshold of the field),
#: and worse than the other side's when it is five times as wrong.
WRONG, WORSE = 10.0, 5.0
#: Half as many blocks again for the same rows (to 10 %), and at least 100 more.
BLOCKS_FACTOR, BLOCKS_MORE, ROWS_ALIKE = 1.5, 100, 1.1


def data(change: Changed) -> Iterator[Finding]:
    """Yield what the rows and blocks of both sides say."""
    if not (change.a.plan.analyzed and change.b.plan.analyzed):
        return
    yield from _other_data(change)
    yield from _worse_estimates(change)
    yield from _more_blocks(change)


def _read(row: Row) -> float | None:
    """Return the rows that a scan looked at: those it returned and those it threw away."""
    total = row["total_rows"]
    return None if total is None else float(total) + (row["rows_removed"] or 0.0)


def _scans(change: Changed) -> list[tuple[Pair, Row, Row]]:
    """Return the scans of both sides that ran equally often."""
    rows = [(pair, *change.rows(pair)) for pair in change.both]
    return [
        (pair, a, b)
        for pair, a, b in rows
        if a["relation"]
        and b["relation"]
        and "Scan" in a["node_type"]
        and a["loops"]
        and a["loops"] == b["loops"]
    ]


def _other_data(change: Changed) -> Iterator[Finding]:
    found: list[tuple[float, Pair, tuple[float, float]]] = []
    for pair, a, b in _scans(change):
        same = a["node_type"] == b["node_type"]
        first, second = (_read(row) if same else row["total_rows"] for row in (a, b))
        ratio = _apart(first, second)
        if ratio is not None and first is not None and second is not None:
            found.append((ratio, pair, (first, second)))
    if not found:
        return
    found.sort(key=lambda one: -one[0])
    ratio, pair, (a_rows, b_rows) = found[0]
    other = f" and {len(found) - 1} more scans" if len(found) > 1 else ""
    name = pair.what.removeprefix("scan of ")
    yield Finding(
        rule="different-data",
        severity="info",
        title=f"{change.b.name} reads {format_count(b_rows)} rows of {name}, {change.a.name} "
        f"{format_count(a_rows)}: {times(ratio)} {'more' if b_rows > a_rows else 'less'}{other}",
        evidence=[
            {"node": one.what, "rows_a": rows[0], "rows_b": rows[1], "factor": by}
            for by, one, rows in found[:_EVIDENCE]
        ],
        fix=Fix(
            text="The sides hold other data, or were asked for other values: their times do not "
            "compare. Run both with the same values, on tables of the same size; a plan that is "
            "right for few rows is often wrong for many.",
            test=_sizes(change, [change.nodes(one)[0] for _, one, _ in found[:_EVIDENCE]]),
        ),
        confidence="high",
    )


def _apart(a: float | None, b: float | None) -> float | None:
    """Return how many times more the one is than the other, None where that is not much."""
    if a is None or b is None or abs(a - b) < ROWS_MORE:
        return None
    ratio = factor(min(a, b), max(a, b))
    return ratio if ratio is not None and ratio >= ROWS_FACTOR else None


def _sizes(change: Changed, nodes: list[Node]) -> str:
    if change.a.plan.system != "postgresql":
        return ""
    names = ", ".join(
        dict.fromkeys("'" + (node.relation or "").replace("'", "''") + "'" for node in nodes)
    )
    return (
        "SELECT relname, reltuples, relpages FROM pg_class "  # noqa: S608 - quoted, to paste
        f"WHERE relname IN ({names});"
    )


def _worse_estimates(change: Changed) -> Iterator[Finding]:
    found = []
    for pair in change.both:
        a, b = change.rows(pair)
        before, after = _error(a), _error(b)
        if before and after and after >= WRONG and after >= WORSE * before and _many(b):
            found.append((after, before, pair, a, b))
    if not found:
        return
    # the deepest one is the cause: what is above inherits its error
    after, before, pair, a, b = max(found, key=lambda one: (one[4]["depth"], one[0]))
    node = change.nodes(pair)[1]
    table = ".".join(quoted(part) for part in (node.text("Schema"), node.relation) if part)
    known = change.b.plan.system == "postgresql" and table
    yield Finding(
        rule="estimates-worse",
        severity="warning" if change.differ(*change.totals) and (change.delta or 0) > 0 else "info",
        title=f"{pair.what}: the estimate of {change.b.name} is {times(after)} wrong, that of "
        f"{change.a.name} {times(before)}",
        evidence=[
            {"side": side.name, "expected_rows": row["plan_rows"], "real_rows": row["actual_rows"]}
            for side, row in ((change.a, a), (change.b, b))
        ],
        fix=Fix(
            text=f"Refresh the statistics in {change.b.name}; if the estimate stays wrong, the "
            "values are other ones, or the columns depend on each other (CREATE STATISTICS).",
            snippet=f"ANALYZE {table};" if known else "",
            language="sql" if known else "",
        ),
    )


def _error(row: Row) -> float | None:
    ratio = row["row_factor"]
    return max(ratio, 1 / ratio) if ratio else None


def _many(row: Row) -> bool:
    return max(row["plan_rows"] or 0.0, row["actual_rows"] or 0.0) >= ROWS_MORE


def _more_blocks(change: Changed) -> Iterator[Finding]:
    found = []
    for pair, a, b in _scans(change):
        first, second = blocks(a), blocks(b)
        alike = a["node_type"] == b["node_type"] and a["index"] == b["index"] and _alike(a, b)
        if alike and first is not None and second is not None and _grew(first, second):
            found.append((second - first, first, second, pair, b))
    if not found:
        return
    _, first, second, pair, row = max(found, key=lambda one: one[0])
    node = change.nodes(pair)[1]
    table = ".".join(quoted(part) for part in (node.text("Schema"), node.relation) if part)
    yield Finding(
        rule="more-blocks",
        severity="warning" if change.differ(*change.totals) and (change.delta or 0) > 0 else "info",
        title=f"{pair.what}: {change.b.name} touches {format_count(second)} blocks for the rows "
        f"that {change.a.name} finds in {format_count(first)}",
        evidence=[
            {"side": change.a.name, "blocks": first, "rows": _read(row)},
            {"side": change.b.name, "blocks": second, "rows": _read(row)},
        ],
        fix=Fix(
            text="Dead rows (bloat), wider rows, or rows in another order than the index: look at "
            "the table's size and its dead rows; VACUUM makes room inside, REINDEX CONCURRENTLY "
            "and pg_repack make it smaller.",
            test="SELECT relname, n_live_tup, n_dead_tup, last_autovacuum\n"
            "FROM pg_stat_user_tables WHERE relname = "
            f"'{(node.relation or '').replace(chr(39), chr(39) * 2)}';",
        ),
        keys={"table": table} if table else {},
    )


def _alike(a: Row, b: Row) -> bool:
    ratio = factor(_read(a), _read(b))
    return ratio is not None and 1 / ROWS_ALIKE <= ratio <= ROWS_ALIKE


def _grew(a: int, b: int) -> bool:
    return b - a >= BLOCKS_MORE and b >= BLOCKS_FACTOR * a
