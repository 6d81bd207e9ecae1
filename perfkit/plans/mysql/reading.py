"""Read a plan of MariaDB or MySQL: JSON in three dialects, and the tree of EXPLAIN ANALYZE."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.errors import InputError, UnknownFormat
from perfkit.plans.mysql.blocks import block
from perfkit.plans.mysql.cut_off import LOST
from perfkit.plans.mysql.decoding import decoded, decoded_part
from perfkit.plans.mysql.iterators import from_json, tree_node
from perfkit.plans.mysql.names import number
from perfkit.plans.mysql.repeats import count_once
from perfkit.plans.mysql.steps import MAX_DEPTH, document_node
from perfkit.plans.mysql.tree import tree_steps
from perfkit.plans.mysql.tree_lines import ends_in_a_step

if TYPE_CHECKING:
    from perfkit.plans.model import Plan

__all__ = ["document", "read"]

_HINT = "ANALYZE FORMAT=JSON SELECT ... (MariaDB), EXPLAIN ANALYZE SELECT ... (MySQL)"
_LONGEST = 10_000_000
_SIGNS = ('"query_block', '"query_plan', '"operation', '\\"query_block', '\\"query_plan')
_TABULAR = ("select_type", "possible_keys", "key_len")
_MYSQL_ONLY = ("cost_info", "rows_examined_per_scan", "rows_produced_per_join", "used_columns")


def document(source: Any) -> dict[str, Any] | None:
    """Return a plan of MariaDB or MySQL as PostgreSQL would print it; None if it is none.

    The result has ``Plan``, ``System`` ("mariadb" or "mysql") and, where the server says it,
    ``Planning Time`` in ms, and ``lost``, what is missing at the end, in sentences.

    Args:
        source: the text, or the decoded JSON. Decoded with :mod:`json`, a plan of MariaDB
            before 10.9 has lost tables: there an object has several members of one name.

    Raises:
        UnknownFormat: it is the tabular EXPLAIN, which has no tree in it.
        InputError: it is nested too deeply.
    """
    if isinstance(source, bytes):
        source = source.decode("utf-8", "replace")
    try:
        return _text(source) if isinstance(source, str) else _value(source)
    except RecursionError:
        raise InputError(f"read_plan: the plan is nested deeper than {MAX_DEPTH} levels") from None


def read(source: Any) -> Plan:
    """Return the plan in ``source``.

    Raises:
        UnknownFormat: it holds no plan of MariaDB or MySQL.
    """
    from perfkit.plans.read import read_plan

    found = document(source)
    if found is None:
        raise UnknownFormat("read_plan: this is no plan of MariaDB or MySQL", hint=_HINT)
    return replace(read_plan(found), system=found["System"], lost=tuple(found.get("lost", ())))


def _text(text: str) -> dict[str, Any] | None:
    if len(text) > _LONGEST:
        return None
    if any(sign in text for sign in _SIGNS):
        if (whole := decoded(text)) is not None:
            return _value(whole)
        if (part := decoded_part(text)) is not None:
            found = _value(part)
            return None if found is None else {**found, "lost": [LOST]}
    top = tree_steps(text)
    if top:
        half = {"lost": [LOST]} if ends_in_a_step(text) else {}
        return {"Plan": tree_node(top), "System": "mysql", **half}
    if all(word in text for word in _TABULAR) and "{" not in text:
        raise UnknownFormat(
            "read_plan: this is the tabular EXPLAIN, which holds neither a tree nor times",
            hint=_HINT,
        )
    return None


def _value(value: Any) -> dict[str, Any] | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return None
    if len(value) == 1 and isinstance(cell := next(iter(value.values())), str):
        return _text(cell)  # a row that a client exported as JSON
    if isinstance(value.get("query_block"), dict):
        return _blocks(value)
    plan = value.get("query_plan", value)
    if isinstance(plan, dict) and isinstance(plan.get("operation"), str) and "Plan" not in value:
        return _iterators(value, plan)
    return None


def _blocks(value: dict[str, Any]) -> dict[str, Any]:
    body = value["query_block"]
    keys, timed = _keys(body)
    executed = any(key.startswith("r_") for key in keys) or "query_optimization" in value
    root = count_once(block(body, 1.0 if executed else None))
    spent = value.get("query_optimization")
    planning = number(spent.get("r_total_time_ms")) if isinstance(spent, dict) else None
    rest = {key: item for key, item in value.items() if key != "query_block"}
    return {
        "Plan": document_node(root, timed=executed and timed),
        "System": "mysql" if not keys.isdisjoint(_MYSQL_ONLY) else "mariadb",
        **({} if planning is None else {"Planning Time": planning}),
        **rest,
    }


def _iterators(value: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Plan": tree_node(from_json(plan)), "System": "mysql"}
    if isinstance(value.get("query"), str):
        found["rewritten"] = value["query"]
    return found


def _keys(value: Any) -> tuple[set[str], bool]:
    """Return the names of all members at any depth, and whether one of them is a time."""
    found: set[str] = set()
    timed = False
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found.update(map(str, part))
            waiting.extend(part.values())
            timed = timed or any(
                str(key).endswith("_time_ms") and number(item) is not None
                for key, item in part.items()
            )
        elif isinstance(part, list):
            waiting.extend(part)
    return found, timed
