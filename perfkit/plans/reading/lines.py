"""One line of EXPLAIN's text below a node -> the properties that JSON has for it.

Names and forms from the ``show_*`` functions of PostgreSQL's ``explain.c``, 9.0 to 19.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit.plans.reading.values import counters, items, number, pairs

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BLOCKS", "KEYS", "blocks", "jit_options", "plain"]

_BUFFERS = re.compile(r"(shared|local|temp)((?: (?:hit|read|dirtied|written)=[0-9]+)+)")
_TIMINGS = re.compile(r"(shared/local|shared|local|temp|)((?: ?(?:read|write)=[0-9.]+)+)")
_SORT = re.compile(r"(?P<method>[^:]+?) {1,2}(?P<where>Memory|Disk): (?P<size>[0-9]+)kB")
_ORIGINALLY = re.compile(r"([0-9]+)(?: \(originally ([0-9]+)\))?")
_GROUPS = re.compile(r"([0-9]+)  Sort Methods?: (.*)")
_SPACE = re.compile(r"Average (Memory|Disk): ([0-9]+)kB  Peak (?:Memory|Disk): ([0-9]+)kB")
_TABLESAMPLE = re.compile(r"(\S+) \((.*)\)")

_KINDS = {
    "shared": ("Hit", "Read", "Dirtied", "Written"),
    "local": ("Hit", "Read", "Dirtied", "Written"),
    "temp": ("Read", "Written"),
}
#: All counters of a Buffers line; JSON prints those that are 0 as well.
BLOCKS = tuple(f"{kind.capitalize()} {what} Blocks" for kind, how in _KINDS.items() for what in how)
#: 9.2 to 14 time all blocks together, 15 and 16 temporary ones apart, later ones all three.
_TIMED = {
    "": "I/O",
    "shared/local": "I/O",
    "shared": "Shared I/O",
    "local": "Local I/O",
    "temp": "Temp I/O",
}
_WAL = {"records": "Records", "fpi": "FPI", "bytes": "Bytes", "buffers full": "Buffers Full",
        "fpi bytes": "FPI Bytes"}  # fmt: skip
_CACHE = {
    "Hits": "Cache Hits",
    "Misses": "Cache Misses",
    "Evictions": "Cache Evictions",
    "Overflows": "Cache Overflows",
    "Memory Usage": "Peak Memory Usage",
}
_HASHED = {
    "Planned Partitions": "Planned Partitions",
    "Batches": "HashAgg Batches",
    "Memory Usage": "Peak Memory Usage",
    "Disk Usage": "Disk Usage",
}
_MERGED = {
    "inserted": "Tuples Inserted",
    "updated": "Tuples Updated",
    "deleted": "Tuples Deleted",
    "skipped": "Tuples Skipped",
}
_ESTIMATES = {
    "capacity": "Estimated Capacity",
    "distinct keys": "Estimated Distinct Lookup Keys",
    "lookups": "Estimated Lookups",
    "hit percent": "Estimated Hit Percent",
}
_PREFETCH = {
    "avg": "Average Prefetch Distance",
    "max": "Max Prefetch Distance",
    "capacity": "Prefetch Capacity",
}
_MEMORY = {"used": "Memory Used", "allocated": "Memory Allocated"}
_HEAP = {"exact": "Exact Heap Blocks", "lossy": "Lossy Heap Blocks"}

_LISTS = frozenset({"Sort Key", "Group Key", "Presorted Key", "Hash Key", "Merge Key", "Output",
                    "Conflict Arbiter Indexes", "Params Evaluated"})  # fmt: skip
_FLAGS = frozenset({"Inner Unique", "Single Copy", "Disabled", "Parallel Safe"})
_NUMBERS = frozenset(
    ["Heap Fetches", "Index Searches", "Workers Planned", "Workers Launched", "Subplans Removed",
     "Tuples Inserted", "Conflicting Tuples", "Rows Removed by Filter", "Functions",
     "Rows Removed by Join Filter", "Rows Removed by Index Recheck", "Query Identifier",
     "Rows Removed by Conflict Filter", "Planning Time", "Execution Time", "Task Count",
     "Batch Size", "Map Task Count", "Merge Task Count", "Foreign File Size", "Plan Node ID",
     "Disabled Nodes", "Scan RTI", "Nominal RTI", "Exclude Relation RTI", "Maximum Storage"]
)  # fmt: skip
_TEXTS = frozenset(
    ["Filter", "Index Cond", "Recheck Cond", "TID Cond", "Hash Cond", "Merge Cond", "Join Filter",
     "One-Time Filter", "Order By", "Run Condition", "Window", "Function Call", "Relations",
     "Table Function Call", "Cache Key", "Cache Mode", "Remote SQL", "Conflict Resolution",
     "Conflict Filter", "Foreign File", "Foreign Program", "Settings", "Tasks Shown", "Node",
     "Replaces", "Total runtime", "Total Runtime", "Planning time", "Execution time", "Order",
     "Chunks excluded during startup", "Vectorized Filter", "Optimizer", "RTIs", "Append RTIs",
     "extParam", "allParam", "Relation OIDs", "Executor Parameter Types", "Unprunable RTIs"]
)  # fmt: skip


def plain(key: str, value: str) -> dict[str, Any]:
    """Return the properties that the line ``key: value`` holds, as JSON names them.

    A count that is no number has none.

    Example:
        >>> plain("Sort Method", "quicksort  Memory: 25kB")
        {'Sort Method': 'quicksort', 'Sort Space Used': 25, 'Sort Space Type': 'Memory'}
    """
    reader = _READERS.get(key)
    if reader is not None and (found := reader(value)):
        return found
    if key in _LISTS:
        return {key: items(value)}
    if key in _TEXTS:
        return {key: value}
    if key in _FLAGS and value in {"true", "false"}:
        return {key: value == "true"}
    count = number(value)
    if count is None and key in _NUMBERS:
        return {}
    return {key: value if count is None else count}


def _renamed(names: dict[str, str], found: Any) -> dict[str, Any]:
    return {names[name]: count for name, count in found if name in names}


def blocks(value: str) -> dict[str, Any]:
    """Read ``shared hit=1 read=2, temp written=3``; counters that are not named are 0."""
    found = {
        f"{kind.capitalize()} {what.capitalize()} Blocks": count
        for kind, counts in _BUFFERS.findall(value)
        for what, count in counters(counts)
    }
    return dict.fromkeys(BLOCKS, 0) | found if found else {}


def _timings(value: str) -> dict[str, Any]:
    return {
        f"{_TIMED[kind]} {what.strip().capitalize()} Time": float(count)
        for kind, counts in _TIMINGS.findall(value)
        for what, count in counters(counts)
    }


def _wal(value: str) -> dict[str, Any]:
    found = {f"WAL {_WAL[name]}": count for name, count in counters(value) if name in _WAL}
    return {"WAL Records": 0, "WAL FPI": 0, "WAL Bytes": 0} | found if found else {}


def _sort(value: str) -> dict[str, Any]:
    found = _SORT.fullmatch(value)
    if found is None:
        return {}
    return {
        "Sort Method": found["method"],
        "Sort Space Used": int(found["size"]),
        "Sort Space Type": found["where"],
    }


def _groups(key: str) -> Callable[[str], dict[str, Any]]:
    def read(value: str) -> dict[str, Any]:
        found = _GROUPS.fullmatch(value)
        if found is None:
            return {}
        methods, *spaces = found[2].split("  Average ")
        group: dict[str, Any] = {"Group Count": int(found[1])}
        group["Sort Methods Used"] = methods.split(", ")
        for space in _SPACE.findall("  ".join(f"Average {one}" for one in spaces)):
            used = {"Average Sort Space Used": int(space[1]), "Peak Sort Space Used": int(space[2])}
            group[f"Sort Space {space[0]}"] = used
        return {key: group}

    return read


def _hash(value: str) -> dict[str, Any]:
    """Read ``1024 (originally 512)  Batches: 1 (originally 1)  Memory Usage: 9kB``."""
    found: dict[str, Any] = {}
    for name, text in pairs(f"Buckets: {value}"):
        if name == "Memory Usage":
            found["Peak Memory Usage"] = number(text)
        elif count := _ORIGINALLY.fullmatch(text):
            found[f"Hash {name}"] = int(count[1])
            found[f"Original Hash {name}"] = int(count[2] or count[1])
    return found


def _paired(first: str, names: dict[str, str]) -> Callable[[str], dict[str, Any]]:
    def read(value: str) -> dict[str, Any]:
        found = ((name, number(text)) for name, text in pairs(f"{first}: {value}"))
        return _renamed(names, ((name, count) for name, count in found if count is not None))

    return read


def _counted(names: dict[str, str], *, rest: bool = False) -> Callable[[str], dict[str, Any]]:
    """Return a reader of ``a=1 b=2``; with ``rest`` the others of ``names`` are 0."""

    def read(value: str) -> dict[str, Any]:
        found = _renamed(names, counters(value))
        return dict.fromkeys(names.values(), 0) | found if rest and found else found

    return read


def _storage(value: str) -> dict[str, Any]:
    kind, _, most = value.partition(" Maximum Storage: ")
    size = number(most)
    return {"Storage": kind.rstrip(), "Maximum Storage": size} if size is not None else {}


def _sampling(value: str) -> dict[str, Any]:
    call, repeatable, seed = value.partition(") REPEATABLE (")
    found = _TABLESAMPLE.fullmatch(f"{call})" if repeatable else call)
    if found is None:
        return {}
    read = {"Sampling Method": found[1], "Sampling Parameters": items(found[2])}
    return read | ({"Repeatable Seed": seed.removesuffix(")")} if repeatable else {})


def jit_options(value: str) -> dict[str, Any]:
    """Read ``Inlining false, Optimization false, Expressions true, Deforming true``."""
    found = (part.rpartition(" ") for part in items(value))
    return {name.strip(): text == "true" for name, _, text in found if name}


_READERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "Buffers": blocks,
    "I/O Timings": _timings,
    "WAL": _wal,
    "Sort Method": _sort,
    "Full-sort Groups": _groups("Full-sort Groups"),
    "Pre-sorted Groups": _groups("Pre-sorted Groups"),
    "Buckets": _hash,
    "Batches": _paired("Batches", _HASHED),
    "Planned Partitions": _paired("Planned Partitions", _HASHED),
    "Hits": _paired("Hits", _CACHE),
    "Tuples": _counted(_MERGED, rest=True),
    "Estimates": _counted(_ESTIMATES),
    "Prefetch": _counted(_PREFETCH),
    "Memory": _counted(_MEMORY),
    "Heap Blocks": _counted(_HEAP, rest=True),
    "Storage": _storage,
    "Sampling": _sampling,
}
#: Keys that EXPLAIN prints in front of a colon: a line that begins with one is a line of its own.
KEYS = frozenset([*_READERS, *_LISTS, *_TEXTS, *_FLAGS, *_NUMBERS])
