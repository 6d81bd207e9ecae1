"""The ``table`` objects of MariaDB's JSON and of MySQL's first JSON format, as steps.

Facts that PostgreSQL has too get its names; everything else keeps the server's.
Sources: sql/sql_explain.cc of MariaDB (Explain_table_access, Explain_update) and
sql/opt_explain_json.cc of MySQL.
"""

from __future__ import annotations

from typing import Any

from perfkit.plans.mysql.names import access_name, number
from perfkit.plans.mysql.steps import Step

__all__ = ["scan", "written"]

#: Told under PostgreSQL's names, or by the children.
_TOLD = {
    "table_name", "key", "index_condition", "attached_condition", "r_loops", "cost_info",
    "materialized", "materialized_from_subquery", "attached_subqueries", "query_block",
    "insert", "update", "delete", "replace", "cost",
}  # fmt: skip
_VERBS = ("insert", "update", "delete", "replace")


def scan(table: dict[str, Any], loops: float | None) -> Step:
    """Return the step that reads ``table``; ``loops`` of its block, None if not executed."""
    properties = _identity(table) | _conditions(table) | _planned(table)
    if loops is not None:
        properties |= _executed(table, loops)
    properties |= {key: value for key, value in table.items() if key not in _TOLD}
    return Step(
        properties=properties,
        own_ms=_own_ms(table),
        overlaps="materialized" in table,
    )


def written(table: dict[str, Any], reading: Step | None, loops: float | None) -> Step | None:
    """Return the step that writes ``table``, above the one that finds the rows; None if none."""
    verb = next((verb for verb in _VERBS if table.get(verb)), None)
    if verb is None:
        return None
    properties = {
        "Node Type": verb.capitalize(),
        "Operation": verb.capitalize(),
        "Relation Name": table.get("table_name"),
        "Alias": table.get("table_name"),
    }
    if loops is not None:
        properties["Actual Loops"] = loops
    return Step(properties=properties, children=[reading] if reading else [])


def _identity(table: dict[str, Any]) -> dict[str, Any]:
    if "table_name" not in table:
        return {"Node Type": "Result"}
    keys = table.get("key") or ", ".join(dict.fromkeys(_merged(table.get("index_merge"))))
    if set(table) == {"table_name"}:  # MariaDB says no more of INSERT
        name = table["table_name"]
        return {
            "Node Type": "Insert", "Operation": "Insert", "Relation Name": name, "Alias": name,
        }  # fmt: skip
    return {
        "Node Type": access_name(table.get("access_type")),
        "Relation Name": table["table_name"],
        "Alias": table["table_name"],
        **({"Index Name": str(keys).removeprefix("#hash#").rstrip(":")} if keys else {}),
    }


def _merged(value: Any) -> list[str]:
    """Return the indexes named anywhere in an ``index_merge``."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(reversed(part))
        elif isinstance(part, dict):
            found += [part["key"]] if isinstance(part.get("key"), str) else []
            waiting.extend(reversed(part.values()))
    return found


def _conditions(table: dict[str, Any]) -> dict[str, Any]:
    names = {"index_condition": "Index Cond", "attached_condition": "Filter"}
    return {name: table[key] for key, name in names.items() if table.get(key)}


def _planned(table: dict[str, Any]) -> dict[str, Any]:
    rows = number(table.get("rows", table.get("rows_examined_per_scan")))
    kept = number(table.get("filtered"))
    info = table.get("cost_info")
    cost = number(table.get("cost"))
    if isinstance(info, dict):
        parts = [number(info.get(name)) for name in ("read_cost", "eval_cost")]
        known = [part for part in parts if part is not None]
        cost = sum(known) if known else None
    found = {
        "Plan Rows": None if rows is None else rows * (100.0 if kept is None else kept) / 100.0,
        "Total Cost": cost,
    }
    return {key: value for key, value in found.items() if value is not None}


def _executed(table: dict[str, Any], loops: float) -> dict[str, Any]:
    rows, kept = number(table.get("r_rows")), number(table.get("r_filtered"))
    counted = number(table.get("r_loops"))
    if not counted and (_own_ms(table) or rows is not None):
        counted = loops or 1.0  # single-table UPDATE and unique_subquery count no loops
    found: dict[str, Any] = {"Actual Loops": counted if counted is not None else loops}
    if rows is not None and found["Actual Loops"]:
        share = 1.0 if kept is None else kept / 100.0
        kept_rows = round(rows * share, 6)  # r_filtered has ten digits
        found |= {"Actual Rows": kept_rows, "Rows Removed by Filter": max(rows - kept_rows, 0.0)}
    return found


def _own_ms(table: dict[str, Any]) -> float | None:
    """Return the table's own time: before 10.5 ``r_total_time_ms``, the engine's part only."""
    parts = [number(table.get(name)) for name in ("r_table_time_ms", "r_other_time_ms")]
    if parts == [None, None]:
        return number(table.get("r_total_time_ms"))
    return sum(part for part in parts if part is not None)
