import json

import pytest

from perfkit.plans.mysql.iterators import from_json, iterator
from perfkit.plans.mysql.reading import read

# EXPLAIN ANALYZE FORMAT=JSON with explain_json_format_version = 2 (MySQL 8.3 and later).
PLAN = {
    "query": "/* select#1 */ select ...", "query_type": "select", "json_schema_version": "2.0",
    "operation": "Filter: (u.n > 1)", "access_type": "filter", "condition": "(u.n > 1)",
    "estimated_rows": 30.0, "estimated_total_cost": 2.5, "estimated_first_row_cost": 0.5,
    "actual_rows": 3.0, "actual_loops": 1, "actual_first_row_ms": 1.0, "actual_last_row_ms": 2.0,
    "inputs": [
        {
            "operation": "Inner hash join (u.country = t.b)", "access_type": "join",
            "join_type": "inner join", "join_algorithm": "hash",
            "hash_condition": ["(u.country = t.b)"], "actual_rows": 9.0, "actual_loops": 1,
            "actual_first_row_ms": 0.5, "actual_last_row_ms": 1.5,
            "inputs": [
                {
                    "operation": "Table scan on u", "table_name": "users", "alias": "u",
                    "schema_name": "shop", "access_type": "table", "used_columns": ["n"],
                    "actual_rows": 4.0, "actual_loops": 1, "actual_first_row_ms": 0.1,
                    "actual_last_row_ms": 0.6,
                },
                {
                    "heading": "Hash", "operation": "Covering index scan on t using k",
                    "table_name": "tiny", "alias": "t", "schema_name": "shop", "index_name": "k",
                    "covering": True, "actual_rows": None, "actual_loops": None,
                    "actual_first_row_ms": None, "actual_last_row_ms": None,
                },
            ],
        }
    ],
    "inputs_from_select_list": [
        {
            "heading": "Select #2 (subquery in projection; dependent)", "subquery": True,
            "operation": "Rows fetched before execution", "actual_rows": 1.0, "actual_loops": 3,
            "actual_first_row_ms": 0.01, "actual_last_row_ms": 0.01,
        }
    ],
}  # fmt: skip


@pytest.mark.parametrize("source", [PLAN, json.dumps(PLAN), {"query_plan": PLAN, "query": "q"}])
def test_the_second_json_format_is_read(source):
    plan = read(source)
    assert plan.system == "mysql"
    assert [node.kind for node in plan.tree] == [
        "Query Block", "Filter", "Hash Join", "Table Scan", "Index Scan", "Result",
    ]  # fmt: skip
    users, tiny = plan.tree[3:5]
    assert (users.qualified, users.text("Alias")) == ("shop.users", "u")
    assert (tiny.text("Index Name"), tiny.loops) == ("k", 0)
    assert sum(plan.times.self_ms) == pytest.approx(2.03)
    assert plan.tree[1].number("Rows Removed by Filter") == 6


def test_what_has_no_name_in_the_model_keeps_the_servers():
    assert read(PLAN).tree[3].properties["used_columns"] == ["n"]


def test_never_executed_is_no_loop_and_unknown_is_unknown():
    assert iterator("Table scan on t", {"actual_rows": None}).properties["Actual Loops"] == 0
    assert "Actual Loops" not in iterator("Table scan on t", {}).properties


def test_anything_else_among_the_inputs_is_passed_over():
    assert len(from_json({"operation": "Append", "inputs": [3, None, "x"]})[0].children) == 0
    assert from_json({"operation": "Append", "inputs": 7})[0].children == []
