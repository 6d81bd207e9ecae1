from dataclasses import replace

import pytest
import sqlalchemy as sa

from perfkit.errors import TargetRefused
from perfkit.probes.explain_run import Asked, measure, planned
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.probes.statement import one_statement


@pytest.fixture(scope="module")
def engine(postgres):
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "drop table if exists runs; create table runs (id int primary key, a text);"
            "insert into runs select i, 'a' || i from generate_series(1, 1000) i; analyze runs;"
            "create sequence if not exists drawn;"
            "create or replace function quiet() returns int stable language sql as"
            " 'select nextval(''drawn'')::int';"
        )
        yield connection.engine
        connection.exec_driver_sql("drop function quiet; drop table runs; drop sequence drawn")
    engine.dispose()


def measured(engine, sql, values=None, *, execute=None, **facts):
    with rolled_back("test", engine, timeout_s=10, read_only=False) as connection:
        server = replace(identify(connection), **facts)
        asked = Asked(statement=one_statement(sql), values=values or {}, execute=execute)
        return measure(connection, server, asked)


def test_here_a_statement_is_executed_unasked(engine):
    found = measured(engine, "select * from runs where id < :n", {"n": 11})
    assert found.not_executed == ""
    assert found.plan.root.number("Actual Rows") == 10
    assert found.plan.root.number("Shared Hit Blocks") is not None


@pytest.mark.parametrize(
    ("execute", "facts", "executed"),
    [
        (None, {"local": False, "lab": False}, False),
        (None, {"local": False, "lab": True}, True),
        (True, {"local": False, "lab": False}, True),
        (False, {"local": True, "lab": True}, False),
    ],
)
def test_elsewhere_a_statement_is_executed_only_when_asked(engine, execute, facts, executed):
    found = measured(engine, "select 1", execute=execute, **facts)
    assert found.plan.analyzed is executed
    assert bool(found.not_executed) is not executed


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("insert into runs values (0, 'x')", "the statement writes"),
        ("with d as (delete from runs returning id) select * from d", "the statement writes"),
        ("select * from runs for update", "the statement locks rows"),
    ],
)
@pytest.mark.parametrize("execute", [None, True])
def test_statements_that_write_or_lock_are_only_planned(engine, sql, why, execute):
    found = measured(engine, sql, execute=execute)
    assert why in found.not_executed
    assert not found.plan.analyzed
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from runs").scalar() == 1000


@pytest.mark.parametrize(
    ("sql", "execute", "hint"),
    [
        ("select nextval('drawn')", None, "analyze=False only plans it"),
        ("select nextval('drawn')", True, "analyze=False only plans it"),
        ("select quiet()", False, "take the call out"),  # the planner itself might run it
    ],
)
def test_effects_that_no_rollback_undoes_are_refused(engine, sql, execute, hint):
    with pytest.raises(TargetRefused, match=r"nextval\(\) may have effects") as error:
        measured(engine, sql, execute=execute)
    assert error.value.hint.startswith(hint)
    with engine.connect() as connection:
        assert not connection.exec_driver_sql("select is_called from drawn").scalar()


def test_only_planned_a_volatile_call_passes(engine):
    assert not measured(engine, "select nextval('drawn')", execute=False).plan.analyzed


def test_a_function_behind_a_view_is_seen_in_the_plan(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("create view sly as select nextval('drawn') as n")
    try:
        with pytest.raises(TargetRefused, match="nextval"):
            measured(engine, "select * from sly")
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql("drop view sly")


def test_a_server_without_explain_settings_is_not_asked_for_them(engine):
    statement = Asked(statement=one_statement("select 1"))
    with rolled_back("test", engine, timeout_s=10) as connection:
        connection.exec_driver_sql("set local enable_sort = off")
        new = planned(connection, identify(connection), statement)
        old = planned(connection, replace(identify(connection), number=110_000), statement)
    assert new.document["Settings"]["enable_sort"] == "off"
    assert "Settings" not in old.document
