"""Blocks and I/O of every node alone: sums over processes, of which payers have a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.times.counters import BLOCKS, counts_blocks, io_total_ms
from perfkit.plans.times.wall import exclusive

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from perfkit.plans.node import Node
    from perfkit.plans.payers import Payment

__all__ = ["own_blocks", "wall_io"]


def own_blocks(
    tree: Sequence[Node], apart: Collection[int], moved: Sequence[Payment]
) -> dict[str, list[int | None]]:
    """Return the blocks of every node alone; unknown where the plan has no BUFFERS."""
    if not counts_blocks(tree):
        return {name: [None] * len(tree) for name in BLOCKS}
    result: dict[str, list[int | None]] = {}
    for name, key in BLOCKS.items():
        totals = [node.number(key) or 0.0 for node in tree]
        alone = exclusive(tree, totals, apart)
        _take(alone, {plan: totals[plan] for _, plan, _ in moved}, tree, moved)
        result[name] = [round(value) for value in alone]
    return result


def wall_io(
    tree: Sequence[Node],
    processes: Sequence[float],
    apart: Collection[int],
    moved: Sequence[Payment],
) -> tuple[list[float | None], list[float | None]]:
    """Return the wall time of I/O, of nodes with all below them and of nodes alone.

    The server's times are sums over processes, also above a Gather: what each node has alone
    is divided, then added up again.
    """
    totals = [io_total_ms(node) for node in tree]
    if all(total is None for total in totals):
        return [None] * len(tree), [None] * len(tree)
    alone = exclusive(tree, [total or 0.0 for total in totals], apart)
    wall = [value / count for value, count in zip(alone, processes, strict=True)]
    below = list(wall)
    for node in reversed(tree):
        if node.parent_id is not None and node.node_id not in apart:
            below[node.parent_id] += below[node.node_id]
    _take(wall, {plan: below[plan] for _, plan, _ in moved}, tree, moved)
    return list(below), list(wall)


def _take(
    alone: list[float],
    left: dict[int, float],
    tree: Sequence[Node],
    moved: Iterable[Payment],
) -> None:
    """Take from the payers what is ``left`` of plans, as far as they have some.

    A scan of a CTE touches no blocks itself, so whoever has some has the CTE's; who runs a
    SubPlan has blocks of its own, too.
    """
    whole = dict(left)
    for payer, plan, share in moved:
        shared = tree[plan].relationship == "SubPlan"
        paid = min(alone[payer], left[plan], share * whole[plan] if shared else left[plan])
        alone[payer] -= paid
        left[plan] -= paid
