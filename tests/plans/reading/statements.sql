/* Statements of every kind of node. A line "-- name: setting, setting" begins each; PARALLEL
   stands for the settings that make a small table worth workers. */

-- seq
select * from orders where total > 4000 and note <> 'a, (b';
-- index
select * from orders where id = 7;
-- backward
select id from orders order by id desc limit 3;
-- index only
select count(*) from orders where total between 5 and 9;
-- index filter
select * from orders where user_id = 5 and note like 'x%' and total < 9;
-- odd index: enable_seqscan=off, enable_bitmapscan=off
select total from orders where status = 'new' and total = 3;
-- bitmap: enable_indexscan=off
select * from orders where user_id = 5 and note <> '';
-- lossy bitmap: work_mem='64kB', enable_seqscan=off, enable_indexscan=off
select * from orders where total < 4000;
-- bitmap or
select * from orders where user_id = 5 or total = 9;
-- bitmap and: enable_seqscan=off, enable_indexscan=off
select * from orders where user_id < 300 and total < 300;
-- tid
select * from orders where ctid in ('(0,1)', '(1,2)');
-- tid range
select * from orders where ctid > '(1,1)' and ctid < '(2,1)';
-- sample
select * from orders tablesample bernoulli (10) repeatable (42) where total > 1;
-- sample system
select * from orders tablesample system (50);
-- function
select * from generate_series(1, 10) g where g % 2 = 0;
-- own function
select * from pair(5) p where b <> 't1';
-- rows from
select * from rows from (generate_series(1, 3), pair(2)) as f;
-- json records
select * from jsonb_to_recordset('[{"a": 1}]') as x(a int);
-- table function
select * from xmltable('/a/b' passing ('<a><b>1</b></a>'::xml) columns x int path '.') q;
-- json table
select * from json_table('[{"a": 1}]', '$[*]' columns (a int)) q;
-- values
select * from (values (1, 'a'), (2, 'b')) v(i, t) where t <> 'x:y';
-- result
select 1, 'two: three';
-- one-time
select * from orders where false;
-- project set
select generate_series(1, 3), 1;
-- cte
with x as materialized (select * from orders where total > 4900) select * from x a join x b
    using (id);
-- cte name
with "my cte: (x)" as materialized (select 1 as a) select * from "my cte: (x)" "other name";
-- recursive
with recursive r(i) as (select 1 union all select i + 1 from r where i < 20) select * from r;
-- init plan
select * from users where id = (select max(user_id) from orders);
-- several init plans
select (select max(id) from orders), (select min(id) from users), array(select id from users
    order by id limit 2);
-- multi-column init plan
update writes set (v, w) = (select 1, 'a' from users limit 1);
-- sub-plan
select u.id, (select count(*) from orders o where o.user_id = u.id) from users u where u.id < 20;
-- hashed sub-plan
select * from users where id not in (select user_id from orders);
-- exists or
select * from users u where id = 1 or exists (select from orders o where o.user_id = u.id);
-- hash join
select count(*) from orders o join users u on u.id = o.user_id where u.name <> 'x';
-- left join
select * from users u left join orders o on o.user_id = u.id and o.total > 9 where o.id is null
    or u.id > 2900;
-- right
select * from orders o right join users u on u.id = o.user_id;
-- full join
select * from users u full join orders o on u.id = o.id;
-- semi
select * from users u where exists (select from orders o where o.user_id = u.id);
-- anti
select * from users u where not exists (select from orders where user_id = u.id);
-- merge join: enable_hashjoin=off, enable_nestloop=off
select * from orders o join users u on u.id = o.user_id;
-- nested loop: enable_hashjoin=off, enable_mergejoin=off
select * from orders o join users u on u.id = o.user_id where u.id < 30 and o.note <> u.name;
-- join filter
select * from users a join users b on a.id < b.id where b.id < 40;
-- memoize: enable_hashjoin=off, enable_mergejoin=off
select * from orders o, lateral (select * from users u where u.id = o.user_id offset 0) x where
    o.total < 2000;
-- spilled hash: work_mem='64kB'
select count(*) from orders o join users u on u.id = o.user_id;
-- sort
select * from orders order by note, total desc nulls last, id;
-- sort on disk: work_mem='64kB'
select * from orders order by note, id;
-- top n
select * from orders order by note, id limit 5;
-- collation
select * from users order by name collate "C" desc, id using <;
-- incremental sort: enable_seqscan=off, enable_sort=off
select * from orders order by user_id, note, total;
-- unique
select distinct on (user_id) user_id, total from orders order by 1, 2;
-- group: enable_hashagg=off
select user_id, total from orders group by 1, 2;
-- hash aggregate
select user_id, count(*) from orders group by 1 having count(*) > 1;
-- spilled aggregate: work_mem='64kB', enable_sort=off
select id, count(*) from orders group by 1;
-- aggregate
select count(*), sum(total) filter (where total > 3) from orders;
-- grouping sets
select region, product, sum(amount) from sales group by grouping sets ((region, product),
    (region), ());
-- rollup: enable_hashagg=off
select region, product, sum(amount) from sales group by rollup (region, product);
-- cube
select region, product, sum(amount) from sales group by cube (region, product);
-- mixed cube: work_mem='64kB'
select region, product, amount, count(*) from sales group by cube (region, product, amount);
-- window
select id, row_number() over (partition by status order by total), sum(total) over w from orders
    window w as (order by id rows 3 preceding);
-- run condition
select * from (select id, row_number() over (order by id) n from orders) x where n < 5;
-- union
select id from users union select user_id from orders;
-- union all
select id from users union all select id from orders where id < 5;
-- intersect
select id from users intersect select user_id from orders;
-- except all
select id from users except all select user_id from orders;
-- sorted except: enable_hashagg=off
select id from users except select user_id from orders;
-- partitions
select * from part where v > 5 and day < 15;
-- merge append
select * from part order by id limit 9;
-- pruned
select * from part where day = (select 3);
-- pruned at start
select * from part where day < extract(day from date '2020-01-05')::int and day <
    (length(current_date::text) - 5);
-- lock rows
select * from users where id < 5 for update;
-- insert
insert into writes select i, i from generate_series(101, 120) i;
-- conflict
insert into writes values (1, 2, 'x'), (999, 1, 'y') on conflict (id) do update set v =
    excluded.v where writes.v < 50;
-- conflict nothing
insert into writes values (1, 2) on conflict do nothing;
-- update
update writes set v = v + 1 where id < 9 returning id;
-- update partitions
update part set v = 1 where id < 5;
-- delete with trigger
delete from writes where id < 30;
-- merge
merge into writes w using users u on u.id = w.id when matched and w.v < 5 then delete when
    matched then update set v = 0 when not matched and u.id < 103 then insert values (u.id, 1,
    'm');
-- writing cte
with d as (delete from child where id < 9 returning *) select * from d;
-- odd names
select "x y", "p->q" as "a, b" from "My Schema"."a ""b"" (c) on d" "t (1)" where "p->q" <> 'x:
    y' order by "x y", "p->q" desc;
-- odd write
update "My Schema"."a ""b"" (c) on d" set z = 3 where "x y" = 5;
-- newlines
select "b
c" from "line
end" where "b
c" <> 'one
two' and a > 3;
-- newline join
select * from "line
end" "n
1" join "My Schema"."a ""b"" (c) on d" o on o.z = "n
1".a;
-- foreign file
select count(*) from passwords where line <> 'x';
-- foreign
select * from far_orders where total = 5 and random() < 2;
-- foreign join
select * from far_orders o join far_users u on u.id = o.user_id where o.total < 5;
-- foreign aggregate
select user_id, count(*) from far_orders group by 1 order by 1;
-- foreign update
update far_orders set total = 1 where id < 3;
-- foreign insert
insert into far_users values (0, 'x');
-- async
select * from spread;
-- parallel: PARALLEL
select status, count(*) from orders where note <> '' group by 1;
-- parallel sort: PARALLEL
select * from orders where total < 900 order by note, id;
-- parallel hash: PARALLEL
select count(*) from orders o join users u on u.id = o.user_id;
-- parallel append: PARALLEL
select count(*) from part where v > 3;
-- parallel bitmap: PARALLEL, enable_seqscan=off, enable_indexscan=off, enable_indexonlyscan=off
select count(*) from orders where total < 900 and note <> '';
-- parallel index: PARALLEL, enable_seqscan=off, enable_bitmapscan=off
select count(*) from orders where id < 9000;
-- parallel memoize: PARALLEL, enable_hashjoin=off, enable_mergejoin=off
select count(*) from orders o join users u on u.id = o.user_id + 0;
-- parallel init plan: PARALLEL
select count(*) from orders where user_id < (select max(id) / 2 from users);
-- parallel incremental: PARALLEL, enable_seqscan=off, enable_sort=off
select * from orders order by user_id, note;
-- jit: jit=on, jit_above_cost=0, jit_inline_above_cost=0
select sum(total) from orders where total > 3;
-- disabled: enable_seqscan=off
select count(*) from orders where note <> '';
