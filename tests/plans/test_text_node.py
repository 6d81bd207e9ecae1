"""First lines of nodes as EXPLAIN prints them (PostgreSQL ``explain.c``), and its JSON's names."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.plans.text_node import HEAD, node_properties

COST = "  (cost=0.43..8.45 rows=12 width=36)"


def _node(line: str) -> dict[str, object]:
    head = HEAD.fullmatch(line)
    assert head is not None
    return node_properties(head)


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        ("Seq Scan on t", {"Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t"}),
        (
            "Index Only Scan Backward using i on s.t x",
            {
                "Node Type": "Index Only Scan",
                "Index Name": "i",
                "Scan Direction": "Backward",
                "Relation Name": "t",
                "Schema": "s",
                "Alias": "x",
            },
        ),
        (
            'Index Scan using "My ""I""" on "S p"."T.t" "a b"',
            {
                "Index Name": 'My "I"',
                "Scan Direction": "Forward",
                "Schema": "S p",
                "Relation Name": "T.t",
                "Alias": "a b",
            },
        ),
        ("Bitmap Index Scan on i", {"Node Type": "Bitmap Index Scan", "Index Name": "i"}),
        ("Bitmap Heap Scan on t", {"Node Type": "Bitmap Heap Scan", "Relation Name": "t"}),
        ("CTE Scan on x y", {"Node Type": "CTE Scan", "CTE Name": "x", "Alias": "y"}),
        ("WorkTable Scan on r", {"Node Type": "WorkTable Scan", "CTE Name": "r"}),
        (
            "Function Scan on pg_catalog.generate_series g",
            {"Function Name": "generate_series", "Schema": "pg_catalog", "Alias": "g"},
        ),
        ("Subquery Scan on q", {"Node Type": "Subquery Scan", "Alias": "q"}),
        ('Values Scan on "*VALUES*"', {"Node Type": "Values Scan", "Alias": "*VALUES*"}),
        ("Hash Join", {"Node Type": "Hash Join", "Join Type": "Inner"}),
        ("Merge Left Join", {"Node Type": "Merge Join", "Join Type": "Left"}),
        ("Hash Right Anti Join", {"Node Type": "Hash Join", "Join Type": "Right Anti"}),
        ("Nested Loop", {"Node Type": "Nested Loop", "Join Type": "Inner"}),
        ("Nested Loop Semi Join", {"Node Type": "Nested Loop", "Join Type": "Semi"}),
        ("Hash", {"Node Type": "Hash"}),
        ("Merge Append", {"Node Type": "Merge Append"}),
        (
            "Partial HashAggregate",
            {"Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Partial"},
        ),
        ("Finalize GroupAggregate", {"Strategy": "Sorted", "Partial Mode": "Finalize"}),
        ("MixedAggregate", {"Strategy": "Mixed", "Partial Mode": "Simple"}),
        ("Aggregate", {"Node Type": "Aggregate", "Strategy": "Plain", "Partial Mode": "Simple"}),
        (
            "Update on s.t x",
            {"Node Type": "ModifyTable", "Operation": "Update", "Schema": "s", "Alias": "x"},
        ),
        ("Merge on t", {"Node Type": "ModifyTable", "Operation": "Merge", "Relation Name": "t"}),
        ("Incremental Sort", {"Node Type": "Incremental Sort"}),
        ("Async Foreign Scan on t", {"Node Type": "Foreign Scan", "Relation Name": "t"}),
    ],
)
@pytest.mark.parametrize("parallel", ["", "Parallel "])
def test_a_description_has_the_properties_of_the_json(what, wanted, parallel):
    line = what.replace("Async ", "Async " + parallel) if "Async" in what else parallel + what
    found = _node(line + COST)
    assert {name: found.get(name) for name in wanted} == wanted
    assert found["Parallel Aware"] is bool(parallel)


def test_an_aliased_subquery_or_list_names_no_table():
    assert "Relation Name" not in _node("Subquery Scan on q" + COST)
    assert "Relation Name" not in _node("Bitmap Index Scan on i" + COST)
    assert "Schema" not in _node("Seq Scan on t" + COST)


@settings(max_examples=80, deadline=None)
@given(
    cost=st.floats(0, 1e9).map(lambda value: round(value, 2)),
    rows=st.integers(0, 10**12),
    ms=st.floats(0, 1e7).map(lambda value: round(value, 3)),
    loops=st.integers(1, 10**6),
    fraction=st.booleans(),
)
def test_what_was_planned_and_counted_is_read(cost, rows, ms, loops, fraction):
    counted = f"{rows}.00" if fraction else str(rows)  # with a fraction since PostgreSQL 18
    line = (
        f"  ->  Seq Scan on t  (cost=0.00..{cost:.2f} rows={rows} width=8)"
        f" (actual time=0.001..{ms:.3f} rows={counted} loops={loops})"
    )
    head = HEAD.fullmatch(line)
    assert (len(head["indent"]), head["arrow"]) == (2, "->  ")
    found = node_properties(head)
    assert (found["Startup Cost"], found["Total Cost"]) == (0.0, cost)
    assert (found["Plan Rows"], found["Plan Width"]) == (rows, 8)
    assert (found["Actual Startup Time"], found["Actual Total Time"]) == (0.001, ms)
    assert (found["Actual Rows"], found["Actual Loops"]) == (rows, loops)


def test_without_timing_and_without_costs_the_rest_is_known():
    found = _node("Seq Scan on t (actual rows=3 loops=2)")
    assert (found["Actual Rows"], found["Actual Loops"]) == (3, 2)
    assert "Actual Total Time" not in found
    assert "Total Cost" not in found


@pytest.mark.parametrize("cost", [COST, ""])
def test_a_node_that_was_never_executed_has_no_rows_in_no_loops(cost):
    found = _node(f"Seq Scan on t{cost} (never executed)")
    assert (found["Node Type"], found["Actual Rows"], found["Actual Loops"]) == ("Seq Scan", 0, 0)
    assert "Actual Total Time" not in found


@pytest.mark.parametrize(
    "line",
    [
        "Seq Scan on t" + " " * 50_000,
        "Seq Scan on " + '"' * 50_000,
        "Index Scan using " + "a on " * 10_000,
        "->  " * 20_000,
        "x  (cost=" * 10_000,
        "Hash" + " Left" * 20_000,
    ],
)
def test_a_hostile_line_is_read_at_once(line):
    began = time.perf_counter()
    head = HEAD.fullmatch(line)
    if head is not None:
        node_properties(head)
    assert time.perf_counter() - began < 1
