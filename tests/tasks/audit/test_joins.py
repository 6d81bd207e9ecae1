import json

import pytest

from perfkit.plans.read import read_plan
from perfkit.tasks.audit.joins import joined_columns


def scan(table, alias, **more):
    return {
        "Node Type": "Seq Scan",
        "Relation Name": table,
        "Schema": "s",
        "Alias": alias,
        "Plan Width": 1,
        "Startup Cost": 0,
        "Total Cost": 1,
        "Plan Rows": 1,
        **more,
    }


def join(condition, *scans, key="Hash Cond"):
    node = {"Node Type": "Hash Join", "Startup Cost": 0, "Total Cost": 3, "Plan Rows": 1,
            "Plan Width": 1, key: condition, "Plans": list(scans)}  # fmt: skip
    return read_plan(json.dumps([{"Plan": node}]))


A, B = scan("orders", "o"), scan("Us.ers", "u x")


@pytest.mark.parametrize("key", ["Hash Cond", "Merge Cond", "Join Filter"])
def test_columns_compared_with_those_of_another_table_are_joined(key):
    plan = join('(o.user_id = "u x"."I d")', A, B, key=key)
    assert joined_columns(plan) == {("s", "orders", "user_id"), ("s", "Us.ers", "I d")}


def test_the_inner_side_of_a_loop_names_the_outer_one():
    plan = join("", A, scan("users", "u", **{"Index Cond": "(u.id = o.user_id)"}))
    assert joined_columns(plan) == {("s", "orders", "user_id"), ("s", "users", "id")}


def test_a_condition_on_one_table_joins_nothing():
    assert joined_columns(join("(o.a = o.b)", A, B)) == set()


def test_what_is_no_table_of_the_plan_is_left_out():
    assert joined_columns(join("(o.a = cte.b)", A, B)) == {("s", "orders", "a")}
