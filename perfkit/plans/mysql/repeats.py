"""What MariaDB prints wherever it is read although it ran once: a recursive table.

Two readers of one recursive common table expression share its rows. Both print how they were
made, with the same counts and times; they were spent once, by the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans.mysql.steps import walk

if TYPE_CHECKING:
    from perfkit.plans.mysql.steps import Step

__all__ = ["count_once"]


def count_once(root: Step) -> Step:
    """Take the times of every further print of one materialisation away; return ``root``."""
    seen: list[Any] = []
    for reader in list(walk(root)):
        for made in reader.children:
            if made.kind != "Materialize" or not _is_recursive(made):
                continue
            printed = [reader.properties.get("Relation Name"), *map(_facts, walk(made))]
            if printed in seen:
                _silence(made)
            seen.append(printed)
    return root


def _is_recursive(made: Step) -> bool:
    return any(step.kind == "Recursive Union" for step in made.children)


def _facts(step: Step) -> tuple[Any, ...]:
    relation = step.properties.get("Relation Name")
    return step.kind, relation, step.loops, step.own_ms, step.total_ms


def _silence(made: Step) -> None:
    for step in walk(made):
        step.own_ms = step.total_ms = None
    made.properties["printed_before"] = True
