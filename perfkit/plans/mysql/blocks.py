"""MariaDB's JSON and MySQL's first JSON format: a ``query_block`` as steps.

MariaDB nests what is done with the rows of a join around it (``filesort``, ``temporary_table``,
``window_functions_computation``, ...; before 10.9 the tables of a join are members of one
object with the same name, later an array ``nested_loop``), MySQL does it with
``ordering_operation``, ``grouping_operation``, ``duplicates_removal``, ``windowing`` and
``buffer_result``. Subqueries stand below the table whose condition names them.

Times of MariaDB: a block's ``r_total_time_ms`` has everything below it, a table's is its own;
a ``filesort``'s has the table it sorts if it reads one itself (``read_sorted_file``), and is
its own where a join or a temporary table feeds it.
"""

from __future__ import annotations

from typing import Any

from perfkit.plans.mysql.hanging import hang_subqueries
from perfkit.plans.mysql.members import AROUND, JOINED, facts, loops_of, members, ran, rest
from perfkit.plans.mysql.names import list_of, number
from perfkit.plans.mysql.steps import Step, deeper, walk
from perfkit.plans.mysql.tables import scan, written

__all__ = ["block"]

_BUFFERED = {
    "BNL": "Block Nested Loop",
    "BNLH": "Hash Join",
    "BKA": "Batched Key Access",
    "BKAH": "Batched Key Access",
}
_MADE = ("materialized", "materialized_from_subquery")


def block(
    body: dict[str, Any], loops: float | None, depth: int = 0, kind: str = "Query Block"
) -> Step:
    """Return the step of a ``query_block``.

    Args:
        body: the object.
        loops: executions of what is around it; None if nothing was executed.
        depth: how deep it is nested.
        kind: the node type.
    """
    depth = deeper(depth)
    runs = loops_of(body, loops)
    properties = {"Node Type": kind} | facts(body, runs)
    made = Step(properties=properties, total_ms=number(body.get("r_total_time_ms")))
    made.children = _inside(body, runs, depth)
    if len(made.children) == 1 and _is_only_around(made):
        return made.children[0]
    hang_subqueries(made)
    return made


def _is_only_around(made: Step) -> bool:
    """Whether the block says nothing but that there is a UNION or a cache in it."""
    inner = made.children[0].kind
    set_operation = inner in {"Union", "Recursive Union", "Intersect", "Except"}
    silent = made.total_ms is None and set(made.properties) <= {"Node Type", "Actual Loops"}
    return set_operation and silent and made.kind == "Query Block"


def _inside(body: dict[str, Any], loops: float | None, depth: int) -> list[Step]:
    """Return the steps among the members of ``body``: one join, then the subqueries."""
    joined: list[Step] = []
    others: list[Step] = []
    for key, value in body.items():
        if key in JOINED:
            items = list_of(value)
            parts = items if key == "nested_loop" else [{key: item} for item in items]
            joined += [step for part in parts for step in _member(part, loops, depth)]
        elif key in AROUND:
            joined += [_around(key, item, loops, depth) for item in list_of(value)]
        elif key == "query_block":
            joined += [block(members(item), loops, depth) for item in list_of(value)]
        elif key == "query_specifications":
            joined += _specifications(value, loops, depth)
        elif key.endswith("subqueries"):
            others += _subqueries(key, value, loops, depth)
    if len(joined) > 1 and "query_specifications" not in body:
        joined = [_join(joined, loops)]
    return [*joined, *others]


def _member(part: Any, loops: float | None, depth: int) -> list[Step]:
    """Return the steps of one member of a join."""
    depth = deeper(depth)
    found: list[Step] = []
    for key, value in members(part).items():
        if key == "table":
            found.append(_table(members(value), loops, depth))
        elif key == "block-nl-join":
            found.append(_buffered(members(value), loops, depth))
        elif key == "read_sorted_file":
            found.append(_sorted_file(members(value), loops, depth))
        elif key == "duplicates_removal" and isinstance(value, list):
            found.append(_around(key, {"nested_loop": value}, loops, depth))
        elif key in AROUND:
            found.append(_around(key, value, loops, depth))
        elif key == "nested_loop":
            found += [step for item in list_of(value) for step in _member(item, loops, depth)]
    return found


def _join(parts: list[Step], loops: float | None) -> Step:
    """Put a join above its tables."""
    for position, part in enumerate(parts):
        part.properties["Parent Relationship"] = "Inner" if position else "Outer"
    properties: dict[str, Any] = {"Node Type": "Nested Loop", "Join Type": "Inner", **ran(loops)}
    last = parts[-1].properties
    produced = number(last.get("rows_produced_per_join"))
    estimates = [number(part.properties.get("Plan Rows")) for part in parts]
    if produced is None and None not in estimates:
        produced = 1.0
        for rows in estimates:
            produced *= rows or 0.0
    if produced is not None:
        properties["Plan Rows"] = produced
    rows = number(last.get("Actual Rows"))
    if rows is not None and loops:
        properties["Actual Rows"] = rows * parts[-1].loops / loops
    return Step(properties=properties, children=parts)


def _table(table: dict[str, Any], loops: float | None, depth: int) -> Step:
    reading = scan(table, loops)
    runs = None if loops is None else reading.loops
    for key in _MADE:
        if isinstance(table.get(key), dict):
            reading.children.append(_materialized(table[key], runs, depth))
    attached = table.get("attached_subqueries")
    if attached:
        reading.children += _subqueries("attached_subqueries", attached, runs, depth)
    return written(table, reading, loops) or reading


def _materialized(value: dict[str, Any], loops: float | None, depth: int) -> Step:
    once = None if loops is None else min(loops, 1.0)
    inner = value.get("query_block")
    made = block(members(inner), once, depth, "Materialize")
    made.properties |= rest(value) | {"Parent Relationship": "Outer"}
    return made


def _buffered(value: dict[str, Any], loops: float | None, depth: int) -> Step:
    """Return a join through a buffer: rows wait in it until the table is read for all of them."""
    made_for_it = {key: value[key] for key in _MADE if key in value}  # printed behind the table
    children = _member({"table": members(value.get("table")) | made_for_it}, loops, depth)
    spent = [number(value.get(name)) for name in ("r_unpack_time_ms", "r_other_time_ms")]
    made = Step(
        properties={
            "Node Type": _BUFFERED.get(str(value.get("join_type")), "Block Nested Loop"),
            **ran(loops),
            **rest(value),
        },
        children=children,
        own_ms=sum(part for part in spent if part is not None),
    )
    if condition := value.get("attached_condition"):
        made.properties["Join Filter"] = condition
    pairs, runs = number(value.get("r_effective_rows")), number(value.get("r_loops"))
    if pairs is not None and runs is not None and loops:
        share = (number(value.get("r_filtered")) or 0.0) / 100.0
        made.properties["Actual Rows"] = pairs * runs * share / loops
        made.properties["Rows Removed by Join Filter"] = pairs * runs * (1.0 - share) / loops
        made.properties["incoming_rows"] = runs
    return made


def _sorted_file(value: dict[str, Any], loops: float | None, depth: int) -> Step:
    """Return the sort of one table before it is joined: its time has the reading in it."""
    made = _around("filesort", value.get("filesort"), loops, depth)
    made.total_ms = number(members(value.get("filesort")).get("r_total_time_ms"))
    made.own_ms = None
    rows = number(value.get("r_rows"))
    if rows is not None and made.loops:
        made.properties["Actual Rows"] = rows
    return made


def _around(key: str, value: Any, loops: float | None, depth: int) -> Step:
    """Return a step that does something with the rows of the steps inside it."""
    depth = deeper(depth)
    body = members(value)
    # A set operation counts how often its result was read: not at all if it needs no table.
    runs = loops if "query_specifications" in body else loops_of(body, loops)
    made = Step(
        properties={"Node Type": AROUND[key]} | facts(body, runs),
        own_ms=number(body.get("r_total_time_ms")),
        overlaps=key == "filesort",  # HAVING may run a subquery while it sorts
    )
    inner = loops if key in {"expression_cache", "subquery_cache"} else runs
    made.children = _inside(body, inner, depth)
    if key == "recursive_union":  # a table's "other time" has the time between two rounds too
        for step in walk(made):
            step.overlaps = True
    for sort in reversed(list_of(body.get("sorts") or [])):
        for item in list_of(members(sort).get("filesort") or []):
            _put_between(made, _around("filesort", item, runs, depth))
    _includes_its_table(key, body, made)
    return made


def _put_between(above: Step, sort: Step) -> None:
    sort.children, above.children = above.children, [sort]


def _includes_its_table(key: str, body: dict[str, Any], made: Step) -> None:
    """A filesort that reads its table itself (UPDATE, before 10.2) measures that too."""
    fed = "temporary_table" in body or "nested_loop" in body or "sorts" in body
    if key != "filesort" or fed or "table" not in body or made.own_ms is None:
        return
    if made.own_ms >= sum(child.own_ms or 0.0 for child in made.children):
        made.total_ms, made.own_ms = made.own_ms, None


def _specifications(value: Any, loops: float | None, depth: int) -> list[Step]:
    found = []
    for item in list_of(value):
        body = members(item)
        for step in _inside(body, loops, deeper(depth)):
            step.properties |= rest(body) | {"Parent Relationship": "Member"}
            found.append(step)
    return found


def _subqueries(key: str, value: Any, loops: float | None, depth: int) -> list[Step]:
    found = []
    for item in list_of(value):
        body = members(item)
        for step in _inside(body, loops, deeper(depth)):
            step.properties |= rest(body)
            step.properties |= {"Parent Relationship": "SubPlan", "subquery_of": key}
            found.append(step)
    return found
