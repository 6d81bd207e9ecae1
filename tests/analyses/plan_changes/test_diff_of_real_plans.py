"""Plans of the embedded server: twice the same is no finding, a real change is one."""

import pytest

from perfkit.analyses.diff_plans import diff_plans

STATEMENTS = [
    "select * from orders where id = 42",
    "select * from orders where user_id = 42",
    "select count(*) from orders",
    "select count(*) from orders where status = 3",
    "select * from orders order by total desc limit 10",
    "select user_id, count(*) from orders group by user_id",
    "select user_id, count(*) from orders group by user_id having count(*) > 30 order by 2",
    "select * from orders o join users u on u.id = o.user_id where o.id < 1000",
    "select u.name, sum(o.total) from users u join orders o on o.user_id = u.id group by 1",
    "select * from users u where exists (select from orders o where o.user_id = u.id)",
    "select * from users u where not exists (select from orders o where o.user_id = u.id)",
    "select id, (select max(total) from orders o where o.user_id = u.id) from users u limit 50",
    "with r as materialized (select * from orders where status = 1) select count(*) from r",
    "select *, row_number() over (partition by user_id order by total) from orders",
    "select distinct status from orders",
    "select id from orders where status = 1 union select id from users",
    "select * from orders where note like '%y%'",
    "select * from orders o, users u where o.user_id = u.id and u.name = 'user 7'",
    "select o.* from orders o left join users u on u.id = o.user_id where u.id is null",
    "select g from generate_series(1, 50000) g where g % 2 = 0",
]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_two_runs_of_one_statement_yield_no_finding(explained, sql):
    diff = diff_plans(explained(sql), explained(sql))
    assert not diff.findings, [finding.title for finding in diff.findings]
    assert set(diff.table["change"]) <= {"same", "slower", "faster"}


def test_an_index_that_is_gone_a_join_that_flips_and_memory_that_lacks(explained):
    sql = "select * from orders where user_id = 42"
    (flip,) = diff_plans(explained(sql), explained(sql, "drop index orders_user")).findings
    assert flip.rule == "plan-flip"
    assert flip.fix.snippet == "CREATE INDEX CONCURRENTLY orders_user ON orders (user_id);"

    sql = "select count(*) from orders o join users u on u.id = o.user_id"
    loop = ("set local enable_hashjoin = off", "set local enable_mergejoin = off")
    diff = diff_plans(explained(sql), explained(sql, *loop))
    assert "settings-differ" in {finding.rule for finding in diff.findings}
    joins = diff.table[diff.table["what"].str.startswith("join of")]
    assert len(joins) == 1
    assert (joins["type_a"] != joins["type_b"]).all()

    sql = "select * from orders order by note, total"
    serial = "set local max_parallel_workers_per_gather = 0"
    roomy = explained(sql, serial, "set local work_mem = '64MB'")
    tight = explained(sql, serial, "set local work_mem = '1MB'")
    assert "spill-appeared" in {finding.rule for finding in diff_plans(roomy, tight).findings}


def test_staging_with_less_data_is_told(explained):
    sql = "select count(*) from orders where status = 3"
    small = explained(sql, "delete from orders where id % 50 <> 0")
    found = {finding.rule: finding for finding in diff_plans(small, explained(sql)).findings}
    assert "different-data" in found
