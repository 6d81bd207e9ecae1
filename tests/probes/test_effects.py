import pytest
import sqlalchemy as sa

from perfkit.plans.read import read_plan
from perfkit.probes.effects import effects, named_in

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
create procedure proc() language sql as 'select 1';
"""


@pytest.fixture(scope="module")
def connection(postgres):
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(FUNCTIONS)
        yield connection
        connection.exec_driver_sql("drop schema fx cascade")
    engine.dispose()


@pytest.mark.parametrize(
    "names",
    [
        {"plain"}, {"modern"}, {"quotes"}, {"count", "lower", "now"}, {"pg_sleep"},
        {"clock_timestamp", "gen_random_uuid"}, {"proc"}, {"no_such_function"},
        {"x'); drop table t; --"}, set(), {"a"},
    ],
)  # fmt: skip
def test_functions_that_only_look_have_no_effects(connection, names):
    assert effects(connection, names) == []


@pytest.mark.parametrize(
    ("name", "reason", "planned"),
    [
        ("writes", "it is marked VOLATILE", False),
        ("nextval", "it is marked VOLATILE", False),
        ("pg_terminate_backend", "it is marked VOLATILE", False),
        ("dynamic", "it runs text built at run time", True),
        ("random", "it is marked VOLATILE", False),  # another schema's: not the harmless one
    ],
)
def test_functions_that_may_write_are_named_with_the_reason(connection, name, reason, planned):
    (effect,) = [one for one in effects(connection, {name}) if one.name == name]
    assert (effect.reason, effect.planned) == (reason, planned)


@pytest.mark.parametrize("name", ["hides", "hides_deeper"])
def test_what_a_body_calls_is_found_and_the_planner_might_run_it(connection, name):
    (effect,) = effects(connection, {name})
    assert effect.name == "writes"
    assert effect.reason == "called by a function of the statement"
    assert effect.planned


def test_what_hides_behind_many_calls_is_not_taken_for_harmless(connection):
    connection.exec_driver_sql(
        "create function fx.c0() returns int volatile language sql as 'select 1';"
        + "".join(
            f"create function fx.c{n}() returns int stable language sql as 'select fx.c{n - 1}()';"
            for n in range(1, 12)
        )
    )
    (near,) = effects(connection, {"c7"})
    assert (near.name, near.reason) == ("c0", "called by a function of the statement")
    (far,) = effects(connection, {"c11"})
    assert far.reason == "it is called too deeply to be followed"
    assert far.planned


def test_two_functions_that_call_each_other_end(connection):
    assert effects(connection, {"a", "b"}) == []


def test_a_language_nobody_reads_counts_as_an_effect(connection):
    connection.exec_driver_sql(
        "create function fx.native(text) returns int immutable strict language internal "
        "as 'textlen'"
    )
    (effect,) = effects(connection, {"native"})
    assert effect.reason == "it is written in internal"
    assert effect.planned


def test_the_names_in_a_plan_are_those_in_front_of_parentheses_and_function_scans():
    scan = {
        "Node Type": "Function Scan", "Function Name": "generate_series",
        "Filter": "((fx.writes(a) > 1) AND (note = 'lower(x)'::text))",
    }  # fmt: skip
    root = {
        "Node Type": "Sort",
        "Sort Key": ['"Odd Name"(a)', "b"],
        "Plans": [scan],
        "Workers": [{}],
    }
    assert named_in(read_plan({"Plan": root})) == {
        "generate_series", "writes", "Odd Name", "and",
    }  # fmt: skip
