import pyarrow as pa
import pytest

from perfkit.plans.node_table import SCHEMA, node_table
from perfkit.plans.read import read_plan

EXECUTED = {
    "Plan": {
        "Node Type": "Nested Loop", "Total Cost": 100.0, "Plan Rows": 1, "Actual Rows": 30,
        "Actual Loops": 1, "Actual Startup Time": 0.5, "Actual Total Time": 50.0,
        "Shared Hit Blocks": 70, "Shared Read Blocks": 8, "Temp Read Blocks": 0,
        "Temp Written Blocks": 0, "Join Filter": "(a.x > b.y)",
        "Plans": [
            {
                "Node Type": "Seq Scan", "Parallel Aware": True, "Relation Name": "a",
                "Schema": "public", "Alias": "a1", "Total Cost": 30.0, "Plan Rows": 10,
                "Actual Rows": 10, "Actual Loops": 1, "Actual Startup Time": 0.0,
                "Actual Total Time": 20.0, "Shared Hit Blocks": 30, "Shared Read Blocks": 8,
                "Temp Read Blocks": 0, "Temp Written Blocks": 0,
                "Filter": "(n = 5)", "Rows Removed by Filter": 90,
            },
            {
                "Node Type": "Index Scan", "Relation Name": "b", "Index Name": "b_pkey",
                "Total Cost": 5.0, "Plan Rows": 100, "Actual Rows": 3, "Actual Loops": 10,
                "Actual Startup Time": 0.1, "Actual Total Time": 2.0, "Shared Hit Blocks": 40,
                "Shared Read Blocks": 0, "Temp Read Blocks": 0, "Temp Written Blocks": 0,
                "Index Cond": "(id = a.x)", "Filter": "(deleted IS NULL)",
                "Rows Removed by Filter": 2, "Rows Removed by Index Recheck": 1,
            },
            {
                "Node Type": "Result", "Total Cost": 1.0, "Plan Rows": 1, "Actual Rows": 0,
                "Actual Loops": 0, "Actual Startup Time": 0.0, "Actual Total Time": 0.0,
            },
        ],
    },
    "Execution Time": 100.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    return node_table(read_plan(EXECUTED)).to_pylist()


def test_nodes_are_depth_first_with_their_places(rows):
    assert [(r["node_id"], r["parent_id"], r["depth"]) for r in rows] == [
        (0, None, 0), (1, 0, 1), (2, 0, 1), (3, 0, 1),
    ]  # fmt: skip


def test_what_is_read_is_named(rows):
    names = ("node_type", "schema", "relation", "alias", "index")
    assert [rows[1][n] for n in names] == ["Parallel Seq Scan", "public", "a", "a1", None]
    assert [rows[2][n] for n in names] == ["Index Scan", None, "b", None, "b_pkey"]
    assert rows[2]["condition"] == "(id = a.x) AND (deleted IS NULL)"
    assert rows[3]["condition"] is None


def test_rows_are_per_loop_and_totals_over_all_loops(rows):
    inner = rows[2]
    assert (inner["plan_rows"], inner["actual_rows"], inner["loops"]) == (100, 3, 10)
    assert inner["total_rows"] == 30
    assert inner["rows_removed"] == 30  # two by the filter, one by the recheck, ten times
    assert inner["row_factor"] == pytest.approx(0.03)
    assert rows[0]["row_factor"] == 30
    assert rows[1]["rows_removed"] == 90


def test_times_are_of_the_whole_and_alone(rows):
    assert [r["inclusive_ms"] for r in rows] == [50.0, 20.0, 20.0, 0.0]
    assert [r["self_ms"] for r in rows] == [10.0, 20.0, 20.0, 0.0]
    assert [r["self_share"] for r in rows] == [0.1, 0.2, 0.2, 0.0]
    assert rows[2]["startup_ms"] == 0.1


def test_costs_and_blocks_are_alone_as_well(rows):
    assert [r["self_cost"] for r in rows] == [64.0, 30.0, 5.0, 1.0]
    assert [r["hit_blocks"] for r in rows] == [70, 30, 40, None]
    assert [r["self_hit_blocks"] for r in rows] == [0, 30, 40, 0]
    assert [r["self_read_blocks"] for r in rows] == [0, 8, 0, 0]


def test_a_node_that_never_ran_has_no_rows_removed_and_no_factor(rows):
    assert [r["never_executed"] for r in rows] == [False, False, False, True]
    assert (rows[3]["total_rows"], rows[3]["rows_removed"], rows[3]["row_factor"]) == (
        0,
        None,
        None,
    )


def test_a_plan_that_was_only_planned_has_unknown_and_not_zero_measurements():
    plan = read_plan({"Plan": {"Node Type": "Seq Scan", "Plan Rows": 7, "Total Cost": 3.5}})
    (row,) = node_table(plan).to_pylist()
    measured = (
        "actual_rows", "loops", "total_rows", "row_factor", "rows_removed", "startup_ms",
        "inclusive_ms", "self_ms", "self_share", "hit_blocks", "self_hit_blocks",
        "never_executed",
    )  # fmt: skip
    assert {row[name] for name in measured} == {None}
    assert (row["plan_rows"], row["self_cost"]) == (7.0, 3.5)


def test_costs_that_a_limit_left_unspent_below_are_not_negative():
    below = {"Node Type": "Seq Scan", "Total Cost": 900.0}
    plan = read_plan({"Plan": {"Node Type": "Limit", "Total Cost": 9.0, "Plans": [below]}})
    assert node_table(plan)["self_cost"].to_pylist() == [0.0, 900.0]


def test_a_plan_without_costs_has_unknown_costs():
    plan = read_plan({"Plan": {"Node Type": "Result"}})
    assert node_table(plan)["self_cost"].to_pylist() == [None]


def test_the_columns_are_the_described_ones_in_both_directions():
    from perfkit.plans import model

    described = [name for name in SCHEMA.names if name in model.__doc__]
    assert described == SCHEMA.names
    assert SCHEMA.field("never_executed").type == pa.bool_()
    assert SCHEMA.field("node_id").type == pa.int64()
    assert SCHEMA.field("self_ms").type == pa.float64()
