"""Settings that a plan was made with and that keep the planner from better ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import evidence, inclusive_ms, large, spent, where
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES", "settings_of", "switched_off"]

#: The planner's price for what enable_* = off forbids (disable_cost, until PostgreSQL 17).
DISABLE_COST = 1e10
# Node type -> the setting that forbids it.
_SWITCHES = {
    "Seq Scan": "enable_seqscan", "Index Scan": "enable_indexscan",
    "Index Only Scan": "enable_indexonlyscan", "Bitmap Heap Scan": "enable_bitmapscan",
    "Tid Scan": "enable_tidscan", "Nested Loop": "enable_nestloop",
    "Hash Join": "enable_hashjoin", "Merge Join": "enable_mergejoin", "Sort": "enable_sort",
    "Incremental Sort": "enable_incremental_sort", "Materialize": "enable_material",
    "Memoize": "enable_memoize", "Gather Merge": "enable_gathermerge",
}  # fmt: skip
# Switches that are on by default: off narrows the planner's choice.
_NARROWING = {
    *_SWITCHES.values(), "enable_hashagg", "enable_parallel_hash", "enable_parallel_append",
    "enable_partition_pruning", "enable_async_append", "enable_presorted_aggregate",
    "enable_group_by_reordering", "enable_distinct_reordering", "enable_self_join_elimination",
}  # fmt: skip
_OFF = {"off", "false", "no", "0"}
# Made for tests of the server: they add a Gather where none belongs.
_FORCED = {"debug_parallel_query", "force_parallel_mode"}


def settings_of(plan: Plan) -> Mapping[str, str]:
    """Return the planner's settings that differ from the defaults (EXPLAIN SETTINGS)."""
    found = plan.document.get("Settings")
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def switched_off(plan: Plan, kind: str) -> bool:
    """Whether the setting that forbids nodes of ``kind`` was on when the plan was made."""
    return settings_of(plan).get(_SWITCHES.get(kind, "")) in _OFF


def disabled_node(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find nodes that run although a setting forbids them: nothing else was possible."""
    found = [node for node in plan.tree if _disabled(plan, node)]
    return [
        _disabled_finding(plan, node) for node in found if large(plan, inclusive_ms(plan, node))
    ]


def settings_nondefault(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find planner methods that were switched off while the plan was made."""
    told = {_SWITCHES.get(node.kind) for node in _forbidden(plan)}
    off = {
        name: value
        for name, value in settings_of(plan).items()
        if _narrows(name, value) and name not in told
    }
    return [_settings_finding(plan, off)] if off else []


def _forbidden(plan: Plan) -> list[Node]:
    """Return the nodes that ran although a setting forbids them and that took time."""
    return [
        node
        for node in plan.tree
        if _disabled(plan, node) and large(plan, inclusive_ms(plan, node))
    ]


def _narrows(name: str, value: str) -> bool:
    if name in _FORCED:
        return value not in _OFF
    return name in _NARROWING and value in _OFF


def _usual(name: str) -> str:
    return "off" if name in _FORCED else "on"


def _disabled(plan: Plan, node: Node) -> bool:
    """Whether the server says so (18), or the node's own cost does (before)."""
    if "Disabled" in node.properties:
        return bool(node.properties["Disabled"])
    if node.kind not in _SWITCHES:
        return False
    below = sum(plan.tree[child].number("Total Cost") or 0.0 for child in node.children)
    return (node.number("Total Cost") or 0.0) - below >= DISABLE_COST


def _disabled_finding(plan: Plan, node: Node) -> Finding:
    setting = _SWITCHES.get(node.kind, "a setting")
    return Finding(
        rule="disabled-node",
        severity="info",
        title=f"{where(node)} ran although {setting} = off forbids it, "
        f"{spent(plan, inclusive_ms(plan, node))}: the planner found no other way",
        evidence=[evidence(plan, node, setting=setting)],
        fix=Fix(
            text="The setting achieves nothing here. What it was meant to force lacks an index "
            "or an equality in the join condition; reset it, it distorts the rest of the plan.",
            snippet=f"RESET {setting};" if setting in _NARROWING else "",
            language="sql",
            test=trial(plan, *([f"{setting} = on"] if setting in _NARROWING else [])),
        ),
        saves_basis="per execution",
        effort="low",
        confidence="high",
        reference="PostgreSQL documentation, Planner Method Configuration",
    )


def _settings_finding(plan: Plan, off: Mapping[str, str]) -> Finding:
    listed = ", ".join(f"{name} = {value}" for name, value in sorted(off.items()))
    return Finding(
        rule="settings-nondefault",
        severity="info",
        title=f"The plan was made with {listed}: the planner could not choose freely",
        evidence=[{"setting": name, "value": value} for name, value in sorted(off.items())],
        fix=Fix(
            text="These switches are for tests. Where one was set for a role, a database or in "
            "postgresql.conf, reset it there; for this session:",
            snippet="\n".join(f"RESET {name};" for name in sorted(off)),
            language="sql",
            test=trial(plan, *(f"{name} = {_usual(name)}" for name in sorted(off))),
        ),
        saves_basis="per execution",
        effort="low",
        confidence="high",
        reference="PostgreSQL documentation, Planner Method Configuration",
    )


RULES = (
    Rule(
        name="disabled-node",
        looks_at="nodes that a setting forbids and that ran all the same",
        find=disabled_node,
    ),
    Rule(
        name="settings-nondefault",
        looks_at="planner methods that were switched off",
        find=settings_nondefault,
    ),
)
