"""The first line of a node in EXPLAIN's text -> the properties that its JSON has."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["HEAD", "node_properties"]

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
#: A node: where its description begins, and what the planner and the executor counted.
HEAD = re.compile(
    r"(?P<indent>[ ]*)(?P<arrow>->  )?(?P<what>\S.*?)"
    rf"(?:  \(cost=(?P<startup>{_NUMBER})\.\.(?P<cost>{_NUMBER})"
    rf" rows=(?P<planned>{_NUMBER}) width=(?P<width>[0-9]+)\))?"
    rf"(?: {{1,2}}\(actual (?:time=(?P<first>{_NUMBER})\.\.(?P<last>{_NUMBER}) )?"
    rf"rows=(?P<rows>{_NUMBER}) loops=(?P<loops>[0-9]+)\)| {{1,2}}\((?P<never>never executed)\))?"
)
_COUNTED = {
    "startup": "Startup Cost",
    "cost": "Total Cost",
    "planned": "Plan Rows",
    "width": "Plan Width",
    "first": "Actual Startup Time",
    "last": "Actual Total Time",
    "rows": "Actual Rows",
    "loops": "Actual Loops",
}
_NAME = r'(?:"(?:[^"]|"")*"|[^\s".]+)'
_SCAN = re.compile(
    r"(?P<kind>[\w ]+? Scan)(?P<backward> Backward)?(?: using (?P<index>.+?))?"
    rf" on (?:(?P<schema>{_NAME})\.)?(?P<name>{_NAME})(?: (?P<alias>{_NAME}))?"
)
_WRITE = re.compile(
    rf"(?P<operation>Insert|Update|Delete|Merge) on (?:(?P<schema>{_NAME})\.)?"
    rf"(?P<name>{_NAME})(?: (?P<alias>{_NAME}))?"
)
_JOIN = re.compile(
    r"(?P<kind>Hash|Merge|Nested Loop)"
    r"(?: (?P<how>Left|Right|Full|Semi|Anti|Right Semi|Right Anti))?(?P<join> Join)?"
)
_STRATEGIES = {
    "Aggregate": "Plain",
    "GroupAggregate": "Sorted",
    "HashAggregate": "Hashed",
    "MixedAggregate": "Mixed",
}
#: What a scan reads, where that is no table.
_NAMED = {
    "CTE Scan": "CTE Name",
    "WorkTable Scan": "CTE Name",
    "Function Scan": "Function Name",
    "Bitmap Index Scan": "Index Name",
}
_ALIAS_ONLY = frozenset({"Subquery Scan", "Values Scan"})


def node_properties(head: re.Match[str]) -> dict[str, Any]:
    """Return the properties of a node whose first line is ``head``."""
    what = head["what"].removeprefix("Async ")
    parallel = what.startswith("Parallel ")
    counted: dict[str, Any] = {
        key: float(head[name]) for name, key in _COUNTED.items() if head[name] is not None
    }
    if head["never"]:
        counted |= {"Actual Rows": 0.0, "Actual Loops": 0.0}
    return {**_described(what.removeprefix("Parallel ")), "Parallel Aware": parallel, **counted}


def _described(what: str) -> dict[str, Any]:
    if scan := _SCAN.fullmatch(what):
        return _scan(scan)
    if write := _WRITE.fullmatch(what):
        return {
            "Node Type": "ModifyTable",
            "Operation": write["operation"],
            **_relation(write, "Relation Name"),
        }
    if (join := _JOIN.fullmatch(what)) and (join["join"] or join["kind"] == "Nested Loop"):
        kind = join["kind"] if join["kind"] == "Nested Loop" else f"{join['kind']} Join"
        return {"Node Type": kind, "Join Type": join["how"] or "Inner"}
    mode, _, rest = what.partition(" ")
    mode, rest = (mode, rest) if mode in {"Partial", "Finalize"} else ("Simple", what)
    if rest in _STRATEGIES:
        return {"Node Type": "Aggregate", "Strategy": _STRATEGIES[rest], "Partial Mode": mode}
    return {"Node Type": what}


def _scan(scan: re.Match[str]) -> dict[str, Any]:
    kind = scan["kind"]
    found: dict[str, Any] = {"Node Type": kind}
    if scan["index"]:
        found["Index Name"] = _bare(scan["index"])
        found["Scan Direction"] = "Backward" if scan["backward"] else "Forward"
    if kind in _ALIAS_ONLY:
        return found | {"Alias": _bare(scan["name"])}
    if kind == "Bitmap Index Scan":
        return found | {"Index Name": _bare(scan["name"])}
    return found | _relation(scan, _NAMED.get(kind, "Relation Name"))


def _relation(found: re.Match[str], key: str) -> dict[str, str]:
    named = {key: _bare(found["name"]), "Alias": _bare(found["alias"] or found["name"])}
    return named | ({"Schema": _bare(found["schema"])} if found["schema"] else {})


def _bare(name: str) -> str:
    """Return a name as the catalog has it."""
    return name[1:-1].replace('""', '"') if name[:1] == '"' else name
