import pytest

from perfkit.plans.candidates.order import flipped, of_index, order_above, whole_alias
from perfkit.plans.conditions import SortKey
from perfkit.plans.facts import IndexFacts


def order(plan_of, sql, *settings):
    plan = plan_of(sql, "max_parallel_workers_per_gather = 0", *settings)
    scan = next(node for node in plan.tree if node.relation == "orders")
    found = order_above(plan, scan)
    return [key.column for key in found.keys], found.limit, found.groups is not None


@pytest.mark.parametrize(
    ("sql", "keys", "limit", "grouped"),
    [
        ("select * from orders order by total limit 5", ["total"], 5, False),
        ("select * from orders order by total limit 5 offset 20", ["total"], 25, False),
        ("select * from orders order by total", ["total"], None, False),
        ("select max(total) from orders", ["total"], 1, False),
        ("select max(total), min(user_id) from orders", [], None, False),
        ("select max(total), count(*) from orders", [], None, False),
        ("select user_id, count(*) from orders group by 1 order by 1 limit 3",
         ["user_id"], 3, True),
        ("select user_id, total from orders group by 1, 2 order by 2 limit 3",
         ["total", "user_id"], 3, True),
        ("select user_id, count(*) from orders group by 1 order by 2 limit 3", [], None, False),
        ("select distinct on (user_id) * from orders order by user_id, total limit 3",
         ["user_id", "total"], 3, True),
        ("select * from orders o join users u on u.id = o.user_id order by o.total limit 3",
         ["total"], 3, False),
        ("select * from orders o join users u on u.id = o.user_id order by u.name limit 3",
         [], 3, False),
        ("select * from (select * from orders order by total) x where random() < 2 limit 3",
         ["total"], None, False),
    ],
)  # fmt: skip
def test_the_order_that_a_real_plan_wants(plan_of, sql, keys, limit, grouped):
    got = order(plan_of, sql)
    if "random()" in sql:
        assert got[0] in ([], keys)
    else:
        assert got == (keys, limit, grouped)


def test_an_index_gives_its_order_in_both_directions():
    index = IndexFacts(
        name="i", method="btree", keys=("a", "b"), descending=(False, True),
        nulls_first=(False, True),
    )  # fmt: skip
    forward = (SortKey(column="a"), SortKey(column="b", descending=True, nulls_first=True))
    assert of_index(index, backward=False) == forward
    assert of_index(index, backward=True) == flipped(forward)
    expression = IndexFacts(name="i", method="btree", keys=("lower(a)",), descending=(False,),
                            nulls_first=(False,))  # fmt: skip
    assert of_index(expression, backward=False) == ()


def test_the_alias_of_a_partition_has_a_number_behind_it():
    assert whole_alias("logs_12") == "logs"
    assert whole_alias("logs") == "logs"
    assert whole_alias(None) is None
