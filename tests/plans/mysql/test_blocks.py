import pytest

from perfkit.plans.mysql.blocks import block
from perfkit.plans.mysql.reading import read


def table(name, **more):
    return {
        "table_name": name, "access_type": "ALL", "r_loops": 1, "rows": 10, "r_rows": 10,
        "filtered": 100, "r_filtered": 100, "r_table_time_ms": 1.0, "r_other_time_ms": 0.5,
    } | more  # fmt: skip


def kinds(plan):
    return [(node.depth, node.kind) for node in plan.tree]


# MySQL 5.7 and 8.0, EXPLAIN FORMAT=JSON.
MYSQL = {
    "query_block": {
        "select_id": 1, "cost_info": {"query_cost": "424.70"},
        "ordering_operation": {
            "using_temporary_table": True, "using_filesort": True,
            "cost_info": {"sort_cost": "222.20"},
            "grouping_operation": {
                "using_filesort": False,
                "nested_loop": [
                    {"table": {
                        "table_name": "o", "access_type": "ref", "key": "status",
                        "used_key_parts": ["status"], "ref": ["const"],
                        "rows_examined_per_scan": 200, "rows_produced_per_join": 22,
                        "filtered": "11.00", "index_condition": "(`shop`.`o`.`a` > 1)",
                        "cost_info": {
                            "read_cost": "18.25", "eval_cost": "2.25", "prefix_cost": "20.50",
                        },
                        "used_columns": ["a"], "attached_condition": "(`shop`.`o`.`b` = 2)",
                        "attached_subqueries": [{
                            "dependent": True, "cacheable": False,
                            "query_block": {"select_id": 2, "table": {
                                "table_name": "x", "access_type": "eq_ref", "key": "PRIMARY"}},
                        }],
                    }},
                    {"table": {
                        "table_name": "<derived3>", "access_type": "ALL",
                        "using_join_buffer": "hash join", "rows_examined_per_scan": 5,
                        "rows_produced_per_join": 110, "filtered": "100.00",
                        "materialized_from_subquery": {
                            "using_temporary_table": True, "dependent": False,
                            "query_block": {"union_result": {
                                "using_temporary_table": True, "table_name": "<union3,4>",
                                "access_type": "ALL",
                                "query_specifications": [
                                    {"dependent": False, "query_block": {
                                        "select_id": 3,
                                        "table": {"table_name": "a", "access_type": "system"}}},
                                    {"dependent": False, "query_block": {
                                        "select_id": 4, "message": "No tables used"}},
                                ],
                            }},
                        },
                    }},
                ],
            },
        },
        "select_list_subqueries": [{
            "dependent": True, "query_block": {
                "select_id": 5, "table": {"table_name": "p", "access_type": "index"}}}],
    }
}  # fmt: skip


def test_mysqls_first_json_format_is_read():
    plan = read(MYSQL)
    assert plan.system == "mysql"
    assert not plan.analyzed
    assert [(d, k, n.relation) for (d, k), n in zip(kinds(plan), plan.tree, strict=True)] == [
        (0, "Query Block", None), (1, "Sort", None), (2, "Group", None), (3, "Nested Loop", None),
        (4, "Index Lookup", "o"), (5, "Query Block", None), (6, "Single-row Index Lookup", "x"),
        (4, "Table Scan", "<derived3>"), (5, "Materialize", None), (6, "Union", None),
        (7, "Query Block", None), (8, "Constant Row", "a"), (7, "Query Block", None),
        (1, "Query Block", None), (2, "Index Scan", "p"),
    ]  # fmt: skip
    lookup = plan.tree[4]
    assert (lookup.number("Plan Rows"), lookup.number("Total Cost")) == (22, 20.5)
    assert lookup.condition == "(`shop`.`o`.`a` > 1) AND (`shop`.`o`.`b` = 2)"
    assert plan.tree[3].number("Plan Rows") == 110
    assert plan.root.number("Total Cost") == 424.7
    assert [n.relationship for n in plan.tree].count("SubPlan") == 2
    assert plan.tree[5].properties["dependent"] is True


def test_the_tables_of_a_join_before_10_9_are_all_read():
    text = """{"query_block": {"select_id": 1, "r_loops": 1, "r_total_time_ms": 9,
      "table": {"table_name": "a", "access_type": "ALL", "r_loops": 1, "r_rows": 2,
                "r_total_time_ms": 2, "r_filtered": 100},
      "block-nl-join": {"table": {"table_name": "b", "access_type": "hash_ALL",
          "key": "#hash#k", "r_loops": 1, "r_rows": 4, "r_total_time_ms": 3, "r_filtered": 50},
          "buffer_type": "flat", "buffer_size": "1Kb", "join_type": "BNLH",
          "attached_condition": "b.x = a.x", "r_filtered": 100},
      "table": {"table_name": "c", "access_type": "eq_ref", "key": "PRIMARY", "r_loops": 2,
                "r_rows": 1, "r_total_time_ms": 1, "r_filtered": 100}}}"""
    plan = read(text)
    assert kinds(plan) == [
        (0, "Query Block"), (1, "Nested Loop"), (2, "Table Scan"), (2, "Hash Join"),
        (3, "Table Scan"), (2, "Single-row Index Lookup"),
    ]  # fmt: skip
    assert [n.relation for n in plan.tree if n.relation] == ["a", "b", "c"]
    assert plan.tree[4].text("Index Name") == "k"
    assert plan.times.self_ms == pytest.approx([3.0, 0.0, 2.0, 0.0, 3.0, 1.0])


def test_a_sort_of_one_table_has_the_reading_in_its_time_and_one_behind_a_join_has_not():
    sort = {"sort_key": "a", "r_loops": 1, "r_output_rows": 10, "r_used_priority_queue": False}
    read_sorted = {
        "nested_loop": [
            {"read_sorted_file": {"r_rows": 3, "filesort": sort | {
                "r_total_time_ms": 2.0, "table": table("a")}}},
            {"table": table("b")},
        ]
    }  # fmt: skip
    joined = {"nested_loop": [{"table": table("a")}]}
    behind = {"filesort": sort | {"r_total_time_ms": 2.0, "temporary_table": joined}}
    for body, own in ((read_sorted, 0.5), (behind, 2.0)):
        plan = read({"query_block": {"r_loops": 1, "r_total_time_ms": 4.0} | body})
        node = next(node for node in plan.tree if node.kind == "Sort")
        assert plan.times.self_ms[node.node_id] == pytest.approx(own)
        assert sum(plan.times.self_ms) == pytest.approx(4.0)


def test_window_functions_sort_between_the_window_and_its_rows():
    sorts = [{"filesort": {"sort_key": "a", "r_loops": 1, "r_total_time_ms": 3.0}}]
    inner = {"sorts": sorts, "temporary_table": {"nested_loop": [{"table": table("t")}]}}
    plan = read({"query_block": {"r_loops": 1, "r_total_time_ms": 5,
                                 "window_functions_computation": inner}})  # fmt: skip
    assert kinds(plan) == [
        (0, "Query Block"), (1, "Window"), (2, "Sort"), (3, "Temporary Table"), (4, "Table Scan"),
    ]  # fmt: skip
    assert plan.times.self_ms == pytest.approx([0.5, 0.0, 3.0, 0.0, 1.5])


def test_what_writing_a_temporary_table_took_is_counted_once():
    derived = table("<derived2>", materialized={"query_block": {
        "select_id": 2, "r_loops": 1, "r_total_time_ms": 10.0, "nested_loop": [
            {"table": table("o", r_table_time_ms=8.0)}]}})  # fmt: skip
    plan = read({"query_block": {"r_loops": 1, "r_total_time_ms": 10.4,
                                 "nested_loop": [{"table": derived}]}})  # fmt: skip
    assert plan.times.self_ms == pytest.approx([0.0, 0.4, 1.5, 8.5])
    assert plan.times.consistent


def test_semijoins_weed_out_duplicates_around_their_tables():
    body = {"nested_loop": [{"table": table("a")}, {"duplicates_removal": [
        {"table": table("b")}, {"table": table("c")}]}]}  # fmt: skip
    made = block(body, 1.0)
    (join,) = made.children
    assert [step.kind for step in join.children] == ["Table Scan", "Remove Duplicates"]
    assert [step.kind for step in join.children[1].children] == ["Nested Loop"]


def test_a_statement_without_a_table_is_one_step_with_the_servers_reason():
    plan = read({"query_block": {"select_id": 1, "table": {"message": "Impossible WHERE"}}})
    assert kinds(plan) == [(0, "Query Block"), (1, "Result")]
    assert plan.tree[1].properties["message"] == "Impossible WHERE"


def test_writes_stand_above_the_step_that_finds_the_rows():
    table = {
        "update": 1, "table_name": "o", "access_type": "range", "key": "PRIMARY", "rows": 9,
        "r_rows": 8, "r_filtered": 50, "r_table_time_ms": 1.5, "r_other_time_ms": 0.25,
    }  # fmt: skip
    plan = read({"query_block": {"select_id": 1, "r_total_time_ms": 2, "table": table}})
    assert kinds(plan) == [(0, "Query Block"), (1, "Update"), (2, "Index Range Scan")]
    assert plan.tree[2].number("Actual Rows") == 4
    assert plan.times.self_ms == pytest.approx([0.25, 0.0, 1.75])


def test_a_derived_table_behind_a_join_buffer_is_read_with_all_that_made_it(analyzed):
    plan = read(analyzed(
        "with x as (select id from users u where id < 12 and id + sleep(0.002) > 0 limit 9) "
        "select * from x, tiny"
    ))  # fmt: skip
    inner = next(node for node in plan.tree if node.relation == "u")
    above = [node.kind for node in plan.ancestors(inner)]
    assert above[:3] == ["Materialize", "Table Scan", "Block Nested Loop"]
    assert plan.times.self_ms[inner.node_id] == pytest.approx(plan.root.total_ms, rel=0.2)
    assert plan.times.consistent
