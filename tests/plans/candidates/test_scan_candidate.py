import pytest

from perfkit.plans.candidates import Candidate, candidate
from perfkit.plans.conditions import SortKey
from perfkit.plans.read import read_plan


def proposed(plan):
    scan = next(node for node in plan.tree if node.relation == "orders")
    found = candidate(plan, scan)
    return found and found.key_list


@pytest.mark.parametrize(
    ("sql", "keys"),
    [
        (
            "where user_id = 42 and status = 'paid' order by created_at desc limit 20",
            "user_id, status, created_at DESC",
        ),
        ("where user_id = 42 order by created_at, total desc nulls last limit 9",
         "user_id, created_at, total DESC NULLS LAST"),
        ("where total > 5 and user_id = 42", "user_id, total"),
        ("where total > 5 and user_id = 42 order by created_at limit 3",
         "user_id, created_at, total"),
        ("where total > 5 and user_id = 42 order by created_at", "user_id, total"),
        ("where created_at > '2025-01-02' order by created_at limit 3", "created_at"),
        ("where total > 5 and created_at > '2025-01-02'", "created_at"),
        ("where status in ('a', 'b') and user_id = 3", "user_id, status"),
        ("where user_id = 3 order by lower(status) limit 3", "user_id"),
        ("where lower(status) = 'a'", None),
        ("", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("workers", [0, 2])
def test_the_order_of_columns_is_equality_then_sort_then_one_range(plan_of, sql, keys, workers):
    plan = plan_of(
        f"select * from orders {sql}",
        f"max_parallel_workers_per_gather = {workers}",
        "parallel_setup_cost = 0",
        "min_parallel_table_scan_size = 0",
    )
    got = proposed(plan)
    if sql == "where total > 5 and created_at > '2025-01-02'":
        assert got in {"created_at", "total"}  # one range only, whichever is written first
    else:
        assert got == keys


def test_a_sort_above_a_join_is_not_the_scans_order(plan_of):
    plan = plan_of(
        "select * from orders o join users u on u.id = o.user_id where o.total = 3 "
        "order by o.created_at limit 3"
    )
    assert proposed(plan) == "total"


def test_the_server_builds_what_is_proposed_and_uses_it(plan_of, plans_engine):
    where = "user_id = 42 and status = 'paid'"
    sql = f"select * from orders where {where} order by created_at desc limit 5"
    before = plan_of(sql)
    wanted = candidate(before, before.tree[-1])
    with plans_engine.connect() as connection:
        for statement in wanted.statements:
            connection.exec_driver_sql(statement)
        try:
            after = plan_of(sql)
        finally:
            connection.exec_driver_sql(f"drop index {wanted.qualified_name}")
    assert [node.kind for node in after.tree] == ["Limit", "Index Scan"]
    assert after.tree[1].text("Index Name") == wanted.name


HOSTILE = 'o"; drop table x; --'


def test_names_are_quoted_so_that_they_stay_names(plans_engine):
    wanted = Candidate(
        schema="public", table=HOSTILE, keys=(SortKey(column='a"b'), SortKey(column="order")),
        equality=2,
    )  # fmt: skip
    with plans_engine.connect() as connection:
        raw = {"no_parameters": True}
        table = 'create table "o""; drop table x; --" ("a""b" int, "order" int)'
        connection.exec_driver_sql(table, execution_options=raw)
        for statement in (*wanted.statements, *wanted.statements):  # IF NOT EXISTS
            connection.exec_driver_sql(statement, execution_options=raw)
        valid = connection.exec_driver_sql(
            next(line[3:] for line in wanted.sql().splitlines() if "indisvalid" in line),
            execution_options=raw,
        ).scalar_one()
        name = connection.exec_driver_sql(
            "select indexrelid::regclass::text from pg_index i join pg_class c on c.oid = indrelid "
            "where relname like 'o\"%%'"
        ).scalar_one()
        connection.exec_driver_sql('drop table "o""; drop table x; --"', execution_options=raw)
    assert valid
    assert name == '"o_drop_table_x_a""b_order_idx"'


@pytest.mark.parametrize("letter", ["x", "é", "漢"])
def test_a_name_has_at_most_63_bytes_and_still_tells_columns_apart(letter):
    names = {
        Candidate(table=letter * 60, keys=(SortKey(column=column),), equality=1).name
        for column in ("a", "b")
    }
    assert len(names) == 2
    assert all(len(name.encode()) <= 63 for name in names)


def test_a_scan_without_a_filter_has_no_candidate():
    plan = read_plan({"Plan": {"Node Type": "Seq Scan", "Relation Name": "orders"}})
    assert candidate(plan, plan.root) is None


def test_an_index_that_the_plan_shows_elsewhere_is_not_proposed():
    scan = {
        "Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t", "Filter": "(id > 5)",
        "Actual Rows": 5, "Actual Loops": 1, "Rows Removed by Filter": 900000, "Plan Rows": 5,
    }  # fmt: skip
    known = {
        "Node Type": "Index Only Scan", "Relation Name": "t", "Alias": "t_1",
        "Index Name": "t_pkey", "Index Cond": "(id IS NOT NULL)",
    }  # fmt: skip
    alone = read_plan({"Plan": scan})
    both = read_plan({"Plan": {"Node Type": "Append", "Plans": [scan, known]}})
    assert candidate(alone, alone.tree[0]) is not None
    assert candidate(both, both.tree[1]) is None
