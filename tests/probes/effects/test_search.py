import pytest

from perfkit.probes.effects import effects
from perfkit.probes.sql_names import names_in

FUNCTIONS = """
drop schema if exists fx cascade; create schema fx; set search_path to fx, public;
create function plain(int) returns int immutable language sql as 'select $1 + 1';
create function modern(int) returns int stable language sql return $1 + 1;
create function writes() returns int volatile language sql as 'select 1';
create function hides() returns int stable language sql as 'select fx.writes()';
create function hides_deeper() returns int stable language plpgsql
    as 'begin return fx.hides(); end';
create function dynamic(text) returns int stable language plpgsql
    as 'begin execute $1; return 1; end';
create function quotes() returns text stable language sql as 'select ''execute'' -- execute';
create function a() returns int stable language plpgsql as 'begin return fx.b(); end';
create function b() returns int stable language plpgsql as 'begin return fx.a(); end';
create function random() returns float8 volatile language sql as 'select 1.0::float8';
create function default_hides(int default fx.writes()) returns int stable language sql
    as 'select $1';
create procedure proc() language sql as 'select 1';
create schema other; create function other.elsewhere() returns int language sql as 'select 1';
create function other.lower(text) returns text volatile language sql as 'select $1';

create function locks(int, int) returns boolean language plpgsql immutable
    as 'begin perform pg_advisory_lock($1); return true; end';
create operator <<< (function = fx.locks, leftarg = int, rightarg = int);
create function step(int, int) returns int language plpgsql immutable
    as 'begin perform pg_advisory_lock($1); return 1; end';
create aggregate summed(int) (sfunc = fx.step, stype = int, initcond = '0');
create aggregate fine(int) (sfunc = int4pl, stype = int, initcond = '0');
create type mood as enum ('ok');
create function to_mood(int) returns mood language plpgsql immutable
    as 'begin perform pg_advisory_lock(1); return ''ok''; end';
create cast (int as mood) with function fx.to_mood(int) as implicit;
create table innocent (id int, t text);
create table moods (id int, m mood, t text);
create function check_it(int) returns boolean language plpgsql stable
    as 'begin return pg_try_advisory_lock($1); end';
create domain odd as int check (fx.check_it(value));
create type pair as (a odd, b text);
create view sly as select pg_try_advisory_lock(10) as locked;
create view slyer as select * from sly;
create function reads_view() returns bigint stable language sql as 'select count(*) from fx.sly';
create table guarded (id int);
alter table guarded enable row level security;
create policy p on guarded using (fx.check_it(id));
create function field(moods) returns boolean volatile language sql as 'select true';
create function native(text) returns int immutable strict language internal as 'textlen';
create function fx.lock_in_view() returns boolean immutable language plpgsql
    as 'begin perform pg_advisory_lock(1); return true; end';
create view folded as select 1 as one where fx.lock_in_view();
"""


@pytest.fixture(scope="module")
def connection(effects_engine):
    with effects_engine.connect() as connection:
        connection.exec_driver_sql(FUNCTIONS)
        yield connection
        connection.exec_driver_sql("drop schema fx, other cascade")
        connection.exec_driver_sql("reset search_path")


def found(connection, sql, allowed=()):
    return effects(connection, names_in(sql), allowed=allowed)


@pytest.mark.parametrize(
    "sql",
    [
        "select plain(1), modern(1), quotes()", "select count(*), lower('a'), now()",
        "select pg_sleep(1), clock_timestamp(), gen_random_uuid()", "select proc(1)",
        "select no_such_function()", "select 'x''); drop table t; --'", "", "select a()",
        "select elsewhere()",  # not on the search path: no such function
        "select fx.plain(1), public.hides()", "select fine(1)", "select other.plain(1)",
        "select id + 1, lower(t) from innocent where id << 1 > 2 order by t",
    ],
)  # fmt: skip
def test_what_only_looks_has_no_effects(connection, sql):
    assert found(connection, sql) == []


@pytest.mark.parametrize(
    ("sql", "name", "reason", "planned"),
    [
        ("select writes()", "writes", "it is marked VOLATILE", False),
        ("select nextval('s')", "nextval", "it is marked VOLATILE", False),
        ("select dynamic('x')", "dynamic", "it runs text built at run time", True),
        ("select fx.random()", "random", "it is marked VOLATILE", False),
        ("select other.elsewhere()", "elsewhere", "it is marked VOLATILE", False),
        ("select hides()", "writes", "it is marked VOLATILE, called by hides()", True),
        ("select hides_deeper()", "writes", "it is marked VOLATILE, called by hides()", True),
        ("select default_hides()", "writes", "VOLATILE, called by default_hides()", True),
        ("select native('x')", "native", "it is written in internal", True),
        ("select 1 <<< 2", "pg_advisory_lock", "called by locks()", True),
        ("select 1 <<<-2", "pg_advisory_lock", "called by locks()", True),
        ("select 1 operator(fx.<<<) 2", "pg_advisory_lock", "called by locks()", True),
        ("select summed(id) from x", "pg_advisory_lock", "called by step()", True),
        ("select 5::mood", "pg_advisory_lock", "called by to_mood()", True),
        ("insert into moods values (1, 5)", "pg_advisory_lock", "called by to_mood()", True),
        ("select '5'::odd", "pg_try_advisory_lock", "called by check_it()", True),
        ("select pg_input_is_valid('1', 'odd')", "pg_try_advisory_lock", "check_it()", True),
        ("select null::pair", "pg_try_advisory_lock", "called by check_it()", True),
        ("select * from sly", "pg_try_advisory_lock", "in the view sly", False),
        ("select * from slyer", "pg_try_advisory_lock", "in the view sly", False),
        ("select * from fx.sly", "pg_try_advisory_lock", "in the view sly", False),
        ("select reads_view()", "pg_try_advisory_lock", "in the view sly", True),
        ("select * from guarded", "pg_try_advisory_lock", "called by check_it()", True),
        ("select (m).field from moods m", "field", "called as a field", False),
        ("select * from folded", "pg_advisory_lock", "called by lock_in_view()", True),
        ("select pg_temp.nextval(1)", "nextval", "VOLATILE", False),
        ("select \"nextval\" /* x */ ('s')", "nextval", "VOLATILE", False),
    ],
)
def test_what_may_write_is_named_with_the_reason(connection, sql, name, reason, planned):
    effect = {one.name: one for one in found(connection, sql)}[name]
    assert reason in effect.reason
    assert effect.planned is planned


@pytest.mark.parametrize(
    ("sql", "allow"),
    [
        ("select writes()", "writes"),
        ("select hides_deeper()", "hides_deeper"),
        ("select nextval('s')", ""),
        ("select * from sly", ""),
    ],
)
def test_the_function_to_allow_is_the_users_own_and_outermost(connection, sql, allow):
    (effect,) = found(connection, sql)
    assert effect.allow == allow
    if allow:
        assert found(connection, sql, [allow]) == []
        assert found(connection, sql, [f"fx.{allow}"]) == []
        assert found(connection, sql, [f"other.{allow}"]) != []


@pytest.mark.parametrize("name", ["nextval", "pg_catalog.nextval", "sly"])
def test_what_is_postgresqls_own_cannot_be_allowed(connection, name):
    assert found(connection, "select nextval('s') from sly", [name])


def test_of_a_name_in_two_schemas_the_one_that_is_meant_decides(connection):
    assert found(connection, "select lower('a'), pg_catalog.lower('b')") == []
    (effect,) = found(connection, "select other.lower('a')")
    assert effect.name == "lower"
    connection.exec_driver_sql("set search_path to fx, other, pg_catalog")
    assert found(connection, "select lower('a')")
    connection.exec_driver_sql("set search_path to fx, public")


def test_what_hides_behind_many_calls_is_not_taken_for_harmless(connection):
    connection.exec_driver_sql(
        "create function fx.c0() returns int volatile language sql as 'select 1';"
        + "".join(
            f"create function fx.c{n}() returns int stable language sql as 'select fx.c{n - 1}()';"
            for n in range(1, 12)
        )
    )
    (near,) = found(connection, "select c7()")
    assert near.name == "c0"
    (far,) = found(connection, "select c11()")
    assert far.reason == "it is called too deeply to be followed"
    assert far.planned


def test_plain_names_are_looked_for_in_every_schema(connection):
    assert [one.name for one in effects(connection, {"elsewhere"})] == ["elsewhere"]
    assert effects(connection, set()) == []
