"""The parts of an execution beside its nodes: they add up to the time the server printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans.times.processes import GATHERS, outer_child, separate, slowest_ms
from perfkit.plans.times.triggers import after_triggers_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from perfkit.plans.model import Node, Plan
    from perfkit.plans.times.triggers import Trigger

__all__ = ["after_root_ms", "jit_ms", "notes", "parts", "serialization_ms"]

_AHEAD = 0.03  # of the Gather's time: less is not worth a word
_ROUNDING_MS = 0.005  # of a handful of printed times


def serialization_ms(plan: Plan) -> float | None:
    """Return the time that rows took to become text or binary (SERIALIZE, PostgreSQL 17+).

    It is part of the execution, outside of the root.
    """
    return _number(_mapping(plan.document.get("Serialization")).get("Time"))


def after_root_ms(plan: Plan) -> float | None:
    """Return the execution time that neither a node nor serialization explains.

    None where the server did not print how long the execution took (auto_explain), or the
    nodes have no times.
    """
    printed, nodes = plan.printed_ms, _nodes_ms(plan)
    if printed is None or nodes is None:
        return None
    return printed - nodes - (serialization_ms(plan) or 0.0)


def parts(plan: Plan, triggers: Sequence[Trigger]) -> list[tuple[str, float]]:
    """Return what the execution consists of; the times add up to ``plan.execution_ms``.

    ``nodes`` and ``rest`` always; where there are some, ``writing CTEs after the root`` (what
    they do beyond the rows that were read), ``AFTER triggers`` and ``serialization``. The rest
    is starting and ending the executor (locks, files, JIT of the start-up); a negative one
    means that the plan's times disagree. Empty without times.
    """
    nodes, whole = _nodes_ms(plan), plan.execution_ms
    if nodes is None or whole is None:
        return []
    late = _late_ms(plan, nodes)
    found = [("nodes", nodes - late)]
    found += [("writing CTEs after the root", late)] if late else []
    if plan.printed_ms is None:
        return [*found, ("rest", 0.0)]
    after = after_triggers_ms(triggers, after_root_ms(plan) or 0.0)
    found += [("AFTER triggers", after)] if after else []
    serialized = serialization_ms(plan)
    found += [] if serialized is None else [("serialization", serialized)]
    rest = whole - sum(ms for _, ms in found)
    return [*found, ("rest", 0.0 if -_ROUNDING_MS < rest < 0 else rest)]


def _nodes_ms(plan: Plan) -> float | None:
    own = plan.times.self_ms
    return None if own[0] is None else sum(value or 0.0 for value in own)


def _late_ms(plan: Plan, nodes_ms: float) -> float:
    """Return what writing CTEs did after the root had returned its last row."""
    writes = any(node.kind == "ModifyTable" and separate(node) for node in plan.tree)
    return max(nodes_ms - (plan.root.total_ms or 0.0), 0.0) if writes else 0.0


def jit_ms(plan: Plan) -> float | None:
    """Return how long the execution waited for JIT compilation; None without JIT.

    The server's total is summed over processes, which compile at the same time: with times of
    each worker the longest counts, otherwise the mean one. It is part of the nodes that first
    evaluate an expression, and must not be added to them.
    """
    total = _jit_total(plan.document)
    if total is None:
        return None
    workers = list(_workers_jit(plan.tree))
    if workers:
        return max([*workers, total - sum(workers)])
    return total / max(plan.times.processes)


def _workers_jit(tree: Sequence[Node]) -> Iterator[float]:
    for node in tree:
        workers = node.properties.get("Workers")
        for worker in workers if isinstance(workers, list) else ():
            found = _jit_total(_mapping(worker))
            if found is not None:
                yield found


def _jit_total(holder: Mapping[str, Any]) -> float | None:
    timing = _mapping(_mapping(holder.get("JIT")).get("Timing"))
    return _number(timing.get("Total"))


def notes(plan: Plan) -> list[str]:
    """Return what limits the times of single nodes, a sentence each."""
    if not plan.timed:
        return []
    found = [note for node in plan.tree for note in _limits(plan, node)]
    return list(dict.fromkeys(found))


def _limits(plan: Plan, node: Node) -> Iterator[str]:
    position = node.node_id
    if plan.times.timing_ok[position] is False:
        yield (
            f"Times disagree at node {position} ({node.node_type}): its parts took longer than "
            "the whole. They are scaled to fit."
        )
    if node.kind in GATHERS and _hides_skew(plan, node):
        yield (
            f"Node {position} ({node.node_type}) includes the wait for the slowest process: "
            "EXPLAIN (VERBOSE) tells the processes apart."
        )
    if node.kind in GATHERS and (ahead := _ahead_ms(plan, node)):
        yield (
            f"The workers of node {position} ({node.node_type}) ran {ahead:,.3f} ms on average "
            "while the leader did other things: only what it waited for is counted."
        )
    if node.kind == "Append" and node.properties.get("Parallel Aware"):
        for child in node.children:
            if _alone(plan, plan.tree[child]):
                yield (
                    f"Node {child} ({plan.tree[child].node_type}) ran in one process beside "
                    "others: its time is a share of the wall time; that process spent "
                    f"{plan.tree[child].total_ms or 0.0:,.3f} ms in it."
                )


def _hides_skew(plan: Plan, gather: Node) -> bool:
    outer = outer_child(plan.tree, gather)
    shared = outer is not None and plan.times.processes[outer.node_id] > 1
    return outer is not None and shared and slowest_ms(outer) is None


def _ahead_ms(plan: Plan, gather: Node) -> float:
    """Return how much longer the mean process ran than its Gather; 0 for rounding."""
    outer = outer_child(plan.tree, gather)
    if outer is None or gather.total_ms is None or outer.total_ms is None:
        return 0.0
    times = plan.times
    mean = outer.total_ms / times.processes[outer.node_id]
    more = mean - gather.total_ms / times.processes[gather.node_id]
    return more if more > _AHEAD * gather.total_ms else 0.0


def _alone(plan: Plan, member: Node) -> bool:
    """Whether one of several processes ran ``member``: it is not partial, or nobody joined."""
    processes = plan.times.processes[member.node_id]
    return bool(member.loops) and processes > 1 and (member.loops or 0.0) < processes


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain else None
