"""How nodes and their differences are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.units import format_count, format_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.plan_changes.changed import Changed, Pair
    from perfkit.analyses.plan_changes.sides import Side
    from perfkit.plans.model import Node

__all__ = ["amount", "flip", "how", "listed", "times", "way", "what"]

_LIMIT = 80
_DIFFERENCE = 10  # from so many times on fractions say nothing


def what(node: Node, key: str) -> str:
    """Return what a node does, whatever way: ``scan of orders``, ``join of orders, users``."""
    relation, alias = node.relation, node.text("Alias")
    if relation and key.startswith("scan "):
        return f"scan of {relation}" + (f" as {alias}" if alias and alias != relation else "")
    text = re.sub(r" #[0-9]+\Z", "", key)
    text = re.sub(r" relations [0-9a-f]{16}", " relations", text).replace(" of 0 relations", "")
    return text if len(text) <= _LIMIT else f"{text[: _LIMIT - 1]}…"


def how(node: Node, index: str | None) -> str:
    """Return how a node does it: ``Index Scan using orders_pkey``, ``Hash Left Join``."""
    kind, join = node.node_type, node.text("Join Type")
    if join and join != "Inner" and kind.endswith(("Join", "Loop")):
        kind = f"{kind} ({join.lower()})"
    strategy = node.text("Strategy")
    if node.kind == "Aggregate" and strategy and strategy != "Plain":
        kind = f"{kind} ({strategy.lower()})"
    return f"{kind} using {index}" if index else kind


def way(side: Side, node: int) -> str:
    """Return how a node of one side does it."""
    return how(side.plan.tree[node], side.index(node))


def flip(change: Changed, pair: Pair) -> str:
    """Return ``Seq Scan -> Index Scan using orders_pkey``, or what both have."""
    if pair.a is None or pair.b is None:
        side, node = (change.a, pair.a) if pair.a is not None else (change.b, pair.b)
        assert node is not None
        return f"{way(side, node)} only in {side.name}"
    before, after = way(change.a, pair.a), way(change.b, pair.b)
    return before if before == after else f"{before} -> {after}"


def amount(value: float | None, measure: str) -> str:
    """Print a time, or a cost."""
    if value is None:
        return "an unknown time" if measure == "time" else "an unknown cost"
    return format_ms(value) if measure == "time" else f"cost {format_count(round(value))}"


def times(factor: float) -> str:
    """Return ``2.5 times``, ``340 times``."""
    return f"{factor:.1f} times" if factor < _DIFFERENCE else f"{format_count(round(factor))} times"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names in a row, the first few of many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
