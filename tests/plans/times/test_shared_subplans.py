import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.times.shared_subplans import shared_subplans, weights


def node(kind, ms, *below, loops=1, rows=10, blocks=0, **more):
    return {
        "Node Type": kind, "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": loops, "Actual Rows": rows, "Shared Hit Blocks": blocks,
        "Plans": list(below),
    } | more  # fmt: skip


def subplan(ms, loops, name="SubPlan 1", **more):
    hung = {"Parent Relationship": "SubPlan", "Subplan Name": name}
    return node("Index Scan", ms, loops=loops, **hung, **more)


def member(ms, *below, text="((SubPlan 1) > 0)", rows=10, **more):
    return node(
        "Seq Scan", ms, *below, rows=rows, Filter=text,
        **{"Relation Name": "p", "Parent Relationship": "Member"}, **more,
    )  # fmt: skip


def times(root):
    plan = read_plan({"Plan": root})
    assert plan.times.consistent
    assert sum(plan.times.self_ms) == pytest.approx(plan.root.total_ms)
    return [round(ms, 3) for ms in plan.times.self_ms]


def test_members_pay_for_the_subplan_that_is_printed_below_the_first_of_them():
    # thirty calls of 4 ms, ten in each member
    root = node("Append", 126.0, member(42.0, subplan(4.0, 30)), member(42.0), member(42.0))
    assert times(root) == [0.0, 2.0, 120.0, 2.0, 2.0]


def test_who_read_more_rows_called_it_more_often():
    root = node(
        "Append", 101.0, member(81.0, subplan(4.0, 25), rows=20), member(20.0, rows=5),
        **{"Actual Rows": 25},
    )  # fmt: skip
    assert times(root) == [0.0, 1.0, 100.0, 0.0]


def test_a_hashed_one_is_run_once_by_each():
    text = "(NOT (ANY (id = (hashed SubPlan 1).col1)))"
    plans = member(51.0, subplan(50.0, 2), text=text, rows=1), member(59.0, text=text, rows=900)
    assert times(node("Append", 110.0, *plans)) == [0.0, 1.0, 100.0, 9.0]


def test_without_target_lists_the_siblings_of_the_owner_have_the_same():
    members = [
        member(42.0, subplan(4.0, 30), text=""),
        member(42.0, text=""),
        member(42.0, text=""),
    ]
    assert times(node("Append", 126.0, *members)) == [0.0, 2.0, 120.0, 2.0, 2.0]


def test_blocks_are_divided_as_well():
    members = [member(21.0, subplan(2.0, 20, blocks=40), blocks=25), member(21.0, blocks=25)]
    plan = read_plan({"Plan": node("Append", 42.0, *members, blocks=50)})
    assert plan.times.self_blocks["hit_blocks"] == [0, 5, 40, 5]


@pytest.mark.parametrize(
    "root",
    [
        node("Append", 50.0, member(45.0, subplan(4.0, 10)), member(5.0)),  # fits its owner
        node("Append", 50.0, member(45.0, subplan(4.0, 10)), member(5.0, loops=0)),
        node("Limit", 20.0, node("Seq Scan", 20.0, subplan(4.0, 10))),  # nobody else
        node("Sort", 20.0, member(19.0, subplan(4.0, 10)), **{"Sort Key": ["(SubPlan 1)"]}),
        node("Hash Join", 9.0, node("Seq Scan", 5.0, subplan(4.0, 10, "SubPlan 12")), member(4.0)),
    ],
)
def test_a_subplan_of_one_node_is_not_shared(root):
    plan = read_plan({"Plan": root})
    assert not shared_subplans(plan.tree, [node.total_ms for node in plan.tree])


def test_without_rows_the_owner_pays():
    plan = read_plan({"Plan": node("Append", 9.0, member(5.0, rows=0), member(4.0, rows=0))})
    assert weights(plan.tree, 1, [1, 2]) == {1: 1.0}
