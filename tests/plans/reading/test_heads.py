"""First lines of nodes as EXPLAIN prints them (PostgreSQL ``explain.c``), and its JSON's names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.plans.reading.heads import described, head_of, is_known, worker_counts

COST = "  (cost=0.43..8.45 rows=12 width=36)"


def _node(line):
    head = head_of(line)
    assert head is not None
    assert head.whole
    return described(head.what) | head.counts


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
        (
            "Async Foreign Scan on t",
            {"Node Type": "Foreign Scan", "Relation Name": "t", "Async Capable": True},
        ),
        ("Foreign Update on t", {"Node Type": "Foreign Scan", "Operation": "Update"}),
        ("Foreign Scan", {"Node Type": "Foreign Scan", "Operation": "Select"}),
        ("HashSetOp Except All", {"Node Type": "SetOp", "Strategy": "Hashed"}),
        ("SetOp Intersect", {"Strategy": "Sorted", "Command": "Intersect"}),
        ("Hash Right Semi Join", {"Node Type": "Hash Join", "Join Type": "Right Semi"}),
        (
            "Custom Scan (ChunkAppend) on metrics m",
            {"Custom Plan Provider": "ChunkAppend", "Relation Name": "metrics", "Alias": "m"},
        ),
        ("Custom Scan (Citus Adaptive)", {"Custom Plan Provider": "Citus Adaptive"}),
        (
            'Table Function Scan on "xmltable" x',
            {"Table Function Name": "xmltable", "Alias": "x"},
        ),
        (
            'Index Scan using "a on b"" using c" on "My ""S"" . on"."t (on) " "x on y"',
            {
                "Index Name": 'a on b" using c',
                "Schema": 'My "S" . on',
                "Relation Name": "t (on) ",
                "Alias": "x on y",
            },
        ),
        (
            "Index Scan using <13542>btree_t_a on t",
            {"Index Name": "<13542>btree_t_a", "Relation Name": "t"},
        ),
        (
            "Redistribute Motion 3:4  (slice2; segments: 3)",
            {"Node Type": "Redistribute Motion", "Senders": 3, "Receivers": 4, "Slice": 2},
        ),
    ],
)
@pytest.mark.parametrize("parallel", ["", "Parallel "])
def test_a_description_has_the_properties_of_the_json(what, wanted, parallel):
    found = _node(parallel + what + COST)
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
    counted = f"{rows}.25" if fraction else str(rows)  # with a fraction since PostgreSQL 18
    line = (
        f"->  Seq Scan on t  (cost=0.00..{cost:.2f} rows={rows} width=8)"
        f" (actual time=0.001..{ms:.3f} rows={counted} loops={loops})"
    )
    head = head_of(line)
    assert (head.arrow, head.whole) == (True, True)
    found = head.counts
    assert (found["Startup Cost"], found["Total Cost"]) == (0.0, cost)
    assert (found["Plan Rows"], found["Plan Width"]) == (rows, 8)
    assert (found["Actual Startup Time"], found["Actual Total Time"]) == (0.001, ms)
    assert (found["Actual Rows"], found["Actual Loops"]) == (float(counted), loops)
    assert isinstance(found["Actual Rows"], float if fraction else int)


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


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_line_that_ends_within_its_numbers_is_not_whole(cut):
    line = (
        "->  Seq Scan on t  (cost=0.00..9.00 rows=1 width=4) (actual time=0.1..0.2 rows=1 loops=1)"
    )
    head = head_of(line[:-cut])
    assert head is not None
    planned = line[:-cut].rstrip().endswith("width=4)")
    assert head.whole is (planned or "(" not in line[:-cut])


@pytest.mark.parametrize(
    "line", ["Seq Scan on t", "Merge Left Join", "Partial HashAggregate", "Result", "Limit",
             'Insert on "a b" c', "Foreign Scan", "Custom Scan (X)", "Parallel Append"]
)  # fmt: skip
def test_nodes_without_numbers_are_known_by_what_they_are(line):
    assert is_known(line)


@pytest.mark.parametrize(
    "line", ["hello", "Limit 10", "limit", "Seq Scan on", "Scan on t", "select 1 on x",
             "Seq Scan on t a b", "Hash Cond Join", "Partial Result", ""]
)  # fmt: skip
def test_other_lines_without_numbers_are_no_nodes(line):
    assert not is_known(line)
    assert head_of(line) is None


def test_a_worker_says_what_it_counted():
    assert worker_counts("actual time=0.5..1.0 rows=3.50 loops=2") == {
        "Actual Startup Time": 0.5, "Actual Total Time": 1.0, "Actual Rows": 3.5, "Actual Loops": 2,
    }  # fmt: skip
    assert worker_counts("actual rows=3 loops=2") == {"Actual Rows": 3, "Actual Loops": 2}
    assert worker_counts("Sort Method: quicksort") is None
