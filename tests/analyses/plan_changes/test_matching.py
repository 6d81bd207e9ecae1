from perfkit.analyses.plan_changes.matching import matched
from perfkit.analyses.plan_changes.sides import side
from perfkit.plans.read import read_plan


def node(kind, name=None, alias=None, *below, **more):
    found = {"Node Type": kind, "Plans": list(below), **more}
    return found | ({"Relation Name": name, "Alias": alias or name} if name else {})


def pairs(a, b):
    one, other = (side(name, read_plan({"Plan": plan})) for name, plan in (("a", a), ("b", b)))
    found = matched(one, other)
    names = [[row["alias"] or row["node_type"] for row in s.rows] for s in (one, other)]
    return {(names[0][i], names[1][j]) for i, j in found.items()}


def test_scans_and_joins_match_whatever_way_and_order():
    a = node("Hash Join", None, None, node("Seq Scan", "t"), node("Hash", None, None,
             node("Seq Scan", "u")))  # fmt: skip
    b = node("Nested Loop", None, None, node("Index Scan", "u"), node("Bitmap Heap Scan", "t"))
    assert pairs(a, b) == {("Hash Join", "Nested Loop"), ("t", "t"), ("u", "u")}


def test_one_table_twice_matches_by_alias():
    a = node("Nested Loop", None, None, node("Seq Scan", "t", "x"), node("Index Scan", "t", "y"))
    b = node("Nested Loop", None, None, node("Seq Scan", "t", "y"), node("Index Scan", "t", "x"))
    assert {("x", "x"), ("y", "y")} <= pairs(a, b)


def test_other_aliases_match_by_table_in_the_order_of_the_plan():
    a = node("Nested Loop", None, None, node("Seq Scan", "t", "o"), node("Index Scan", "u", "v"))
    b = node("Hash Join", None, None, node("Seq Scan", "t", "t_1"), node("Index Scan", "u", "u_1"))
    assert pairs(a, b) == {("Nested Loop", "Hash Join"), ("o", "t_1"), ("v", "u_1")}


def test_what_only_one_has_is_left_out():
    a = node("Sort", None, None, node("Seq Scan", "t"), **{"Sort Key": ["a"]})
    assert pairs(a, node("Index Scan", "t")) == {("t", "t")}
