"""What a step of MariaDB's or MySQL's JSON says of itself, beside the steps inside it."""

from __future__ import annotations

from typing import Any

from perfkit.plans.mysql.names import number, sort_keys

__all__ = ["AROUND", "JOINED", "facts", "loops_of", "members", "ran", "rest"]

#: Members whose value is a step around further ones, and what the step is called.
AROUND = {
    "filesort": "Sort",
    "ordering_operation": "Sort",
    "temporary_table": "Temporary Table",
    "grouping_operation": "Group",
    "duplicate_removal": "Remove Duplicates",
    "duplicates_removal": "Remove Duplicates",
    "window_functions_computation": "Window",
    "windowing": "Window",
    "buffer": "Buffer",
    "buffer_result": "Buffer",
    "expression_cache": "Expression Cache",
    "subquery_cache": "Expression Cache",
    "materialization": "Materialize",
    "union_result": "Union",
    "recursive_union": "Recursive Union",
    "intersect_result": "Intersect",
    "except_result": "Except",
    "unary_result": "Result",
    "insert_from": "Insert From",
    "full-scan-on-null_key": "Full Scan on NULL Key",
    "range-checked-for-each-record": "Range Checked for Each Record",
}
JOINED = ("table", "block-nl-join", "read_sorted_file", "nested_loop")
_INSIDE = ("query_block", "query_specifications", "materialized", "materialized_from_subquery")
_STRUCTURE = {*AROUND, *JOINED, *_INSIDE, "sorts"}
_TOLD = {
    "r_loops", "r_total_time_ms", "sort_key", "r_output_rows", "r_other_time_ms",
    "attached_condition", "cost_info", "cost", "const_condition", "r_filtered",
}  # fmt: skip


def facts(body: dict[str, Any], loops: float | None) -> dict[str, Any]:
    """Return what a step says of itself."""
    info = body.get("cost_info")
    cost = body.get("cost")
    if isinstance(info, dict):
        cost = info.get("query_cost", info.get("sort_cost"))
    rows = number(body.get("r_output_rows", body.get("r_rows")))
    found = {
        "Total Cost": number(cost),
        "Sort Key": sort_keys(str(body["sort_key"])) if "sort_key" in body else None,
        "One-Time Filter": body.get("const_condition"),
        "Actual Rows": rows if loops else None,
    }
    return {k: v for k, v in found.items() if v is not None} | ran(loops) | rest(body)


def rest(body: dict[str, Any]) -> dict[str, Any]:
    """Return the facts that PostgreSQL has no name for, under the server's names."""
    return {
        key: value
        for key, value in body.items()
        if key not in _STRUCTURE and key not in _TOLD and not key.endswith("subqueries")
    }


def loops_of(body: dict[str, Any], around: float | None) -> float | None:
    """Return how often a step ran: as often as what is around it if it does not say."""
    counted = number(body.get("r_loops"))
    return around if around is None or counted is None else counted


def ran(loops: float | None) -> dict[str, Any]:
    """Return the property that says how often a step ran, nothing if it was only planned."""
    return {} if loops is None else {"Actual Loops": loops}


def members(value: Any) -> dict[str, Any]:
    """Return an object's members; anything else has none."""
    return value if isinstance(value, dict) else {}
