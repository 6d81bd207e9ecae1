"""Calls that a statement does not spell out: nothing of them happens, not even while planning."""

import pytest
import sqlalchemy as sa

from perfkit.errors import TargetRefused
from perfkit.tasks.explain import explain

SEED = r"""
create schema hide;
create function hide.bad(int) returns int immutable language plpgsql
    as 'begin perform pg_advisory_lock($1); return 1; end';
create function hide.fine(int) returns int immutable language sql as 'select 1';
create function hide.forgot(int) returns boolean language sql as 'select true';
create function hide.checks(int) returns boolean volatile language plpgsql
    as 'begin perform pg_advisory_lock($1); return true; end';
create function hide.any_row(anyelement) returns int immutable language plpgsql
    as 'begin perform pg_advisory_lock(3); return 1; end';
create domain hide.d as int check (hide.checks(value));
create domain hide.twice as int check (value > 0) check (value < 9) check (hide.checks(value));
create type hide.comp as (a hide.d, b text);
create type hide.pair as (a int, b text);
create domain hide.dpair as hide.pair;
create function hide.of_domain(hide.dpair) returns int immutable language plpgsql
    as 'begin perform pg_advisory_lock(4); return 1; end';
create table hide.arrays (x hide.d[]);
create function hide.negative(hide.pair) returns int immutable language plpgsql
    as 'begin perform pg_advisory_lock(5); return 1; end';
create operator hide.- (function = hide.negative, rightarg = hide.pair);
create function hide.same(hide.pair, hide.pair) returns boolean immutable language plpgsql
    as 'begin perform pg_advisory_lock(6); return true; end';
create operator hide.= (function = hide.same, leftarg = hide.pair, rightarg = hide.pair);
create operator hide.>= (function = hide.same, leftarg = hide.pair, rightarg = hide.pair);
create operator hide.@=@ (function = hide.same, leftarg = hide.pair, rightarg = hide.pair);
create function hide.matches(hide.pair, text) returns boolean immutable language plpgsql
    as 'begin perform pg_advisory_lock(7); return true; end';
create operator hide.~~ (function = hide.matches, leftarg = hide.pair, rightarg = text);
create function hide.two_ways(int) returns int immutable language plpgsql
    set standard_conforming_strings = off
    as $$ declare x text; begin x := '\''; perform pg_advisory_lock(9); x := '\''; return 1; end $$;
create function pg_catalog.perfkit_sneaks(int) returns int immutable language plpgsql
    as 'begin perform pg_advisory_lock($1); return 1; end';
create function hide.apart(int, int) returns float8 immutable language plpgsql
    as 'begin perform pg_advisory_lock(8); return 1; end';
create type hide.span as range (subtype = int, subtype_diff = hide.apart);
create table hide.indexed (id int, v text);
create index on hide.indexed (id) where hide.fine(77) = 1;
create table hide.expressed (id int, v text);
create index on hide.expressed ((id + hide.fine(80)));
create table hide.checked (id int check (hide.fine(78) = 1));
create table hide.counted (id int, b int);
create statistics hide.stats on (id + hide.fine(79)), b from hide.counted;
create table hide.clean (id int check (hide.forgot(5)), on_day date check (on_day <= now()));
create index on hide.clean (hide.fine(id));
create function hide.forgotten(hide.clean, int) returns int language sql as 'select 1';
create operator hide.+ (function = hide.forgotten, leftarg = hide.clean, rightarg = int);
create or replace function hide.fine(int) returns int immutable language plpgsql
    as 'begin perform pg_advisory_lock($1); return 1; end';
"""
PAIR = "row(1, 'a')::pair"
HIDDEN = [
    "select '{1}'::d[]", "select '(1,x)'::comp", "select '{1}'::twice[]",
    "select checks(1), '{2}'::d[]",
    "select * from arrays where x = :x", "select pg_input_is_valid('{1}', 'd[]')",
    "select (row(1, 'a')::pair).any_row", "select (row(1, 'a')::dpair).of_domain",
    f"select 1 *- {PAIR}", f"select case {PAIR} when {PAIR} then 1 end",
    f"select nullif({PAIR}, {PAIR})", f"select {PAIR} like 'x'",
    f"select {PAIR} between {PAIR} and {PAIR}", "select '(1,a)' @=@ '(2,b)'",
    "select two_ways(1)", "select perfkit_sneaks(31)", "select pg_catalog.perfkit_sneaks(32)",
    "select '[1,2)'::span", "select '{[1,2)}'::span_multirange",
    "select * from indexed where id = 1", "select * from expressed where id = 1",
    "select * from checked where id = 1", "select * from counted where id + 1 = 2",
]  # fmt: skip
INNOCENT = [
    "select * from clean where id = 1 and on_day < current_date",
    "select a.id from clean a join clean b using (id) where a.id in (1, 2) and b.id not in (3)",
    "select case id when 1 then 2 end, nullif(id, 0) from clean where id between 1 and 2",
    "select 1 = 1, 'a' like 'b', 2 - -1",
    "select '{\"a\": 1}'::jsonb -> 'a', id from clean",
]


@pytest.fixture(scope="module")
def hidden(effects_engine):
    with effects_engine.connect() as connection:
        connection.exec_driver_sql("drop schema if exists hide cascade")
        connection.exec_driver_sql(SEED.replace("%", "%%"))
    url = effects_engine.url.update_query_dict(
        {"options": "-c search_path=hide -c constraint_exclusion=on"}
    )
    engine = sa.create_engine(url, pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()
    with effects_engine.connect() as connection:
        connection.exec_driver_sql("drop schema hide cascade")
        connection.exec_driver_sql("drop function pg_catalog.perfkit_sneaks")


def held(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql(
            "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
        ).scalar_one()


@pytest.mark.parametrize("analyze", [False, True])
@pytest.mark.parametrize("sql", HIDDEN)
def test_what_the_parser_or_the_planner_would_run_is_refused_before_it_sees_it(
    hidden, sql, analyze
):
    with pytest.raises(TargetRefused, match="may have effects"):
        explain(sql, hidden, analyze=analyze, params={"x": "{1}"} if ":x" in sql else None)
    assert held(hidden) == 0


@pytest.mark.parametrize("sql", INNOCENT)
def test_the_same_operators_and_tables_are_innocent_of_other_types(hidden, sql):
    assert explain(sql, hidden, analyze=True).executed
    assert held(hidden) == 0


@pytest.mark.parametrize("sql", ["select '{1}'::d[]", "select * from indexed where id = 1"])
def test_what_is_refused_would_have_run_while_planning(hidden, sql):
    with hidden.connect() as connection:
        connection.exec_driver_sql(f"explain {sql}")
        connection.rollback()
    assert held(hidden) == 1
    with hidden.connect() as connection:
        connection.exec_driver_sql("select pg_advisory_unlock_all()")
