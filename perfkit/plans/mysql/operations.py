"""The one line in which MySQL describes an iterator, cut into PostgreSQL's properties.

EXPLAIN FORMAT=TREE prints it behind ``->``, the second JSON format as ``operation``. The texts
are those of sql/join_optimizer/explain_access_path.cc (and of explain_access_path's
predecessor in 8.0.18 to 8.0.20). Tables appear under their alias.
"""

from __future__ import annotations

from typing import Any

from perfkit.plans.mysql.names import join_type, sort_keys

__all__ = ["described", "is_heading", "is_known"]

_CONDITION = ", with index condition: "
_MRR = " (multi-range read) on "
_GROUPED = "index_for_group_by("
_EXTRA = ", extra conditions: "
_LIMITED = ", limit input to "
#: How a line begins that reads a table by an index -> the node type. The longest first.
_BY_INDEX = {
    "single-row covering index lookup": "Single-row Index Lookup",
    "single-row index lookup": "Single-row Index Lookup",
    "multi-range covering index lookup": "Multi-range Index Lookup",
    "multi-range index lookup": "Multi-range Index Lookup",
    "full-text covering index search": "Full-text Index Search",
    "full-text index search": "Full-text Index Search",
    "covering index skip scan for deduplication": "Index Skip Scan",
    "covering index skip scan for grouping": "Index Skip Scan",
    "covering index skip scan": "Index Skip Scan",
    "covering index range scan": "Index Range Scan",
    "covering index lookup": "Index Lookup",
    "covering index scan": "Index Scan",
    "index skip scan for deduplication": "Index Skip Scan",
    "index skip scan for grouping": "Index Skip Scan",
    "index distance scan": "Index Distance Scan",
    "index skip scan": "Index Skip Scan",
    "index range scan": "Index Range Scan",
    "index lookup": "Index Lookup",
    "index scan": "Index Scan",
}
_ON_TABLE = {
    "table scan on ": "Table Scan",
    "constant row from ": "Constant Row",
    "count rows in ": "Count Rows",
    "scan new records on ": "Scan New Records",
    "insert into ": "Insert",
    "replace into ": "Replace",
    "delete from ": "Delete",
    "update ": "Update",
    "fill information schema table ": "Information Schema",
}
#: Everything else by its first words.
_OTHERS = {
    "filter: ": "Filter",
    "sort row ids": "Sort",
    "sort-deduplicate by row id": "Index Merge",
    "sort": "Sort",
    "limit table size": "Limit",
    "limit": "Limit",
    "offset": "Limit",
    "aggregate using temporary table": "Temporary Table Aggregate",
    "aggregate: ": "Aggregate",
    "group aggregate": "Group Aggregate",
    "group (no aggregates)": "Group Aggregate",
    "window": "Window",
    "materialize table function": "Table Function",
    "materialize recursive cte": "Materialize",
    "materialize": "Materialize",
    "union": "Union",
    "intersect rows sorted by row id": "Index Merge",
    "deduplicate rows sorted by row id": "Index Merge",
    "intersect": "Intersect",
    "except": "Except",
    "temporary table": "Temporary Table",
    "stream results": "Stream",
    "append": "Append",
    "remove duplicate": "Remove Duplicates",
    "rows fetched before execution": "Result",
    "zero rows": "Result",
    "zero input rows": "Result",
    "alternative plans": "Alternative Plans",
    "invalidate materialized tables": "Invalidate",
    "<not executable": "Result",
    "select #": "Subquery",
}
#: How a join begins -> the node type, and the kind of join where that is not written behind it.
_JOINED = {
    "nested loop ": ("Nested Loop", ""),
    "batched key access ": ("Batched Key Access", ""),
    "inner hash join": ("Hash Join", "Inner"),
    "left hash join": ("Hash Join", "Left"),
    "hash antijoin": ("Hash Join", "Anti"),
    "hash semijoin": ("Hash Join", "Semi"),
}
_AS_PRINTED = tuple(
    start[:1].upper() + start[1:] for start in (*_BY_INDEX, *_ON_TABLE, *_OTHERS, *_JOINED)
)
_HEADINGS = (
    "Hash", "Batch input rows", "Limit table size: ", "Disable deduplication",
    "Repeat until convergence", "Clustered primary key (scanned separately)", "Select #",
)  # fmt: skip


def is_heading(text: str) -> bool:
    """Whether a line without costs only says what role the line below it has."""
    return text == "Hash" or text.startswith(_HEADINGS[1:])


def is_known(text: str) -> bool:
    """Whether MySQL prints steps that begin like this, in its own capitals."""
    return text.startswith(_AS_PRINTED)


def described(text: str) -> dict[str, Any]:
    """Return the properties that the description of an iterator holds.

    Example:
        >>> described("Index lookup on o using user_id (user_id=u.id)")["Index Cond"]
        'user_id=u.id'
    """
    lowered = text.lower()
    for start, kind in _BY_INDEX.items():
        for between in (" on ", _MRR):
            if lowered.startswith(start + between):
                return {"Node Type": kind} | _by_index(text[len(start + between) :], start)
    for start, kind in _ON_TABLE.items():
        if lowered.startswith(start):
            return {"Node Type": kind} | _on_table(text[len(start) :], kind)
    if joined := _join(text, lowered):
        return joined
    for start, kind in _OTHERS.items():
        if lowered.startswith(start):
            return {"Node Type": kind} | _other(text, kind)
    return {"Node Type": text[:60].strip() or "Unknown"}


def _by_index(rest: str, start: str) -> dict[str, Any]:
    """Read ``alias using index (cond) over ranges (reverse), with index condition: cond``."""
    rest, _, pushed = rest.partition(_CONDITION)
    alias, _, rest = rest.partition(" using ")
    alias = alias.removesuffix(" (re-planned for each iteration)")
    rest = rest.strip()
    backward = rest.endswith(" (reverse)")
    rest = rest.removesuffix(" (reverse)")
    index, _, looked_up = rest.partition(" ")
    if index.startswith(_GROUPED):  # up to 8.0.20
        index = index.removeprefix(_GROUPED).removesuffix(")")
    condition = looked_up.removeprefix("over ")
    if pushed and " OR " in condition:
        condition = f"({condition})"
    if condition == looked_up and condition.startswith("(") and condition.endswith(")"):
        condition = condition[1:-1]
    found = {
        "Relation Name": alias,
        "Alias": alias,
        "Index Name": index,
        "Index Cond": " AND ".join(part for part in (condition, pushed) if part),
        "pushed_index_condition": pushed,
        "Scan Direction": "Backward" if backward else "",
    }
    found = {key: value for key, value in found.items() if value}
    return found | ({"using_index": True} if "covering" in start else {})


def _on_table(rest: str, kind: str) -> dict[str, Any]:
    name = rest.partition(" in secondary engine ")[0]
    for how in (" (immediate)", " (buffered)"):  # of each table of several
        name = name.replace(f"{how}, ", ", ").removesuffix(how)
    writes = kind in {"Insert", "Replace", "Delete", "Update"}
    return {"Relation Name": name, "Alias": name, **({"Operation": kind} if writes else {})}


def _join(text: str, lowered: str) -> dict[str, Any] | None:
    start = next((start for start in _JOINED if lowered.startswith(start)), None)
    if start is None:
        return None
    kind, joined = _JOINED[start]
    if not joined:
        words = lowered[len(start) :].partition(" with ")[0].partition(" (")[0]
        return {"Node Type": kind, "Join Type": join_type(words)}
    condition, _, extra = text[len(start) :].partition(_EXTRA)
    parts = {"Hash Cond": condition.strip(), "Join Filter": extra.strip()}
    told = {name: part for name, part in parts.items() if part and part != "(no condition)"}
    return {"Node Type": kind, "Join Type": joined, **told}


def _other(text: str, kind: str) -> dict[str, Any]:
    rest = text.partition(": ")[2]
    if kind == "Filter":
        return {"Filter": rest}
    if kind == "Sort":
        keys, _, limit = rest.partition(_LIMITED)
        found: dict[str, Any] = {"Sort Key": sort_keys(keys)} if keys else {}
        return found | (
            {"limit_rows": int(first)} if (first := limit.split(" ")[0]).isdigit() else {}
        )
    return {"operation": text}
