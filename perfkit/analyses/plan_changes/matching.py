"""Which node of one plan does what a node of the other does."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit.plans.identity import identity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.analyses.plan_changes.sides import Side
    from perfkit.plans.model import Plan

__all__ = ["matched"]

_NUMBERED = re.compile(r" #[0-9]+\Z")


def matched(a: Side, b: Side) -> dict[int, int]:
    """Return the nodes of ``a`` that have one in ``b``, and which.

    First by what they do to which aliases. What is left over is matched without aliases, in
    the order of the plans: a statement that was written anew may call its tables otherwise.
    """
    found = _same(dict(enumerate(a.keys)), dict(enumerate(b.keys)))
    if len(found) == min(len(a.keys), len(b.keys)):
        return found
    taken = set(found.values())
    left = {n: key for n, key in enumerate(_unaliased(a.plan)) if n not in found}
    right = {n: key for n, key in enumerate(_unaliased(b.plan)) if n not in taken}
    return found | _same(left, right)


def _same(a: Mapping[int, str], b: Mapping[int, str]) -> dict[int, int]:
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for node, key in b.items():
        waiting[key].append(node)
    return {node: waiting[key].popleft() for node, key in a.items() if waiting.get(key)}


def _unaliased(plan: Plan) -> Sequence[str]:
    tree = [
        replace(node, properties={k: v for k, v in node.properties.items() if k != "Alias"})
        if node.relation
        else node
        for node in plan.tree
    ]
    return [_NUMBERED.sub("", key) for key in identity(replace(plan, tree=tree))]
