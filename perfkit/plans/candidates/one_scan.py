"""The one index that a scan's conditions and the sort above it ask for, on its plan alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.candidates.index import Candidate
from perfkit.plans.candidates.keys import arranged, of_kind
from perfkit.plans.conditions import SortKey, conditions, predicates, sort_keys

if TYPE_CHECKING:
    from perfkit.plans.model import Node, Plan

__all__ = ["candidate", "shown"]

_ORDER_KEPT = {"Gather", "Gather Merge", "Result", "LockRows"}
_SORTS = {"Sort", "Incremental Sort"}


def candidate(plan: Plan, scan: Node) -> Candidate | None:
    """Return the index that would narrow ``scan``, None if its filter has nothing to use."""
    found = predicates(scan.text("Filter"), scan.text("Alias"))
    if not found or scan.relation is None:
        return None
    order, limited = _order(plan, scan)
    keys = arranged(found, order, limited=limited)
    found_index = Candidate(
        schema=scan.text("Schema"),
        table=scan.relation,
        keys=keys,
        equality=min(len(of_kind(found, "equality")), len(keys)),
        compared_as_text=tuple(dict.fromkeys(p.column for p in found if p.cast)),
    )
    return None if shown(plan, scan, found_index) else found_index


def shown(plan: Plan, scan: Node, found: Candidate) -> bool:
    """Whether the plan looks the same columns up in an index of the table at another place."""
    return any(
        node.kind in {"Index Scan", "Index Only Scan"}
        and node is not scan
        and (node.text("Schema"), node.relation) == (scan.text("Schema"), scan.relation)
        and {p.column for p in conditions(node.text("Index Cond"), node.text("Alias")).predicates}
        == set(found.columns)
        for node in plan.tree
    )


def _order(plan: Plan, scan: Node) -> tuple[list[SortKey], bool]:
    """Return the order that a sort right above ``scan`` makes, and whether a Limit needs it."""
    keys: list[SortKey] = []
    for above in plan.ancestors(scan):
        if above.kind in _SORTS and not keys:
            keys = sort_keys(above.properties.get("Sort Key") or [], scan.text("Alias"))
        elif above.kind == "Limit":
            return keys, bool(keys)
        elif above.kind not in _ORDER_KEPT:
            break
    return keys, False
