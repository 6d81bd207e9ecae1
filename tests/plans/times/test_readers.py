import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.times.readers import Readers, ends, execution_order, is_cte


def node(kind, *below, loops=1, **more):
    return {"Node Type": kind, "Actual Loops": loops, "Plans": list(below)} | more


def init(name, *below, **more):
    return node(
        "Result", *below, **{"Parent Relationship": "InitPlan", "Subplan Name": name}, **more
    )


def scan(name, **more):
    return node("CTE Scan", **{"CTE Name": name}, **more)


def tree_of(root):
    return read_plan({"Plan": root}).tree


def readers(root, plan):
    tree = tree_of(root)
    found = Readers(tree)
    plan = tree[plan]
    return [one.node_id for one in (found.of_cte if is_cte(plan) else found.of_scalar)(plan)]


@pytest.mark.parametrize(
    ("name", "mention"),
    [
        ("InitPlan 1 (returns $0)", "(a = $0)"),  # up to 16
        ("InitPlan 1 (returns $0,$1)", "(a = $1)"),
        ("InitPlan 1", "(a = (InitPlan 1).col1)"),  # 17 and 18
        ("InitPlan expr_1", "(a = (InitPlan expr_1).col1)"),  # 19
    ],
)
def test_readers_mention_the_parameter_as_each_version_writes_it(name, mention):
    others = [
        node("Seq Scan", Filter=text) for text in ("(a = $10)", "(InitPlan 11).col1 = a", "a")
    ]
    reader = node("Seq Scan", Output=["a", mention])
    assert readers(node("Append", init(name), *others, reader), 1) == [5]


def test_who_never_ran_and_who_is_beside_the_owner_reads_nothing():
    name = "InitPlan 1 (returns $0)"
    skipped = node("Seq Scan", loops=0, Filter="(a = $0)")
    owner = node("Limit", init(name, node("Seq Scan", Filter="(a = $0)")), skipped)
    assert readers(node("Append", owner, node("Seq Scan", Filter="(a = $0)")), 2) == []


def test_below_a_gather_the_gather_reads_first_and_then_the_node_itself():
    gather = node("Gather", node("Seq Scan", loops=3, Filter="(a = $0)"))
    assert readers(node("Limit", init("InitPlan 1 (returns $0)"), gather), 1) == [2, 3]
    inside = node("Gather", init("InitPlan 1 (returns $0)"), node("Seq Scan", Filter="(a = $0)"))
    assert readers(inside, 1) == [0, 2]


def test_a_cte_is_read_by_its_scans_and_never_by_the_work_table():
    union = node(
        "Recursive Union", node("WorkTable Scan", **{"CTE Name": "r"}),
        **{"Parent Relationship": "InitPlan", "Subplan Name": "CTE r"},
    )  # fmt: skip
    assert readers(node("Append", union, scan("r"), scan("other"), scan("r", loops=0)), 1) == [3]


def test_the_owner_may_be_the_scan_itself():
    assert readers(scan("r") | {"Plans": [init("CTE r")]}, 1) == [0]


def test_of_equal_names_the_nearest_definition_is_meant():
    inner = node("Limit", init("CTE x"), scan("x"))
    root = node("Append", init("CTE x"), inner, scan("x"))
    assert readers(root, 1) == [5]
    assert readers(root, 3) == [4]


def test_in_its_own_body_the_name_means_the_one_further_out():
    body = init("CTE x", scan("x"))
    root = node("Append", init("CTE x"), node("Limit", body, scan("x")))
    assert readers(root, 1) == [4]
    assert readers(root, 3) == [5]


def test_what_is_built_first_comes_first():
    def order(root):
        tree = tree_of(root)
        leaves = [one for one in tree if not one.children]
        ordered = sorted(leaves, key=lambda one: execution_order(tree, one))
        return [one.node_id for one in ordered]

    sides = [{"Parent Relationship": "Outer"}, {"Parent Relationship": "Inner"}]
    outer, inner = (node("Seq Scan") | side for side in sides)
    assert order(node("Append", outer, inner)) == [1, 2]
    assert order(node("Merge Join", outer, inner)) == [1, 2]
    assert order(node("Hash Join", outer, node("Hash", node("Seq Scan")) | sides[1])) == [3, 1]
    assert order(node("Nested Loop", outer, inner)) == [2, 1]


def test_ends_stand_behind_the_last_node_below():
    assert ends(tree_of(node("A", node("B", node("C")), node("D")))) == [4, 3, 3, 4]
