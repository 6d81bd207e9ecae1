"""TEXT and JSON of the same statement give the same nodes: on real servers of two releases."""

import re
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from perfkit.plans.read import read_plan

PARALLEL = (
    "parallel_setup_cost=0, parallel_tuple_cost=0, min_parallel_table_scan_size=0, "
    "min_parallel_index_scan_size=0, max_parallel_workers_per_gather=2"
)
SQL = (Path(__file__).parent / "statements.sql").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^-- ([^:\n]+)(?:: (.*))?\n([^;]+);$", re.MULTILINE)
STATEMENTS = {
    name: (statement, settings.replace("PARALLEL", PARALLEL).split(", "))
    for name, settings, statement in _BLOCK.findall(SQL)
}
# What changes from one execution to the next.
VARIES = re.compile(
    r"Time$|Blocks$|^WAL|Memory|Workers|Actual Rows|Actual Loops|Rows Removed|Hash Batches|"
    r"Hash Buckets|Sort (?:Method|Space)|Groups|Cache|Disk Usage|HashAgg|Heap|Searches|Width"
)
# What TEXT tells in no case, or in VERBOSE only where it is true.
UNTOLD = frozenset({"Inner Unique", "Disabled", "Planned Partitions"})
# Of a Function Scan without a function's name TEXT prints the alias, which looks like one.
UNNAMED = frozenset({"rows from"})


def described(plan):
    """What both formats must have: all properties, of those that vary the type."""
    return [
        (node.parent_id, {k: shown(k, v) for k, v in node.properties.items() if k not in UNTOLD})
        for node in plan.tree
    ]


def shown(key, value):
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{k: shown(k, v) for k, v in one.items() if v not in (0, False)} for one in value]
    return type(value).__name__ if VARIES.search(key) else value


def differences(read, expected, *, parallel):
    """What one has and the other has not; Workers vary: one may have nothing to do."""
    for number, ((parent, one), (owner, other)) in enumerate(zip(read, expected, strict=True)):
        if parent != owner:
            yield number, "parent", parent, owner
        for key in (one.keys() | other.keys()) - {"Workers"}:
            if "I/O" in key:  # none where the blocks were found the second time
                continue
            if parallel and VARIES.search(key) and (key in one) != (key in other):
                continue  # the leader may have had nothing to do
            if one.get(key) != other.get(key):
                yield number, key, one.get(key), other.get(key)


def tables(plan):
    """The node table without what varies, and where it says nothing."""
    frame = plan.arrow.drop_columns([name for name in plan.arrow.column_names if varying(name)])
    return frame.to_pylist(), {
        name: [value is None for value in plan.arrow[name].to_pylist()]
        for name in plan.arrow.column_names
        if name not in {"skew", "spilled_bytes", "io_ms", "self_io_ms"}
    }


def triggers(plan):
    """Which ran how often on what; without VERBOSE TEXT names a constraint's by it alone."""
    found = plan.document.get("Triggers", [])
    return [
        (one.get("Constraint Name") or one["Trigger Name"], one["Relation"], one["Calls"])
        for one in found
    ]


def varying(name):
    return (
        name == "self_cost"
        or name.endswith(("_ms", "_blocks", "_share", "_rows", "_removed", "_bytes", "skew"))
        or (name in {"row_factor", "loops", "processes", "workers", "timing_ok", "plan_width"})
    )


# What is written and rolled back leaves its pages behind, which cost a little.
GROWN = frozenset({"Startup Cost", "Total Cost", "Plan Rows"})
WRITES = ("insert", "update", "merge", "delete")
#: Not in every release, or not compiled in.
OPTIONAL = frozenset({"json table", "table function"})
OPTIONS = (
    "analyze, verbose, buffers, settings, wal",
    "analyze, buffers, timing off",
    "verbose",
    "costs off",
)


@pytest.mark.parametrize("name", STATEMENTS)
def test_text_gives_the_nodes_of_json(explained, name):
    statement, settings = STATEMENTS[name]
    for options in OPTIONS:
        try:
            text, document = explained(statement, options, settings)
        except DBAPIError:
            if name not in OPTIONAL:
                raise
            pytest.skip("this server does not have it")
        read, expected = read_plan(text), read_plan(document)
        assert read.lost == ()
        assert len(read.tree) == len(expected.tree)
        found = differences(described(read), described(expected), parallel="parallel" in name)
        if statement.startswith(WRITES):
            found = [one for one in found if one[1] not in GROWN]
        left = list(found)
        if name in UNNAMED:
            left = [one for one in left if one[1] != "Function Name"]
        assert left == [], options
        assert tables(read) == tables(expected), options
        assert (read.shape_id == expected.shape_id) or name in UNNAMED
        for key in ("Planning Time", "Execution Time"):
            assert (key in read.document) == (key in expected.document)
        assert triggers(read) == triggers(expected)
        assert read.document.get("JIT", {}).keys() == expected.document.get("JIT", {}).keys()
        if "settings" in options:
            assert read.document.get("Settings") == expected.document.get("Settings")
