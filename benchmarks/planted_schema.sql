-- Tables and functions for the statements in planted_plans.sql. One row of a, b and p per page, so
-- that processes share scans row by row; c, e and f are dense; f is never shared. Functions are
-- volatile or stable, so that they run once per row; nap() tells what it slept, from workers too.
create table a (id int primary key, g int, pad text) with (fillfactor = 10);
create table b (id int primary key, g int, pad text) with (fillfactor = 10);
create table c (id int primary key, g int, v int);
alter table a alter pad set storage plain; alter table b alter pad set storage plain;
insert into a select i, i % 4, repeat('x', 800) from generate_series(1, 24) i;
insert into b select i, i % 4, repeat('x', 800) from generate_series(1, 24) i;
insert into c select i, i % 50, i from generate_series(1, 5000) i;
create index c_g on c (g);
create table e (id int, g int, v int);
insert into e select * from c;
create table f (id int, g int, v int) with (parallel_workers = 0);
insert into f select * from c;
create table p (id int, g int, pad text) partition by range (id);
create table p1 partition of p for values from (0) to (10) with (fillfactor = 10);
create table p2 partition of p for values from (10) to (20) with (fillfactor = 10);
create table p3 partition of p for values from (20) to (40) with (fillfactor = 10);
insert into p select i, i % 4, repeat('x', 800) from generate_series(1, 30) i;
create table w (id int primary key, v int);
insert into w select i, i from generate_series(1, 200) i;
create function nap(tag text, x int default 1) returns int language plpgsql
  volatile parallel safe cost 1000 as $$
declare started timestamptz := clock_timestamp();
begin
  perform pg_sleep(0.003);
  raise notice 'nap % % %', tag, pg_backend_pid(),
    extract(epoch from clock_timestamp() - started) * 1000;
  return x;
end $$;
create function stable_nap(tag text, x int default 1) returns int language plpgsql
  stable parallel safe cost 1000 as $$ begin return nap(tag, x); end $$;
create function serial_nap(tag text, x int default 1) returns int language plpgsql
  volatile parallel restricted cost 1000 as $$ begin return nap(tag, x); end $$;
create function light_nap(tag text, x int default 1) returns int language plpgsql
  volatile parallel safe cost 1 as $$ begin return nap(tag, x); end $$;
create function nap_rows(tag text, n int) returns setof int language plpgsql
  volatile parallel safe as $$
begin for i in 1..n loop perform nap(tag); return next i; end loop; end $$;
create function trigger_nap() returns trigger language plpgsql as $$
begin for i in 1..tg_argv[1]::int loop perform nap(tg_argv[0]); end loop; return new; end $$;
create table tb (id int, v int);
create trigger napping before insert on tb for each row
  execute function trigger_nap('before', 1);
create table ta (id int, v int);
create trigger napping after insert on ta for each row execute function trigger_nap('after', 1);
create table tab (id int, v int);
create trigger early before insert on tab for each row
  execute function trigger_nap('before', 1);
create trigger late after insert on tab for each row execute function trigger_nap('after', 2);
create table ts (id int, v int);
create trigger early before insert on ts for each statement
  execute function trigger_nap('before', 1);
create trigger late after insert on ts for each statement execute function trigger_nap('after', 1);
