-- Statements whose plans have known answers (planted_plans.py reads them). Each has a
-- name, the node in which each tag sleeps (at), the settings, by name where they are a group
-- (set), the tags that sleep in the processes of one Gather (together), the options of EXPLAIN
-- if others, and the calls of a function that sleeps in planning, too.

-- filter
-- at: x=Scan
select * from a where nap('x', id) > 0;

-- target list
-- at: x=Scan
select nap('x', id) from a;

-- two nodes
-- at: x=Scan; y=Subquery Scan
select nap('y', s.i) from (select nap('x', id) i from a offset 0) s;

-- index scan's filter
-- at: x=Scan
-- set: enable_seqscan = off; enable_bitmapscan = off
select * from c where id < 13 and nap('x', v) > 0;

-- stable index condition
-- at: x=Nested Loop
-- set: nested; enable_memoize = off; enable_seqscan = off; enable_bitmapscan = off
select * from a, lateral (select * from c where c.id = stable_nap('x', a.id) offset 0) s;

-- stable index condition, once
-- at: x=Scan:c
-- set: enable_seqscan = off; enable_bitmapscan = off
-- calls: x=1
select * from c where id = stable_nap('x', 77);

-- bitmap's recheck side
-- at: x=Scan
-- set: bitmap
select * from c where g = 3 and v < 1000 and nap('x', v) > 0;

-- join filter
-- at: x=Hash Join
-- set: hash
select * from a join b on a.g = b.g and a.id < 5 and b.id < 9 and nap('x', a.id + b.id) > 0;

-- nested loop's filter
-- at: x=Nested Loop
-- set: nested; enable_memoize = off
select * from a join b on a.id < 4 and b.id < 5 and nap('x', a.id + b.id) > 0;

-- merge join's filter
-- at: x=Merge Join
-- set: merge
select * from a join b on a.id = b.id and nap('x', a.g + b.g) >= 0;

-- hash side
-- at: x=Scan:b
-- set: hash
select * from a join (select id, nap('x', id) n from b offset 0) s on a.id = s.n;

-- loops of the inner side
-- at: x=Scan:c
-- set: nested; enable_memoize = off
select * from a, lateral (select nap('x', a.id) from c where c.id = a.id offset 0) s;

-- thousands of loops
-- at: x=Scan:d
-- set: nested; enable_memoize = off; enable_bitmapscan = off; jit = off
select count(s.v) from (select * from c where id <= 2000 offset 0) c, lateral (select d.v from c d
where d.id = c.id and (d.id % 100 > 0 or nap('x', d.id) > 0) offset 0) s;

-- sort key
-- at: x=Scan
select * from a order by nap('x', -id);

-- aggregate's argument
-- at: x=Aggregate
select sum(nap('x', id)) from a;

-- hashed aggregate
-- at: x=Aggregate
select g, sum(nap('x', id)) from a group by g;

-- having
-- at: x=Aggregate
select g from a group by g having nap('x', g) >= 0;

-- group key
-- at: x=Scan
select nap('x', id) k, count(*) from a group by 1;

-- window
-- at: x=WindowAgg
select sum(nap('x', id)) over (order by id) from a;

-- limit stops early
-- at: x=Scan
select * from a where nap('x', id) > 0 limit 7;

-- limit of a sort
-- at: x=Scan
select * from (select nap('x', id) n from a) s order by n limit 3;

-- set-returning function
-- at: x=Function Scan
select * from nap_rows('x', 12);

-- function in the target list
-- at: x=ProjectSet
select nap_rows('x', 10);

-- lateral function
-- at: x=Function Scan
select * from a, lateral nap_rows('x', a.g) n where a.id < 9;

-- append
-- at: x=Scan:a; y=Scan:b
select nap('x', id) from a union all select nap('y', id) from b where id < 9;

-- merge append
-- at: x=Scan:a
(select nap('x', id) n from a order by 1) union all (select id from b order by 1) order by 1;

-- partitions
-- at: x=Scan:p_1; y=Scan:p_2
select * from p where nap(case when id < 10 then 'x' else 'y' end, id) > 0 and id < 20;

-- memoize
-- at: x=Scan:b
-- set: nested; enable_material = off
select * from c join lateral (select nap('x', b.id) n from b where b.id = c.g offset 0) s on true
where c.id < 300;

-- materialize
-- at: x=Scan:b
-- set: nested
select * from a join (select nap('x', id) n from b offset 0) s on s.n < a.id + 100;

-- semi join
-- at: x=Nested Loop
-- set: nested; enable_memoize = off
select * from a where a.id < 4 and exists (select from b where b.g = a.g and stable_nap('x', a.id
+ b.id) > 25);

-- anti join
-- at: x=Scan:b
-- set: nested; enable_memoize = off
select * from a where a.id < 4 and not exists (select from b where b.id > a.id + 20 and
stable_nap('x', a.id + b.id) < 0);

-- distinct
-- at: x=Scan
select distinct nap('x', g) from a;

-- lock rows
-- at: x=Scan
select * from a where nap('x', id) > 10 for update;

-- values
-- at: x=Values Scan
select nap('x', v) from (values (1), (2), (3), (4), (5), (6)) t (v);

-- subplan
-- at: x=Aggregate
select a.id, (select nap('x', count(*)::int) from c where c.g = a.g) from a;

-- subplan's scan
-- at: x=Aggregate
select a.id, (select max(nap('x', b.id)) from b where b.id = a.id) from a;

-- subplan in a filter
-- at: x=Scan:b
-- set: enable_seqscan = on
select * from a where (select nap('x', b.g) from b where b.id = a.id) > 0;

-- subplan of partitions
-- at: x=@SubPlan
select * from p where (select nap('x', c.g) from c where c.id = p.id) >= 0;

-- subplan of partitions and a filter
-- at: x=@SubPlan; y=Scan:p_2
select * from p where (select nap('x', c.g) from c where c.id = p.id) >= 0 and
(id < 10 or id > 19 or nap('y', id) > 0);

-- hashed subplan of partitions
-- at: x=@SubPlan
select * from p where id not in (select nap('x', id) from b where id < 9);

-- subplan of updated partitions
-- at: x=@SubPlan
update p set g = (select nap('x', c.g) from c where c.id = p.id) where id < 18;

-- hashed subplan
-- at: x=Scan:b
select * from a where id not in (select nap('x', id) from b);

-- initplan in a filter
-- at: x=@InitPlan; y=Scan:a
select * from a where id > (select sum(nap('x', id)) - 295 from b) and nap('y', id) > 0;

-- initplan below a sort
-- at: x=@InitPlan
select * from a where id < (select count(nap('x', id)) from b) order by pad, g;

-- initplan in a join
-- at: x=@InitPlan; y=Scan:a
-- set: hash
select * from a join b on a.id = b.id where b.g < (select count(nap('x', id)) from c where id <
20) and nap('y', a.id) > 0;

-- initplan above a result
-- at: x=@InitPlan
select * from a where (select count(nap('x', id)) from b) > 3;

-- initplan in an index condition
-- at: x=@InitPlan
-- set: nested; enable_memoize = off; enable_seqscan = on
select s.id from a, lateral (select * from c where c.id = a.id + (select count(nap('x', id)) from
b) offset 0) s;

-- initplan of two columns
-- at: x=@InitPlan
select * from a where (id, g) < (select max(nap('x', id)), 2 from b);

-- twelve initplans
-- at: t0=@InitPlan 1; t1=@InitPlan 2; t2=@InitPlan 3; t3=@InitPlan 4; t4=@InitPlan 5; t5=@InitPlan 6; t6=@InitPlan 7; t7=@InitPlan 8; t8=@InitPlan 9; t9=@InitPlan 10; t10=@InitPlan 11; t11=@InitPlan 12; z=@InitPlan 13
select (select sum(nap('t0', id)) from b where id <= 1), (select sum(nap('t1', id)) from b where
id <= 2), (select sum(nap('t2', id)) from b where id <= 3), (select sum(nap('t3', id)) from b
where id <= 1), (select sum(nap('t4', id)) from b where id <= 2), (select sum(nap('t5', id)) from
b where id <= 3), (select sum(nap('t6', id)) from b where id <= 1), (select sum(nap('t7', id))
from b where id <= 2), (select sum(nap('t8', id)) from b where id <= 3), (select sum(nap('t9',
id)) from b where id <= 1), (select sum(nap('t10', id)) from b where id <= 2), (select
sum(nap('t11', id)) from b where id <= 3), a.id from a where id <= (select sum(nap('z', id)) from
b where id < 6);

-- eleventh initplan is not the first
-- at: x=@InitPlan 11
select * from a where id <> (select -count(*) from b where id < 0) and id <> (select -count(*)
from b where id < 1) and id <> (select -count(*) from b where id < 2) and id <> (select -count(*)
from b where id < 3) and id <> (select -count(*) from b where id < 4) and id <> (select -count(*)
from b where id < 5) and id <> (select -count(*) from b where id < 6) and id <> (select -count(*)
from b where id < 7) and id <> (select -count(*) from b where id < 8) and id <> (select -count(*)
from b where id < 9) and id > (select count(nap('x', id)) - 30 from b);

-- initplan of an initplan
-- at: x=@InitPlan 1; y=Scan:b
-- set: enable_indexscan = off; enable_bitmapscan = off; enable_indexonlyscan = off
select * from a where id < (select count(*) from b where id <= (select count(nap('x', id)) from c
where id < 9) and nap('y', id) > 0);

-- initplan without verbose
-- at: x=@InitPlan
-- options: buffers
select (select count(nap('x', id)) from b), pad from a order by pad;

-- initplan of a limit
-- at: x=@InitPlan
select * from a limit (select count(nap('x', id)) from b);

-- initplan that nobody asks for
-- at: y=Scan:a
select * from a where id < 0 and id > (select count(nap('x', id)) from b) or nap('y', id) < 0;

-- cte
-- at: x=Scan:a
with x as materialized (select nap('x', id) n from a) select * from x;

-- cte and its filter
-- at: x=Scan:a; y=CTE Scan:x
with x as materialized (select nap('x', id) n from a) select * from x where nap('y', n) > 0;

-- shared cte
-- at: x=Scan:a; y=CTE Scan:p
-- set: hash
with x as materialized (select nap('x', id) n from a) select * from x p join x q using (n) where
nap('y', p.n) > 0;

-- shared cte, three scans
-- at: x=Scan:a
with x as materialized (select nap('x', id) n from a) select n from x p union all select n from x
q union all select n from x r;

-- shared cte, one cut by limit
-- at: x=Scan:a; y=CTE Scan:q
with x as materialized (select nap('x', id) n from a) select * from (select n from x p limit 5) s
union all select n from x q where nap('y', n) > 0;

-- shared cte, computed columns
-- at: x=Scan:a; y=Hash Join
-- set: hash
with x as materialized (select nap('x', id) n from a limit 12)
select nap('y', p.n) from x p join x q using (n);

-- shared cte, computed columns of the hash side
-- at: x=Scan:a; y=CTE Scan:q
-- set: hash
with x as materialized (select nap('x', id) n from a limit 12)
select * from x p join (select nap('y', n) n from x q offset 0) s using (n);

-- shared cte without blocks
-- at: x=Function Scan; y=CTE Scan:q
with x as materialized (select * from nap_rows('x', 12) n)
select n from x p union all select n from x q where nap('y', n) > 0;

-- shared cte, the first one cut off
-- at: x=Function Scan; y=CTE Scan:p; z=CTE Scan:q
with x as materialized (select nap('x', n) n from generate_series(1, 12) n)
(select n from x p where nap('y', n) > 0 limit 5) union all
select n from x q where nap('z', n) > 0;

-- cte of a cte, both shared
-- at: x=Scan:a; y=CTE Scan:x
with x as materialized (select nap('x', id) n from a limit 10),
y as materialized (select n from x where nap('y', n) > 0)
select * from y p join y q using (n) join x r using (n);

-- cte in a subplan
-- at: x=Scan:a
with x as materialized (select nap('x', id) n from a limit 10)
select b.id, (select count(*) from x where x.n > b.id) from b;

-- cte that two initplans read
-- at: x=Scan:a; y=Aggregate#1
with x as materialized (select nap('x', id) n from a limit 10)
select * from b where id > (select min(n) from x) and id < (select max(nap('y', n)) from x z);

-- shared cte, both filtered
-- at: x=Scan:a; y=CTE Scan:p; z=CTE Scan:q
with x as materialized (select nap('x', id) n from a limit 10) select n from x p where nap('y', n)
> 0 union all select n from x q where nap('z', n) > 0;

-- cte that touches blocks
-- at: x=Scan:c; y=CTE Scan:p
-- set: hash
with x as materialized (select g, count(*) k from c where v % 500 > 0 or nap('x', v) > 0 group by
g) select * from x p join x q using (k) where nap('y', p.g) >= 0 and p.g < 12 and q.g < 5;

-- cte in a nested loop
-- at: x=Scan:a
-- set: nested; enable_material = off; enable_memoize = off
with x as materialized (select nap('x', id) n from a) select * from b join x on x.n < b.id;

-- cte used in a cte
-- at: x=Scan:a; y=CTE Scan:x
-- set: hash
with x as materialized (select nap('x', id) n from a), y as materialized (select nap('y', n) m
from x where n < 9) select * from y, x where x.n = y.m;

-- nested ctes of one name
-- at: x=Scan:a; y=Scan:b
-- set: hash
with x as materialized (select nap('x', id) n from a where id < 9) select * from (with x as
materialized (select nap('y', id) n from b) select * from x offset 0) s join x using (n);

-- cte in an initplan
-- at: x=Scan:a; y=Scan:b
with x as materialized (select nap('x', id) n from a) select * from b where id < (select max(n)
from x) and nap('y', id) > 0;

-- cte and a limit
-- at: x=Scan:a
with x as materialized (select nap('x', id) n from a) select * from x limit 6;

-- recursive
-- at: x=WorkTable Scan
with recursive r (n) as (select 1 union all select nap('x', n + 1) from r where n < 20) select *
from r;

-- recursive join
-- at: x=Scan:b; y=CTE Scan
-- set: nested; enable_memoize = off
with recursive r (n) as (select 1 union all select b.id from r join b on b.id = r.n + 1 where
nap('x', b.id) < 15) select * from r where nap('y', n) > 0;

-- writing cte
-- at: x=Scan:a; y=CTE Scan
with n as (insert into w select 1000 + id, nap('x', id) from a returning id) select * from n where
nap('y', id) > 0;

-- writing cte that nobody reads
-- at: x=Scan:a; y=Scan:b
with n as (insert into w select 1000 + id, nap('x', id) from a) select nap('y', id) from b;

-- writing cte that is partly read
-- at: x=Scan:a
with n as (insert into w select 1000 + id, nap('x', id) from a returning id) select * from n limit
4;

-- insert
-- at: x=Scan:a
insert into w select 1000 + id, nap('x', id) from a;

-- update
-- at: x=Scan:w
-- set: enable_seqscan = off; enable_bitmapscan = off
update w set v = nap('x', v) where id < 15;

-- returning
-- at: x=ModifyTable
delete from w where id < 15 returning nap('x', id);

-- before trigger
-- at: before=ModifyTable
insert into tb select id, 1 from a;

-- after trigger
-- at: x=Scan:a; after=trigger
insert into ta select id, nap('x', id) from a;

-- before and after
-- at: before=ModifyTable; after=trigger
insert into tab select id, 1 from a where id < 13;

-- statement triggers
-- at: before=ModifyTable; after=trigger
insert into ts select id, 1 from a;

-- parallel scan
-- at: x=Scan
-- set: parallel
-- together: x
select * from a where nap('x', id) > 0;

-- parallel without leader
-- at: x=Scan
-- set: parallel; parallel_leader_participation = off
-- together: x
select * from a where nap('x', id) > 0;

-- no workers to be had
-- at: x=Scan
-- set: parallel; max_parallel_workers = 0
-- together: x
select * from a where nap('x', id) > 0;

-- no workers and no leader
-- at: x=Scan
-- set: parallel; max_parallel_workers = 0; parallel_leader_participation = off
-- together: x
select * from a where nap('x', id) > 0;

-- one worker
-- at: x=Scan
-- set: parallel; max_parallel_workers = 1
-- together: x
select * from a where nap('x', id) > 0;

-- gather merge
-- at: x=Scan
-- set: parallel
-- together: x
select * from a where nap('x', id) > 0 order by pad, id;

-- partial aggregate
-- at: x=Aggregate#1
-- set: parallel
-- together: x
select g, sum(nap('x', id)) from a group by g;

-- above the gather
-- at: x=Gather; y=Scan
-- set: parallel; parallel_leader_participation = off
-- together: y
select serial_nap('x', id) from a where nap('y', id) > 0;

-- parallel hash join
-- at: x=Scan:c; y=Scan:e
-- set: parallel; narrow; hash
-- together: x y
select count(*) from c join e using (id) where (c.v % 250 > 0 or nap('x', c.g) >= 0) and (e.v %
250 > 0 or nap('y', e.g) >= 0);

-- parallel hash join without leader
-- at: x=Scan:c; y=Scan:e
-- set: parallel; parallel_leader_participation = off; narrow; hash
-- together: x y
select count(*) from c join e using (id) where (c.v % 250 > 0 or nap('x', c.g) >= 0) and (e.v %
250 > 0 or nap('y', e.g) >= 0);

-- own hashes
-- at: x=Scan:c; y=Scan:f
-- set: parallel; narrow; hash; parallel_tuple_cost = 1
-- together: x y
select count(*) from c join f using (id) where (c.v % 250 > 0 or nap('x', c.g) >= 0) and (f.v %
500 > 0 or light_nap('y', f.g) >= 0);

-- parallel append of whole members
-- at: x=Scan:c; y=Scan:f
-- set: parallel; narrow
-- together: x y
select count(*) from (select id from c where c.v % 250 > 0 or nap('x', c.g) >= 0 union all select
id from f where f.v % 250 > 0 or nap('y', f.g) >= 0) s;

-- parallel nested loop
-- at: x=Scan:c
-- set: parallel; nested; enable_memoize = off
-- together: x
select * from a join c on c.id = a.id where nap('x', c.v) > 0;

-- parallel append
-- at: x=Scan:p_1; y=Scan:p_2; z=Scan:p_3
-- set: parallel
-- together: x y z
select nap(case when id < 10 then 'x' when id < 20 then 'y' else 'z' end, id) from p;

-- parallel bitmap
-- at: x=Scan
-- set: parallel; bitmap
-- together: x
select * from c where g < 2 and v < 1000 and nap('x', v) > 0;

-- initplan above gather
-- at: x=@InitPlan; y=Scan:a
-- set: parallel
-- together: y
select * from a where nap('y', id) > 0 and id > (select count(serial_nap('x', id)) - 30 from c
where id < 15);

-- parallel initplan
-- at: x=Aggregate#1
-- set: parallel
-- together: x
select * from c where id = (select max(nap('x', id)) from a);

-- subplan in workers
-- at: x=Scan:c
-- set: parallel
-- together: x
select * from a where (select nap('x', c.g) from c where c.id = a.id) >= 0;

-- subplan that no worker may run
-- at: x=Scan:b; y=Scan:b
-- set: parallel
select a.id, (select count(*) from b where nap('x', b.id) > 0 and serial_nap('y', a.id) > 0 and
a.id > 0) from a where a.id < 3;

-- gather in loops
-- at: x=Scan:a
-- set: parallel; enable_material = off
-- together: x
select * from (values (1), (2)) v (i), lateral (select count(*) from a where stable_nap('x', a.g)
>= 0) s;

-- cte below a parallel query
-- at: x=Scan:b; y=Scan:a
-- set: parallel; hash
-- together: x
with x as materialized (select nap('x', id) n from b) select * from x join a on a.id = x.n where
serial_nap('y', a.id) > 0;

-- limit stops workers
-- at: x=Scan
-- set: parallel
-- together: x
select * from a where nap('x', id) > 0 limit 9;

-- parallel without verbose
-- at: x=Scan
-- set: parallel; parallel_leader_participation = off
-- together: x
-- options: buffers
select * from a where nap('x', id) > 0;
