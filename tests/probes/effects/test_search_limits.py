"""What is let through within a write that is rolled back, and nowhere else."""

import pytest

from perfkit.probes.effects import effects
from perfkit.probes.effects.search import Frame, Search
from perfkit.probes.sql_names import names_in

FUNCTIONS = """
drop schema if exists sl cascade; create schema sl; set search_path to sl, public;
create procedure locking() language plpgsql
    as 'begin perform pg_advisory_lock(1); end';
create function plain_words() returns int stable language plpgsql as $$
declare copy int := 1; reindex int := 2;
begin return (select copy + reindex); end $$;
create function copies() returns int stable language plpgsql
    as 'begin copy pg_class to ''/nowhere''; return 1; end';
create function copies_in_a_loop() returns int stable language plpgsql
    as 'begin loop copy pg_class to ''/nowhere''; end loop; return 1; end';
"""
TRIGGERS = ("autoinc", "insert_username", "moddatetime")


@pytest.fixture(scope="module")
def connection(effects_engine):
    with effects_engine.connect() as connection:
        connection.exec_driver_sql(FUNCTIONS)
        yield connection
        connection.exec_driver_sql("drop schema sl cascade; reset search_path")


def undone(connection, sql):
    names = names_in(sql).anywhere()
    return {e.name: e for e in Search(connection).run(Frame(names, undone=True))}


def refused(connection, sql):
    return {e.name: e for e in effects(connection, names_in(sql))}


@pytest.mark.parametrize("name", ["schema_to_xml", "table_to_xml", "database_to_xml"])
def test_stable_functions_that_run_every_view_are_refused_in_writes_as_well(connection, name):
    sql = f"select {name}('x')"
    for found in (refused(connection, sql), undone(connection, sql)):
        assert "it runs text" in found[name].reason


def test_functions_of_extensions_that_run_text_are_refused_though_stable(connection):
    offered = "select count(*) from pg_available_extensions where name = 'tablefunc'"
    if not connection.exec_driver_sql(offered).scalar():
        pytest.skip("this server has no tablefunc")
    connection.exec_driver_sql("create extension tablefunc schema sl")
    for name in ("crosstab", "connectby", "crosstab3"):
        for found in (refused, undone):
            assert "it runs text" in found(connection, f"select * from {name}('x')")[name].reason
    assert refused(connection, "select normal_rand(1, 2, 3)") == {}


def test_what_a_rollback_undoes_is_let_through_in_writes_only(connection):
    for name in ("nextval", "pg_notify", "pg_advisory_xact_lock", "tsvector_update_trigger"):
        assert name in refused(connection, f"select {name}(1)")
        assert undone(connection, f"select {name}(1)") == {}
    for name in (
        "pg_advisory_lock",
        "pg_terminate_backend",
        "pg_reload_conf",
        "setval",
        "lo_import",
    ):
        assert name in refused(connection, f"select {name}(1)")
        assert name in undone(connection, f"select {name}(1)")


def test_checks_of_foreign_keys_are_let_through_in_writes_only(connection):
    assert "RI_FKey_check_ins" in refused(connection, 'select "RI_FKey_check_ins"()')
    assert undone(connection, 'select "RI_FKey_check_ins"()') == {}


@pytest.mark.parametrize("name", TRIGGERS)
def test_trigger_functions_of_contrib_are_let_through_in_writes_only(connection, name):
    extension = {"autoinc": "autoinc"}.get(name, name)
    offered = f"select count(*) from pg_available_extensions where name = '{extension}'"
    if not connection.exec_driver_sql(offered).scalar():
        pytest.skip(f"this server has no {extension}")
    connection.exec_driver_sql(f"create extension if not exists {extension} schema sl")
    assert "VOLATILE" in refused(connection, f"select {name}()")[name].reason
    assert undone(connection, f"select {name}()") == {}


def test_a_procedure_that_a_trigger_calls_is_looked_through(connection):
    assert refused(connection, "select locking()") == {}  # a SELECT cannot call it
    assert "pg_advisory_lock" in undone(connection, "call locking()")


def test_a_command_is_one_where_a_statement_begins(connection):
    assert refused(connection, "select plain_words()") == {}
    for name in ("copies", "copies_in_a_loop"):
        assert "it runs COPY" in refused(connection, f"select {name}()")[name].reason


def test_what_the_planner_may_run_is_told_from_what_only_runs(connection):
    connection.exec_driver_sql(
        "create or replace function sl.later() returns int volatile language plpgsql "
        "as 'begin perform pg_advisory_lock(1); return 1; end'; "
        "create or replace function sl.sooner() returns int immutable language plpgsql "
        "as 'begin return sl.later(); end'"
    )
    assert not refused(connection, "select sl.later()")["later"].planned
    found = refused(connection, "select sl.sooner()")
    assert found["later"].planned
    assert found["later"].allow == "sooner"


def test_what_the_planner_may_run_stays_so_further_down(connection):
    connection.exec_driver_sql(
        "create or replace function sl.deepest() returns int volatile language plpgsql "
        "as 'begin perform pg_advisory_lock(1); return 1; end'; "
        "create or replace function sl.folded() returns int immutable language plpgsql "
        "as 'begin return sl.deepest(); end'"
    )
    assert not undone(connection, "select sl.deepest()")["pg_advisory_lock"].planned
    assert undone(connection, "select sl.folded()")["pg_advisory_lock"].planned


def test_functions_of_extensions_that_reach_outside_are_refused_in_writes_as_well(connection):
    offered = "select count(*) from pg_available_extensions where name = 'dblink'"
    if not connection.exec_driver_sql(offered).scalar():
        pytest.skip("this server has no dblink")
    connection.exec_driver_sql("create extension dblink schema sl")
    for name in ("dblink", "dblink_exec", "dblink_connect"):
        assert name in refused(connection, f"select {name}('x', 'y')")
        assert name in undone(connection, f"select {name}('x', 'y')")
