"""Statements that lack an index, with the indexes an expert would create for them."""

import pytest

from perfkit.plans.candidates import candidates
from perfkit.plans.read import read_plan
from perfkit.probes.server import identify
from perfkit.probes.table_facts import table_facts

GUILTY = [
    (("select * from orders where user_id = 42 and status = 'pending' "
     "order by created_at desc limit 20"),
     {"(user_id, status, created_at DESC)", "(user_id, created_at DESC) WHERE status = 'pending'"}),
    ("select * from orders where status = 'pending' and user_id = 42",
     {"(user_id, status)", "(user_id)"}),
    ("select * from orders where user_id = 42", {"(user_id)"}),
    ("select * from orders where user_id = 42 order by created_at desc limit 5",
     {"(user_id, created_at DESC)"}),
    ("select * from orders where user_id = 42 order by created_at, id limit 5",
     {"(user_id, created_at, id)", "(user_id, created_at)"}),
    ("select * from orders where user_id in (42, 43)", {"(user_id)"}),
    ("select * from orders where user_id = 42 and total > 50000",
     {"(user_id, total)", "(user_id)"}),
    ("select * from orders where total between 500 and 600", {"(total)"}),
    ("select * from orders where total > 99900", {"(total)"}),
    ("select * from orders order by created_at desc limit 10", {"(created_at DESC)"}),
    ("select * from orders where created_at >= '2024-03-24 00:00'", {"(created_at)"}),
    ("select * from orders order by total desc, id limit 10",
     {"(total DESC, id)", "(total DESC)"}),
    (("select * from orders where (created_at, id) < ('2024-01-20', 5) "
     "order by created_at desc, id desc limit 10"),
     {"(created_at DESC, id DESC)", "(created_at DESC)"}),
    ("select max(created_at) from orders", {"(created_at)"}),
    ("select min(total) from orders where user_id = 77", {"(user_id, total)", "(user_id)"}),
    ("select count(*) from orders where user_id = 42", {"(user_id)"}),
    ("select status, count(*) from orders where user_id = 42 group by status",
     {"(user_id)", "(user_id, status)"}),
    ("select * from orders where shipped_on is null order by created_at limit 5",
     {"(shipped_on, created_at)", "(created_at) WHERE shipped_on IS NULL", "(created_at)"}),
    ("select * from orders where shipped_on = '2024-05-05'", {"(shipped_on)"}),
    ("select * from orders where at::date = '2024-02-02'", {"(((at)::date))", "((at)::date)"}),
    ("select * from orders where date_trunc('hour', at) = '2024-02-02 10:00'",
     {"((date_trunc('hour'::text, at)))", "(date_trunc('hour'::text, at))"}),
    ("select * from orders where note = 'nothing has this'", {"(note)"}),
    ("select * from orders where note like '%abcd1%'",
     {"USING gin (note gin_trgm_ops)"}),
    ("select * from orders where note ilike '%abcd1%'",
     {"USING gin (note gin_trgm_ops)"}),
    ("select * from orders where note like 'abcd%'", {"(note text_pattern_ops)"}),
    ("select * from orders where note ~ 'abcd12'", {"USING gin (note gin_trgm_ops)"}),
    ("select * from orders where user_id = 42 or total = 5", {"(user_id)", "(total)"}),
    ("update orders set total = total where user_id = 42", {"(user_id)"}),
    ("delete from orders where user_id = 4242", {"(user_id)"}),
    ("select user_id, count(*) from orders group by user_id order by user_id limit 5",
     {"(user_id)"}),
    (("select distinct on (user_id) user_id, created_at from orders "
     "order by user_id, created_at desc limit 5"),
     {"(user_id, created_at DESC)", "(user_id)"}),
    (("select o.* from users u join orders o on o.user_id = u.id "
     "where u.email = 'user77@shop.example'"), {"(user_id)"}),
    (("select o.* from users u join orders o on o.user_id = u.id "
     "where u.email = 'user77@shop.example' and o.status = 'pending'"),
     {"(user_id, status)", "(user_id)", "(user_id) WHERE status = 'pending'"}),
    (("select u.name, (select count(*) from orders o where o.user_id = u.id) "
     "from users u where u.id < 20"), {"(user_id)"}),
    (("select u.* from users u where u.id < 50 and exists "
     "(select 1 from orders o where o.user_id = u.id)"), {"(user_id)"}),
    ("select * from items where product_id = 77", {"(product_id)"}),
    ("select sum(i.quantity) from items i where i.product_id = 77 and i.price > 4000",
     {"(product_id)", "(product_id, price)"}),
    ("select * from events where data @> '{\"k\": \"v77\"}'",
     {"USING gin (data jsonb_path_ops)"}),
    ("select * from events where data->>'k' = 'v77'",
     {"((data ->> 'k'::text))", "(((data ->> 'k'::text)))"}),
    ("select * from events where tags @> array['t77']", {"USING gin (tags)"}),
    ("select * from events where words @@ to_tsquery('english', 'word77')",
     {"USING gin (words)"}),
    ("select * from events where during @> timestamp '2024-05-05'", {"USING gist (during)"}),
    ("select * from events where lower(kind) = 'kind7'",
     {"(lower(kind))", "((lower(kind)))"}),
    ("select * from events where flag", {"(flag)"}),
    ("select * from events where x = 5 or y = 7", {"(x)", "(y)"}),
    ("select * from events where actor_id = 7 and kind = 'kind7'",
     {"(actor_id, kind)", "(actor_id)"}),
    ("select * from events where kind = 'kind7' order by happened_at desc limit 3",
     {"(kind, happened_at DESC)"}),
    ("select * from events where kind in ('kind7', 'kind8') and actor_id = 7",
     {"(actor_id)", "(actor_id, kind)"}),
    ("select * from users where name = 'User 77'", {"(name)"}),
    ("select * from users where deleted_at is not null and name = 'User 50'", {"(name)"}),
    ("select * from logs where host = 'host7'", {"(host)"}),
    ("select * from logs where level = 'error' order by at desc limit 5",
     {"(level, at DESC)", "(at DESC) WHERE level = 'error'", "(at DESC)"}),
    ("select * from tickets where account_id = 5 and code = 'c77'", {"(account_id, code)"}),
    ("select * from tickets where account_id = 5 order by code limit 5", {"(account_id, code)"}),
    ("select * from tickets where kind = 'rare' order by opened_at desc limit 20",
     {"(kind, opened_at DESC)", "(opened_at DESC) WHERE kind = 'rare'"}),
    ("select * from orders o join users u on u.id = o.user_id order by o.created_at desc limit 5",
     {"(created_at DESC)"}),
    ("select * from spots order by place <-> point(5, 5) limit 5", {"USING gist (place)"}),
    ("select * from spots where place <@ box '((1,1),(30,30))'", {"USING gist (place)"}),
    ("select * from spots order by label, id limit 5", {"(label, id)", "(label)"}),
    ("select * from spots where ip << inet '10.7.0.0/16'", {"(ip)"}),
    ("select * from spots where closed_at is null order by amount desc limit 10",
     {"(amount DESC) WHERE closed_at IS NULL"}),
    ("select * from spots where kind = 'k1' and note is not null order by amount limit 10",
     {"(kind, amount) WHERE note IS NOT NULL"}),
    ("select * from spots where reopened_at is null order by amount limit 10", {"(amount)"}),
    ("select * from orders where user_id = 42 and status = 'lost' order by created_at limit 20",
     {"(user_id, status, created_at)", "(user_id, status)", "(status)", "(user_id, created_at)",
      "(user_id, created_at) WHERE status = 'lost'"}),
    ("select * from orders where status = 'pending' order by total limit 5 offset 300",
     {"(status, total)", "(total) WHERE status = 'pending'"}),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), GUILTY, ids=[sql[:60] for sql, _ in GUILTY])
@pytest.mark.parametrize("analyze", [True, False])
def test_what_an_expert_would_create_is_proposed_first(advised, sql, expected, analyze):
    _, _, found = advised(sql, analyze=analyze and not sql.startswith(("update", "delete")))
    assert found, "nothing proposed"
    assert found[0].body in expected


def applied(connection, candidate):
    """Build a candidate and what it needs beside it."""
    for one in (candidate, *candidate.companions):
        if one.extension:
            connection.exec_driver_sql(f"create extension {one.extension}")
        connection.exec_driver_sql(
            one.sql(concurrently=False), execution_options={"no_parameters": True}
        )
    return {candidate.name, *(one.name for one in candidate.companions)}


@pytest.mark.parametrize("sql", [sql for sql, _ in GUILTY], ids=[sql[:60] for sql, _ in GUILTY])
def test_the_server_uses_what_is_proposed_and_then_nothing_more_is(advised, advised_engine, sql):
    before, _, (first, *_) = advised(sql, analyze=False)
    with advised_engine.connect() as plain:
        connection = plain.execution_options(isolation_level="READ COMMITTED")
        available = connection.exec_driver_sql("select name from pg_available_extensions")
        if first.extension and first.extension not in set(available.scalars()):
            pytest.skip(f"this server has no {first.extension}")
        try:
            applied(connection, first)
            connection.exec_driver_sql(f"analyze {first.qualified_table}")
            after, left = again(connection, sql)
        finally:
            connection.rollback()
    partitions = {part.name for part in first.partitions}
    used = {node.text("Index Name") for node in after.tree}
    assert used & {first.name, *(one.name for one in first.companions)} or partitions
    assert after.root.number("Total Cost") <= 0.7 * before.root.number("Total Cost")
    assert [one.body for one in left] == []


def again(connection, sql):
    document = connection.exec_driver_sql(
        f"explain (verbose, format json) {sql}", execution_options={"no_parameters": True}
    ).scalar_one()
    plan = read_plan(document)
    pairs = {(n.text("Schema"), n.relation) for n in plan.tree if n.relation}
    return plan, candidates(plan, table_facts(connection, identify(connection), pairs))


def test_a_prefix_that_nothing_else_needs_is_replaced(advised):
    _, _, found = advised("select * from tickets where account_id = 5 and code = 'c77'")
    assert found[0].replaces.name == "tickets_account_id_idx"
    assert "DROP INDEX CONCURRENTLY IF EXISTS public.tickets_account_id_idx;" in found[0].sql()
    assert found[0].undo.splitlines() == [
        (
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS tickets_account_id_idx "
            "ON public.tickets (account_id);"
        ),
        "DROP INDEX CONCURRENTLY IF EXISTS public.tickets_account_id_code_idx;",
    ]


ORDERS = "select * from orders where user_id = {} and status = {} order by created_at desc limit {}"


def test_the_partial_twin_follows_a_constant_and_not_a_parameter(advised):
    _, _, found = advised(ORDERS.format(42, "'pending'", 20))
    assert [one.body for one in found] == [
        "(user_id, status, created_at DESC)",
        "(user_id, created_at DESC) WHERE status = 'pending'",
    ]
    assert len({one.name for one in found}) == 2
    _, _, found = advised(ORDERS.format("$1", "$2", "$3"), generic=True)
    assert [one.body for one in found] == ["(user_id, status, created_at DESC)"]


@pytest.mark.parametrize("analyze", [True, False])
def test_without_a_server_the_plan_alone_is_enough(advised, analyze):
    _, _, found = advised(ORDERS.format(42, "'pending'", 20), analyze=analyze, facts=False)
    assert [one.body for one in found] == ["(user_id, status, created_at DESC)"]


def test_columns_that_make_the_scan_index_only_are_included_where_many_rows_are_read(advised):
    _, _, found = advised("select sum(total) from orders where status = 'pending' and id > 5")
    assert [one.body for one in found] == ["(status)", "(status) INCLUDE (id, total)"]
