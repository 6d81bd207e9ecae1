import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_plans import executions

from perfkit.plans.identity import identity
from perfkit.plans.read import read_plan

JOIN = (
    "select u.name, count(*) from orders o join users u on u.id = o.user_id "
    "where o.status = '{}' and u.id < {} group by u.name order by 2 desc limit 5"
)


def node(kind, *below, **more):
    return {"Node Type": kind, "Plans": list(below)} | {
        k.replace("_", " "): v for k, v in more.items()
    }


def keys(root):
    return identity(read_plan({"Plan": root}))


def scan(kind="Seq Scan", relation="t", alias=None, **more):
    return node(kind, Relation_Name=relation, Alias=alias or relation, **more)


@pytest.mark.parametrize(
    "settings",
    [
        ("enable_hashjoin = off",),
        ("enable_hashjoin = off", "enable_mergejoin = off"),
        ("enable_seqscan = off",),
        ("enable_hashagg = off",),
        ("enable_nestloop = off", "enable_hashjoin = off"),
    ],
    ids=" ".join,
)
def test_scans_joins_and_groups_of_one_statement_meet_whatever_the_way(plan_of, settings):
    usual = set(identity(plan_of(JOIN.format("paid", 500))))
    other = set(identity(plan_of(JOIN.format("pending", 3), *settings)))
    both = usual & other
    assert {"scan orders o", "scan users u", "join of orders o, users u"} <= both
    assert "aggregate by name" in both


def test_literals_verbose_and_analyze_change_nothing(plan_of):
    sql = JOIN.format("paid", 500)
    assert identity(plan_of(sql)) == identity(plan_of(sql, options="verbose off"))
    assert identity(plan_of(sql)) == identity(plan_of(JOIN.format("done", 499)))


def test_a_scan_is_known_by_table_and_alias_and_not_by_index_or_condition():
    kinds = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Sample Scan")
    found = {tuple(keys(scan(kind, "orders", "o", Index_Name=kind))) for kind in kinds}
    assert found == {("scan orders o",)}
    assert keys(scan(alias="a")) != keys(scan(alias="b"))


def test_what_is_no_table_has_a_key_of_its_kind():
    assert keys(scan("CTE Scan", None, "c", CTE_Name="t")) == ["cte scan t c"]
    assert keys(node("Function Scan", Function_Name="f", Alias="f")) == ["function scan f"]
    assert keys(node("Values Scan", Alias="*VALUES*")) == ["values scan *VALUES*"]


def test_a_join_is_known_by_its_relations_in_any_order():
    a, b, c = (scan(relation=name) for name in "abc")
    left = keys(node("Hash Join", node("Nested Loop", a, b), node("Hash", c)))
    right = keys(node("Merge Join", node("Sort", c, Sort_Key=["c.x"]), node("Hash Join", b, a)))
    assert {"join of a, b, c", "join of a, b"} <= set(left) & set(right)


def test_subqueries_of_a_join_are_none_of_its_relations():
    hung = scan(relation="s") | {"Parent Relationship": "SubPlan", "Subplan Name": "SubPlan 1"}
    assert keys(node("Nested Loop", scan(relation="a"), scan(relation="b"), hung))[0] == (
        "join of a, b"
    )


def test_many_relations_are_counted_and_still_told_apart():
    def joined(names):
        return keys(node("Append", *(scan(relation=name) for name in names)))[0]

    names = [f"r{n}" for n in range(12)]
    assert joined(names) == joined(names[::-1])
    assert joined(names).startswith("append of 12 relations ")
    assert joined(names) != joined([*names[:-1], "other"])


def test_sorts_and_groups_are_known_by_their_keys():
    def sort(kind, *by):
        return keys(node(kind, scan(), Sort_Key=list(by)))[0]

    assert sort("Sort", "t.a", "t.b DESC") == sort("Incremental Sort", "a", "b DESC")
    assert sort("Sort", "a", "b") != sort("Sort", "b", "a")
    assert sort("Sort", "f(a, 3)") == sort("Sort", "f(a, 77)")

    def group(strategy, *by, mode="Simple"):
        return keys(node("Aggregate", scan(), Strategy=strategy, Group_Key=list(by), Partial_Mode=mode))[0]  # noqa: E501  # fmt: skip

    assert group("Hashed", "a", "b") == group("Sorted", "b", "a")
    assert group("Hashed", "a", mode="Finalize") == group("Sorted", "a")
    assert group("Hashed", "a", mode="Partial") != group("Sorted", "a")


def test_partitions_keep_their_names_and_lose_their_numbers():
    few = node("Append", *(scan(relation=f"p{n}", alias=f"p_{n - 2}") for n in (3, 4)))
    all_of_them = node("Append", *(scan(relation=f"p{n}", alias=f"p_{n}") for n in (1, 2, 3, 4)))
    assert set(keys(few)[1:]) < set(keys(all_of_them))


def test_initplans_are_named_alike_in_old_and_new_versions():
    old = keys(node("Result", scan(), One_Time_Filter="($0 > 3)"))
    new = keys(node("Result", scan(), One_Time_Filter="((InitPlan 1).col1 > 7)"))
    assert old == new


def test_equal_keys_are_numbered():
    assert keys(node("Append", scan(), scan(), scan()))[1:] == ["scan t", "scan t #2", "scan t #3"]


@given(ran=executions())
def test_no_two_nodes_of_a_plan_have_one_key_and_times_do_not_matter(ran):
    document = ran.printed()
    plan = read_plan({"Plan": document})
    found = identity(plan)
    assert len(set(found)) == len(found) == len(plan.tree)
    ran.own += 1.0
    assert identity(read_plan({"Plan": ran.printed()})) == found


@given(order=st.permutations("abcdefg"))
def test_the_order_of_joining_does_not_matter(order):
    root = scan(relation=order[0])
    for name in order[1:]:
        root = node("Nested Loop", root, scan(relation=name))
    assert keys(root)[0] == keys(
        node("Hash Join", *(scan(relation=name) for name in "abcdefg"))
    )[0]  # fmt: skip
