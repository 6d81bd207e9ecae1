import pytest

from perfkit.plans.candidates.needed import needed_columns


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select sum(total) from orders where status = 'paid'", ("status", "total")),
        ("select count(*) from orders where status = 'paid'", ("status",)),
        ("select user_id, sum(total) from orders group by 1", ("total", "user_id")),
        ("select id, total from orders order by created_at", ("created_at", "id", "total")),
        ("select u.name, o.total from orders o join users u on u.id = o.user_id",
         ("total", "user_id")),
        ("select ctid, total from orders", None),
    ],
)  # fmt: skip
def test_the_columns_a_real_plan_uses(plan_of, sql, expected):
    plan = plan_of(sql, "max_parallel_workers_per_gather = 0", "enable_indexscan = off",
                   "enable_indexonlyscan = off", "enable_bitmapscan = off")  # fmt: skip
    scan = next(node for node in plan.tree if node.relation == "orders")
    assert needed_columns(plan, scan) == expected


def test_without_verbose_nothing_is_known(plan_of):
    plan = plan_of("select total from orders", options="buffers")
    assert needed_columns(plan, plan.root) is None
