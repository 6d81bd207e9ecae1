"""Blocks that had to come from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.rules.measures import BLOCK, spent
from perfkit.plans.rules.rerun import trial
from perfkit.plans.rules.rule import Rule
from perfkit.plans.rules.scan_facts import evidence
from perfkit.plans.scans import MATTERS_MS
from perfkit.results import Finding, Fix
from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from perfkit.plans.facts import Facts
    from perfkit.plans.model import Node, Plan

__all__ = ["RULES"]

#: Share of the touched blocks that were read, and share of the time that reading took.
READ_SHARE, TIME_SHARE = 0.50, 0.25
#: Slower is a slow or busy disk, faster the page cache of the operating system (bytes per s).
SLOW, PAGE_CACHE = 50 * 1024**2, 1024**3


def cache_miss(plan: Plan, _facts: Facts) -> list[Finding]:
    """Find nodes that waited a quarter of the time for blocks that were not in memory."""
    return [_finding(plan, node) for node in plan.tree if _waited(plan, node)]


def _read(plan: Plan, node: Node) -> tuple[float, float]:
    """Return the blocks that ``node`` read, and all that it touched."""
    hit, read = (plan.times.self_blocks[f"{how}_blocks"][node.node_id] for how in ("hit", "read"))
    return float(read or 0), float((hit or 0) + (read or 0))


def _io_ms(plan: Plan, node: Node) -> float:
    return plan.times.self_io_ms[node.node_id] or 0.0


def _waited(plan: Plan, node: Node) -> bool:
    read, touched = _read(plan, node)
    waited = _io_ms(plan, node)
    long = waited >= max(MATTERS_MS, TIME_SHARE * (plan.execution_ms or 0.0))
    return long and read >= max(READ_SHARE * touched, 1.0)


def _finding(plan: Plan, node: Node) -> Finding:
    waited, (read, touched) = _io_ms(plan, node), _read(plan, node)
    speed = read * BLOCK / (waited / 1000)
    name = f"{node.node_type.lower()}{f' on {node.qualified}' if node.qualified else ''}"
    return Finding(
        rule="cache-miss",
        severity="info",
        title=f"The {name} waited {spent(plan, waited)} for the disk: {format_count(read)} of "
        f"{format_count(touched)} blocks were not in memory, {format_bytes(speed)} per second",
        evidence=[evidence(plan, node, read_blocks=read, io_ms=waited, bytes_per_second=speed)],
        fix=Fix(
            text=f"{_judged(speed)} Run it again: if the second run is quick, this one met a "
            "cold cache; if not, what it reads does not fit into memory, and reading less "
            "(an index, fewer columns in a covering index, partitions) helps most.",
            test=trial(plan),
        ),
        effort="medium",
        confidence="low",
        reference="PostgreSQL documentation, Resource Consumption (shared_buffers)",
        keys={"table": node.qualified} if node.qualified else {},
    )


def _judged(speed: float) -> str:
    if speed < SLOW:
        return "That is a slow or busy disk, or blocks in random order."
    if speed > PAGE_CACHE:
        return (
            "That is the page cache of the operating system: a larger shared_buffers saves the "
            "copying."
        )
    return "That is what a disk gives."


RULES = (Rule(name="cache-miss", looks_at="nodes that wait for blocks from disk", find=cache_miss),)
