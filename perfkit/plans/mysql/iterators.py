"""MySQL's trees of iterators: from EXPLAIN FORMAT=TREE and from its second JSON format.

Times are per loop and have everything below in them, as PostgreSQL's do. Two things differ.
Before 8.0.33 the scan of a temporary table does not count the time to fill it, although the
step that fills it is printed below: :func:`tree_node` adds it. A subquery in the select list
runs where the row is sent, which is the step above the one it is printed with; at the top that
is the statement itself, a step of its own.
"""

from __future__ import annotations

from typing import Any

from perfkit.plans.mysql.names import number
from perfkit.plans.mysql.operations import described
from perfkit.plans.mysql.steps import MAX_DEPTH, Step, document_node, walk

__all__ = ["from_json", "iterator", "tree_node"]

_MEASURED = {
    "estimated_total_cost": "Total Cost",
    "estimated_first_row_cost": "Startup Cost",
    "estimated_rows": "Plan Rows",
    "actual_first_row_ms": "Actual Startup Time",
    "actual_last_row_ms": "Actual Total Time",
    "actual_rows": "Actual Rows",
    "actual_loops": "Actual Loops",
}
_FACTS = {
    "table_name": "Relation Name",
    "alias": "Alias",
    "schema_name": "Schema",
    "index_name": "Index Name",
    "sort_fields": "Sort Key",
    "condition": "Filter",
}
_BELOW = ("inputs", "inputs_from_select_list")
_SCANS = ("Scan", "Lookup", "Search")


def iterator(operation: str, numbers: dict[str, float | None], heading: str = "") -> Step:
    """Return a step.

    Args:
        operation: what MySQL calls it.
        numbers: by MySQL's JSON names; None for ``actual_rows`` means never executed.
        heading: the role that MySQL gives it ("Hash", "Select #2 (subquery in condition; ...)").
    """
    found = {name: numbers[key] for key, name in _MEASURED.items() if numbers.get(key) is not None}
    properties = described(operation) | found
    if "actual_rows" in numbers and numbers["actual_rows"] is None:
        properties["Actual Loops"] = 0
    if heading:
        properties["heading"] = heading
    if heading.startswith("Select #"):
        properties["Parent Relationship"] = "SubPlan"
        properties["dependent"] = "; dependent)" in heading
    return Step(properties=properties)


def from_json(plan: dict[str, Any]) -> list[Step]:
    """Return the topmost steps of MySQL's second JSON format.

    Subqueries of the select list are further ones.
    """
    top: list[Step] = []
    waiting: list[tuple[Any, list[Step], int]] = [(plan, top, 0)]
    while waiting:
        value, siblings, depth = waiting.pop()
        if not isinstance(value, dict) or depth > MAX_DEPTH:
            continue
        step = _json_step(value)
        siblings.append(step)
        inputs, listed = (_listed(value.get(name)) for name in _BELOW)
        # Popped from the end: first everything inside, then what runs beside it.
        waiting += [(item, siblings, depth) for item in reversed(listed)]
        waiting += [(item, step.children, depth + 1) for item in reversed(inputs)]
    return top


def tree_node(top: list[Step]) -> dict[str, Any]:
    """Return the plan as a nested document; several steps at the top get one above them."""
    root = top[0] if len(top) == 1 else Step(properties={"Node Type": "Query Block"}, children=top)
    if any("Actual Loops" in step.properties for step in walk(root)):
        _run(root)
    _complete(root)
    timed = any("Actual Total Time" in step.properties for step in walk(root))
    return document_node(root, timed=timed)


def _json_step(value: dict[str, Any]) -> Step:
    numbers = {key: number(value[key]) for key in _MEASURED if key in value}
    step = iterator(str(value.get("operation", "")), numbers, str(value.get("heading") or ""))
    step.properties |= {
        name: value[key] for key, name in _FACTS.items() if value.get(key) is not None
    }
    step.properties.setdefault("Alias", value.get("table_name"))
    told = {*_MEASURED, *_FACTS, *_BELOW, "operation", "heading"}
    step.properties |= {key: item for key, item in value.items() if key not in told}
    return step


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _run(root: Step) -> None:
    """Let steps without numbers (INSERT, before 8.0.33) run as often as what is around them."""
    root.properties.setdefault("Actual Loops", 1)
    for step in walk(root):
        for child in step.children:
            child.properties.setdefault("Actual Loops", step.loops)


def _complete(root: Step) -> None:
    """Set the times over all loops and the rows that filters threw away, from below."""
    order: list[Step] = []
    waiting = [root]
    while waiting:
        step = waiting.pop()
        order.append(step)
        waiting.extend(step.children)
    for step in reversed(order):
        for position, child in enumerate(step.children):
            kind = "Outer" if position == 0 else "Inner"
            child.properties.setdefault("Parent Relationship", kind)
        _time(step)
        _removed(step)


def _time(step: Step) -> None:
    last = number(step.properties.get("Actual Total Time"))
    if last is None:
        return
    inner = sum(child.total_ms or 0.0 for child in step.children)
    step.total_ms = last * step.loops
    if step.kind.endswith(_SCANS) and inner > step.total_ms:
        step.total_ms += inner


def _removed(step: Step) -> None:
    rows = number(step.properties.get("Actual Rows"))
    if step.kind != "Filter" or rows is None or not step.children or not step.loops:
        return
    child = step.children[0]
    read = (number(child.properties.get("Actual Rows")) or 0.0) * child.loops
    step.properties["Rows Removed by Filter"] = max(read / step.loops - rows, 0.0)
