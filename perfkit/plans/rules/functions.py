"""Functions that take the time: many microseconds per row that no reading explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import code, identifier
from perfkit.plans.rules.indexes import Proposals
from perfkit.plans.rules.measures import evidence, large, spent, total_rows, where
from perfkit.plans.rules.overheads import jit_total_ms
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.scans import wasteful_scans
from perfkit.results import Finding, Fix
from perfkit.units import format_count, format_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.plans.candidates import Candidate
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: A row costs a node 0.1 to 2 µs, a call of PL/pgSQL some 2 µs more.
SLOW_ROW_MS = 0.02
#: A stall of the machine must not look like a function.
SLOW_MS = 20.0
#: One block from a disk.
_READ_MS = 0.1
# Where a node evaluates expressions; Output is printed with VERBOSE only.
_EXPRESSIONS = ("Filter", "Join Filter", "Index Cond", "Recheck Cond", "One-Time Filter",
                "Hash Cond", "Merge Cond",
                "Function Call", "Output", "Group Key", "Conflict Filter")  # fmt: skip
_NODES = {
    "Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Result", "ProjectSet",
    "Subquery Scan", "CTE Scan", "Function Scan", "Values Scan", "Nested Loop", "Hash Join",
    "Merge Join", "Limit", "Foreign Scan",
}  # fmt: skip
# Followed by a bracket without being functions, or too quick to take the time.
_NOT_SLOW = frozenset(
    """and or not in any all some array row case when then else exists values is between cast
    coalesce greatest least nullif numeric varchar char character bit timestamp interval time
    lower upper length substr substring left right trim btrim ltrim rtrim concat round floor ceil
    abs mod now date_trunc date_part extract timezone to_char date numeric_in generate_series
    unnest count sum avg min max row_number rank dense_rank lag lead first_value last_value
    subplan initplan hashed returns rescan age bool_or bool_and nextval currval random""".split()  # noqa: SIM905 - a page of quotes and commas reads worse
)


def slow_function(plan: Plan, facts: Facts) -> list[Finding]:
    """Find nodes whose rows take 20 µs each and that call a function for them."""
    compiling = jit_total_ms(plan)
    proposals = Proposals(plan, facts)
    told = {
        scan.node.node_id
        for scan in wasteful_scans(plan)
        if scan.candidate or _searched(proposals.of(scan.node))
    }
    return [
        _finding(plan, node, names, ms)
        for node in plan.tree
        if node.kind in _NODES
        and node.node_id not in told
        and (ms := _computing_ms(plan, node) - compiling) >= SLOW_MS
        and large(plan, ms)
        and ms >= SLOW_ROW_MS * _evaluated(plan, node)
        and (names := _functions(plan, node))
    ]


def _searched(found: Candidate | None) -> bool:
    """Whether an index holds what the function computes, to be searched: text search."""
    return found is not None and found.method == "gin"


def _computing_ms(plan: Plan, node: Node) -> float:
    """Return the self time of ``node`` that reading cannot explain."""
    read = plan.times.self_blocks["read_blocks"][node.node_id] or 0
    processes = max(plan.times.processes[node.node_id], 1.0)
    own = plan.times.self_ms[node.node_id] or 0.0
    return own - read * _READ_MS / processes


def _evaluated(plan: Plan, node: Node) -> float:
    """Return for how many rows one process evaluated the node's expressions."""
    removed = (node.removed_per_loop() or 0.0) * (node.loops or 0.0)
    children = [plan.tree[c] for c in node.children]
    below = [total_rows(c) for c in children if c.relationship in {"Outer", "Subquery"}]
    rows = max(total_rows(node) + removed, *below, 1.0)
    return rows / max(plan.times.processes[node.node_id], 1.0)


def _functions(plan: Plan, node: Node) -> list[str]:
    """Return the functions that ``node`` calls and its children do not hand up."""
    handed = {
        text
        for child in node.children
        for text in _texts(plan.tree[child].properties.get("Output"))
    }
    texts = [
        text
        for key in _EXPRESSIONS
        for text in _texts(node.properties.get(key))
        if text not in handed and f"({text})" not in handed
    ]
    if node.kind == "Nested Loop":  # it computes what its inner index is asked for
        texts += [
            t for c in node.children for t in _texts(plan.tree[c].properties.get("Index Cond"))
        ]
    named = [node.text("Function Name")] if node.kind == "Function Scan" else []
    return list(dict.fromkeys([*(n for n in named if n and n not in _NOT_SLOW), *_called(texts)]))


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return [] if value is None else [str(value)]


def _called(texts: Iterable[str]) -> list[str]:
    """Return the names before a bracket, with their schema where it is printed."""
    found = []
    for text in texts:
        tokens = code(text)
        for at in range(1, len(tokens)):
            name = identifier(tokens[at - 1]) if tokens[at].text == "(" else None
            if name and name not in _NOT_SLOW and tokens[at - 2].text != "::":
                found.append(name)
    return found


def _finding(plan: Plan, node: Node, names: list[str], ms: float) -> Finding:
    rows = _evaluated(plan, node)
    listed = ", ".join(f"{name}()" for name in names[:3])
    return Finding(
        rule="slow-function",
        severity="warning",
        title=f"{where(node)} spends {spent(plan, ms)} computing, {format_ms(ms / rows)} for "
        f"each of {format_count(rows)} rows: it calls {listed}",
        evidence=[
            evidence(plan, node, functions=", ".join(names), rows=rows, ms_per_row=ms / rows)
        ],
        fix=Fix(
            text="Call it for fewer rows (other conditions first, in a MATERIALIZED CTE; after "
            "LIMIT; once per distinct value), store its result (a generated column, an index on "
            "the expression if it is IMMUTABLE), or look inside: auto_explain with "
            "log_nested_statements shows its statements.",
            test=trial(plan, options="ANALYZE, VERBOSE, BUFFERS"),
        ),
        saves_basis="per execution",
        effort="medium",
        confidence="medium",
        reference="PostgreSQL documentation, Function Volatility Categories; auto_explain",
        keys={"table": node.qualified} if node.qualified else {},
    )


RULES = (
    Rule(name="slow-function", looks_at="functions that take long per row", find=slow_function),
)
