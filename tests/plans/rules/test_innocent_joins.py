"""A sweep for precision: statements that are as they should be get no advice."""

import re

import pytest

# work_mem that holds what they sort and hash; everything else is the server's default.
MEMORY = "work_mem = '64MB'"

JOINS = """
select count(*) from customers c join orders o on o.customer_id = c.id
select c.country, sum(o.total) from customers c join orders o on o.customer_id = c.id group by 1
select c.*, o.* from customers c join orders o on o.customer_id = c.id
select * from customers c left join orders o on o.customer_id = c.id
select * from orders o right join customers c on o.customer_id = c.id
select count(*) from customers c full join orders o on o.customer_id = c.id
select * from customers c join orders o on o.customer_id = c.id where c.id = 17
select * from customers c join orders o on o.customer_id = c.id where c.id between 100 and 200
select * from orders o join customers c on c.id = o.customer_id order by o.id limit 20
select c.name, (select max(o.total) from orders o where o.customer_id = c.id) from customers c
    limit 50
select count(*) from customers c where exists (select from orders o where o.customer_id = c.id)
select count(*) from orders where customer_id in (select id from customers where country > 'a')
select count(*) from orders o join orders p on p.id = o.id + 1
select count(*) from orders o join orders p using (id) join customers c on c.id = o.customer_id
select c.country, o.status, count(*) from customers c join orders o on o.customer_id = c.id group
    by 1, 2
select count(*) from orders o join orders p using (id) join orders q using (id) join orders r
    using (id)
select count(*) from customers a join customers b using (id) join customers c using (id) join
    customers d using (id) join customers e using (id) join customers f using (id)
select a.country, count(*) from customers a join orders b on b.customer_id = a.id join places l
    on l.id = b.id group by 1
select l.id, x.total from customers l cross join lateral (select o.total from orders o where o.id =
    l.id) x
select count(*) from (select * from orders where id <= 1000) o cross join (select * from orders
    where id <= 1000) p
select count(*) from customers c join orders o on o.customer_id = c.id and o.total >= 0 and
    o.status > 'a'
select k.few, count(c.name) from keys k join customers c on c.id = k.few group by 1
select count(*) from kept_parents p join kept_children c on c.parent_id = p.id
select p.cell, count(*) from places p join customers c on c.id = p.cell group by 1
select count(*) from documents a join documents b using (id)
"""
AGGREGATES = """
select status, count(*), sum(total), avg(total) from orders group by 1
select count(distinct customer_id) from orders
select customer_id, max(total) from orders group by 1 having count(*) > 3
select customer_id, count(*) from orders group by 1 order by 2 desc limit 10
select total % 10, count(*) from orders group by 1
select country, array_agg(name) from customers group by 1
select distinct status from orders
select distinct on (customer_id) * from orders order by customer_id, id desc
select status, count(*) from orders group by rollup (status)
select min(id), max(id) from orders
select percentile_cont(0.5) within group (order by total) from orders
select kind, cell, count(*) from places group by 1, 2
select string_agg(name, ',') from customers
"""
CTES_AND_WINDOWS = """
with x as (select customer_id, sum(total) as s from orders group by 1) select * from x order by s
    desc limit 5
with x as materialized (select * from customers) select count(*) from x a join x b using (id)
with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000) select sum(i)
    from n
with x as (select * from orders where total >= 0) select * from x join customers c on c.id =
    x.customer_id
select *, row_number() over (partition by customer_id order by id) from orders
select sum(total) over (order by id) from orders
select id, lag(total) over (order by id) from orders
select * from (select *, rank() over (partition by status order by id) as r from orders) x where r
    <= 3
select * from orders order by note, total
select id from orders union select id from customers
select id from orders union all select id from customers
select id from orders intersect select id from customers
select id from orders except select id from customers
select * from orders offset 10 limit 20000
"""
WRITES = """
insert into ledgers select i, i from generate_series(100001, 110000) i
update ledgers set note = 'y' where id <= 3000
update ledgers l set note = c.name from customers c where c.id = l.id and l.id <= 3000
delete from ledgers where id between 1000 and 3000
delete from kept_parents where id <= 1000
insert into kept_children select i, 1 + i % 2000 from generate_series(100001, 105000) i
with gone as (delete from ledgers where id <= 500 returning *) select count(*) from gone
insert into ledgers select id, total, note from orders where id <= 5000 on conflict do nothing
merge into ledgers l using customers c on c.id = l.id when matched and l.id < 0 then delete
"""
PARALLEL = ("max_parallel_workers_per_gather = 2",)


def lines(text):
    return re.split(r"\n(?! )", text.strip())


@pytest.mark.parametrize("sql", [*lines(JOINS), *lines(AGGREGATES), *lines(CTES_AND_WINDOWS)])
def test_a_statement_that_is_as_it_should_be_gets_no_advice(joins_found, sql):
    assert joins_found(sql, MEMORY) == []


@pytest.mark.parametrize("sql", lines(WRITES))
def test_a_write_that_is_as_it_should_be_gets_no_advice(joins_found, sql):
    assert joins_found(sql, MEMORY) == []


@pytest.mark.parametrize("sql", [*lines(JOINS)[:6], *lines(AGGREGATES)[:4]])
def test_what_the_server_runs_in_parallel_by_itself_gets_no_advice(joins_found, sql):
    assert joins_found(sql, MEMORY, *PARALLEL) == []
