import pytest

from perfkit.plans.candidates import candidates
from perfkit.plans.read import read_plan


def scan(table, rows, **more):
    return {
        "Node Type": "Seq Scan", "Schema": "s", "Relation Name": table, "Alias": table[0],
        "Plan Rows": rows, "Actual Rows": rows, "Actual Loops": 1, "Total Cost": rows / 50,
        "Actual Total Time": 1.0, "Actual Startup Time": 0.0,
    } | more  # fmt: skip


def join(kind, outer, inner, rows, join_type="Inner"):
    key = {"Hash Join": "Hash Cond", "Merge Join": "Merge Cond", "Nested Loop": "Join Filter"}[kind]
    return {
        "Node Type": kind, "Join Type": join_type, key: "(o.user_id = u.id)", "Plan Rows": rows,
        "Actual Rows": rows, "Actual Loops": 1, "Actual Total Time": 1.0,
        "Actual Startup Time": 0.0, "Plans": [outer, inner],
    }  # fmt: skip


def hashed(plan):
    return plan | {"Node Type": "Hash", "Plans": [plan], "Relation Name": None}


def found(root):
    return [(one.table, one.body) for one in candidates(read_plan({"Plan": root}))]


MANY, FEW = scan("orders", 100_000), scan("users", 20)
ORDERS = [("orders", "(user_id)")]


@pytest.mark.parametrize("kind", ["Hash Join", "Merge Join", "Nested Loop"])
def test_the_many_rows_are_looked_up_for_the_few(kind):
    assert found(join(kind, FEW, hashed(MANY), 100)) == ORDERS
    assert found(join(kind, MANY, hashed(FEW), 100)) == ORDERS


@pytest.mark.parametrize(
    ("join_type", "outer", "inner"),
    [
        ("Inner", True, True), ("Semi", True, True), ("Left", False, True), ("Anti", False, True),
        ("Right", True, False), ("Right Anti", True, False), ("Full", False, False),
    ],
)  # fmt: skip
def test_the_side_whose_rows_are_all_kept_is_never_looked_up(join_type, outer, inner):
    assert bool(found(join("Hash Join", MANY, hashed(FEW), 100, join_type))) is outer
    assert bool(found(join("Hash Join", FEW, hashed(MANY), 100, join_type))) is inner


def test_joins_of_many_with_many_read_both_tables_rightly():
    many = scan("users", 50_000)
    assert found(join("Hash Join", MANY, hashed(many), 100_000)) == []
    assert found(join("Hash Join", MANY, hashed(FEW), 90_000)) == []


def test_small_tables_are_hashed_rightly():
    assert found(join("Hash Join", scan("orders", 9_000), hashed(FEW), 100)) == []


def test_a_filter_of_the_many_is_part_of_the_index():
    many = MANY | {"Filter": "(o.state = 'new'::text)", "Actual Rows": 50_000,
                   "Rows Removed by Filter": 50_000}  # fmt: skip
    assert found(join("Hash Join", many, hashed(FEW), 10)) == [("orders", "(user_id, state)")]
