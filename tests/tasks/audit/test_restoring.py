from dataclasses import replace

import pytest

from perfkit.tasks.audit.restoring import drop_statement, qualified, restored

SEED = """
create table t (a int, b int); create unique index "u x" on t (a) where b > 3;
create index c on t (b); alter table t cluster on c;
create table p (a int) partition by list (a);
create table p1 partition of p for values in (1) partition by list (a);
create table p11 partition of p1 default; create table p2 partition of p default;
create index whole on p (a);
"""


@pytest.fixture
def found(audited, listed):
    every = listed(audited(SEED))
    return {index.name: index for index in every}


def test_an_index_is_dropped_and_built_without_blocking_writes(found):
    assert qualified(found["u x"]) == 'public."u x"'
    assert drop_statement(found["u x"]) == 'DROP INDEX CONCURRENTLY IF EXISTS public."u x";'
    assert restored(found["u x"]) == (
        'CREATE UNIQUE INDEX CONCURRENTLY "u x" ON public.t USING btree (a) WHERE (b > 3);'
    )


def test_what_the_table_was_clustered_by_is_so_again(found):
    assert restored(found["c"]).endswith("\nALTER TABLE public.t CLUSTER ON c;")


MARKED = """
create schema app; create function app.twice(int) returns int language sql immutable
as 'select $1 * 2';
create table app.t (id int, "where" int, note text);
insert into app.t select i, i % 7, 'n' || i from generate_series(1, 5000) i;
create index "Marked" on app.t (id, app.twice("where")) include (note)
    with (fillfactor = 71, deduplicate_items = off)
    where note <> ' WHERE (x) ' and "where" > 2;
create index "Marked 2" on app.t using gin (to_tsvector('english', note))
    with (fastupdate = off, gin_pending_list_limit = 128);
comment on index app."Marked" is E'it''s
two lines; -- and this';
alter index app."Marked" alter column 2 set statistics 777;
alter index app."Marked" depends on extension plpgsql; create index by_note on app.t (note);
alter table app.t cluster on by_note;
create table app.p (a int) partition by range (a);
create table app.p1 partition of app.p for values from (0) to (9);
create table app.p2 partition of app.p for values from (9) to (99);
create index p_twice on app.p (app.twice(a)) with (fillfactor = 55);
comment on index app.p_twice is 'whole'; alter table app.p2 cluster on p2_twice_idx;
comment on index app.p1_twice_idx is 'part'; alter index app.p1_twice_idx rename to "its own";
alter index app."its own" set (fillfactor = 66);
"""
KNOWN = """
select c.relname, pg_get_indexdef(c.oid), i.indisclustered, i.indisvalid, i.indoption::text,
       i.indclass::text, i.indcollation::text, c.reloptions::text, s.spcname,
       obj_description(c.oid, 'pg_class'), pg_get_userbyid(c.relowner),
       (select string_agg(a.attname || a.attstattarget, ' ' order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attstattarget >= 0),
       (select string_agg(d.refobjid::text, ' ') from pg_depend d
        where d.objid = c.oid and d.deptype = 'x'),
       (select inhparent::regclass::text from pg_inherits where inhrelid = c.oid),
       (select string_agg(p.attname || p.n_distinct, ' ' order by p.attname) from pg_stats p
        where p.tablename = c.relname)
from pg_index i join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('app', 'public')
left join pg_tablespace s on s.oid = c.reltablespace order by 1
"""


def run(engine, statements):
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def known(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql(KNOWN, execution_options={"no_parameters": True}).all()


def test_all_that_is_known_of_an_index_comes_back_with_it(audited, listed):
    engine = audited(MARKED)
    run(engine, ["analyze"])
    before = known(engine)
    every = listed(engine)
    for name in ("Marked", "Marked 2", "p_twice", "by_note"):
        (index,) = [each for each in every if each.name == name]
        run(engine, drop_statement(index).split("\n"))
        assert known(engine) != before
        run(engine, restored(index, every).split("\n"))
    after = known(engine)
    assert [row for row, old in zip(after, before, strict=True) if row != old] == []


def test_definitions_do_not_depend_on_the_search_path(audited, listed):
    engine = audited(MARKED)
    plain = {index.name: index.definition for index in listed(engine)}
    run(engine, ["alter database perfkit_audit set search_path = app, public"])
    engine.dispose()
    assert {index.name: index.definition for index in listed(engine)} == plain
    assert "app.twice" in plain["Marked"]


def test_the_tablespace_stands_in_front_of_the_condition(found):
    index = replace(found["u x"], tablespace="Fast one")
    assert 'USING btree (a) TABLESPACE "Fast one" WHERE (b > 3);' in restored(index)
    assert restored(replace(found["c"], tablespace="f", clustered=False)) == (
        "CREATE INDEX CONCURRENTLY c ON public.t USING btree (b) TABLESPACE f;"
    )


def test_with_a_partitioned_index_go_its_parts_and_all_come_back(found):
    assert drop_statement(found["whole"]) == "DROP INDEX IF EXISTS public.whole;"
    assert restored(found["whole"], list(found.values())).split("\n") == [
        "CREATE INDEX whole ON ONLY public.p USING btree (a);",
        "CREATE INDEX p1_a_idx ON ONLY public.p1 USING btree (a);",
        "CREATE INDEX CONCURRENTLY p11_a_idx ON public.p11 USING btree (a);",
        "ALTER INDEX public.p1_a_idx ATTACH PARTITION public.p11_a_idx;",
        "ALTER INDEX public.whole ATTACH PARTITION public.p1_a_idx;",
        "CREATE INDEX CONCURRENTLY p2_a_idx ON public.p2 USING btree (a);",
        "ALTER INDEX public.whole ATTACH PARTITION public.p2_a_idx;",
    ]
