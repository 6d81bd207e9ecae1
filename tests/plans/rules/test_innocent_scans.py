"""Statements that are as good as they can be get no finding about their scans."""

import pytest

INNOCENT = """
select * from events
select id, note from events
select count(*) from events
select count(distinct account) from events
select sum(length(note)), max(at) from events
select owner, count(*) from events group by owner
select kind, min(at), max(at) from events group by kind
select date_trunc('day', at) as day, count(*) from events group by 1 order by 1
select account, count(*) from events group by account having count(*) > 1000
select * from events where owner < 5
select * from events where kind = 'usual'
select * from events where account > 100
select * from events where length(note) > 10
select * from events where note not like '%abc%'
select * from events where at > '2025-01-02'
select * from events where id = 77
select * from events where id in (1, 2, 3, 500)
select * from events where id between 100 and 200
select * from events where code = 5
select * from events where code = any (array[5, 6, 7])
select * from events where email = 'user5@example.com'
select * from events where at between '2025-02-01' and '2025-02-02'
select * from events where code = 5 and note like '%a%'
select * from events limit 10
select * from events where account > 10 limit 10
select * from events where note like '%a%' limit 10
select * from events order by id limit 10
select * from events order by at desc limit 10
select * from events order by id offset 100 limit 10
select * from events where at > '2025-04-01' order by at limit 10
select * from events where code < 300 order by seen limit 10
select * from events order by at
select * from events order by note
select distinct owner from events
select distinct account, owner from events
select id, row_number() over (partition by owner order by at) from events
select id, lag(at) over (order by id) from events
select * from events e join accounts a on a.id = e.account
select a.name, count(*) from events e join accounts a on a.id = e.account group by 1
select * from events e join accounts a on a.id = e.account where e.id = 5
select * from events e join accounts a on a.id = e.account where e.code between 5 and 50
select * from events e left join accounts a on a.id = e.account where a.id is null
select * from accounts a where exists (select from events e where e.code = a.id)
select * from accounts a where not exists (select from events e where e.account = a.id)
select * from accounts where name = 'account 7'
select * from tiny where name like '%7%'
select * from tiny where lower(name) = 'name 7'
select * from tiny order by name limit 5
select * from tiny t join accounts a on a.id = t.id
select * from accounts where id in (select account from events where owner = 3)
select (select count(*) from tiny), (select max(at) from events)
with recent as (select * from events where id > 199000) select kind, count(*) from recent group by 1
with all_of_them as materialized (select * from events) select count(*) from all_of_them
select 1 from events where id = 5 union all select 2 from events where id = 6
select id from events where owner = 1 union select id from events where owner = 2
select count(*) from settled where id between 5 and 50000
select * from settled where id = 5
select count(*) from logs
select * from logs where at >= '2025-03-01' and at < '2025-04-01'
select date_trunc('month', at), count(*) from logs group by 1
select * from logs where account >= 100
select min(id), max(id) from events
select max(at) from events where owner = 3
select * from events e join lateral (select * from accounts a where a.id = e.account limit 1) x
    on true where e.id < 50
select * from generate_series(1, 100000) i where i % 1000 = 0
select * from (values (1), (2)) v (x) join events e on e.id = v.x
insert into written select i, 'x' from generate_series(1000, 2000) i
update events set note = note where id = 5
update scratch set filler = 'x' where page < 900
delete from events where id between 5 and 50
delete from written
"""
STATEMENTS = [one.replace("\n", " ") for one in INNOCENT.strip().replace("\n    ", " ").split("\n")]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_what_is_right_gets_no_finding(scans_told, scans_plan, scans_facts, sql):
    plan = scans_plan(sql, "work_mem = '64MB'")
    known = scans_facts("events", "accounts", "tiny", "settled", "logs")
    assert [one.title for one in scans_told(plan)] == []
    assert [one.title for one in scans_told(plan, known)] == []


@pytest.mark.parametrize("sql", STATEMENTS[::4])
def test_nor_with_workers_and_without_the_names_that_verbose_prints(scans_told, scans_plan, sql):
    parallel = ("max_parallel_workers_per_gather = 2", "parallel_setup_cost = 0",
                "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0")  # fmt: skip
    plan = scans_plan(sql, "work_mem = '64MB'", *parallel, options="buffers")
    assert [one.title for one in scans_told(plan)] == []


def test_there_are_enough_of_them():
    assert len(STATEMENTS) >= 60
