import pytest

from perfkit.plans.node import Node, subtree
from perfkit.plans.read import read_plan


def one(**properties):
    named = {key.replace("_", " "): value for key, value in properties.items()}
    return Node(node_id=0, parent_id=None, depth=0, properties={"Node Type": "Seq Scan"} | named)


def test_a_name_has_its_schema_where_the_plan_says_it():
    assert one(Relation_Name="t").qualified == "t"
    assert one(Relation_Name="t", Schema="s").qualified == "s.t"
    assert one(Schema="s").qualified is None


def test_conditions_are_joined_in_the_order_of_evaluation_and_named_once():
    node = one(Filter="(b = 2)", Recheck_Cond="(a = 1)", Index_Cond="(a = 1)")
    assert node.condition == "(a = 1) AND (b = 2)"
    assert one().condition is None


@pytest.mark.parametrize(
    ("properties", "total"),
    [
        ({"Actual Loops": 3, "Actual Total Time": 2.0}, 6.0),
        ({"Actual Loops": 0, "Actual Total Time": 0.0}, 0.0),
        ({"Actual Loops": 0}, 0.0),  # never executed, also without timing
        ({"Actual Loops": 3}, None),
        ({}, None),
    ],
)
def test_total_time_is_time_per_loop_times_loops(properties, total):
    assert one(**properties).total_ms == total


def test_factors_are_of_rows_per_loop_and_at_least_of_one_row():
    assert one(Actual_Rows=30, Plan_Rows=10, Actual_Loops=2).row_factor == 3
    assert one(Actual_Rows=0, Plan_Rows=0, Actual_Loops=1).row_factor == 1
    assert one(Actual_Rows=0, Plan_Rows=10, Actual_Loops=0).row_factor is None
    assert one(Plan_Rows=10).row_factor is None


def test_a_subtree_ends_with_the_next_node_that_is_not_below():
    def node(*below):
        return {"Node Type": "Append", "Plans": list(below)}

    tree = read_plan({"Plan": node(node(node(), node()), node())}).tree
    assert [below.node_id for below in subtree(tree, tree[1])] == [1, 2, 3]
    assert [below.node_id for below in subtree(tree, tree[4])] == [4]
    assert len(list(subtree(tree, tree[0]))) == 5
