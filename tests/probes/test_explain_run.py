from dataclasses import replace

import pytest
import sqlalchemy as sa

from perfkit.errors import QueryFailed, TargetRefused, UsageError
from perfkit.probes.explain_run import Asked, Run, measure, planned
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


def measured(engine, sql, values=None, *, execute=None, facts=None, **more):
    with rolled_back("test", engine, timeout_s=10, read_only=False) as connection:
        server = replace(identify(connection), **(facts or {}))
        asked = Asked(statement=one_statement(sql), values=values or {}, execute=execute, **more)
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
    found = measured(engine, "select 1", execute=execute, facts=facts)
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
        (
            "select quiet()",
            False,
            "allow_functions=['quiet'] runs it",
        ),  # the planner itself might run it
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


WRITES = [
    "insert into runs values (0, 'x')",
    "insert into runs values (1, 'x') on conflict (id) do update set a = 'y'",
    "update runs set id = -id",
    "delete from runs where id < 10 returning a",
    "merge into runs r using (values (1), (0)) v(id) on v.id = r.id when matched then delete",
    "with d as (delete from runs returning id) select * from d",
    "select * from runs for update",
]


@pytest.mark.parametrize("sql", WRITES)
def test_writes_that_are_asked_for_are_executed_and_undone_each_time(engine, sql):
    found = measured(engine, sql, writes=True, runs=3)
    assert found.not_executed == ""
    assert found.writing
    assert found.plan.analyzed
    assert len(found.times_ms) == 3
    assert found.writes.refused == ""
    with engine.connect() as connection:
        rows = "select count(*), sum(id), min(a), max(a) from runs"
        assert tuple(connection.exec_driver_sql(rows).one()) == (1000, 500500, "a1", "a999")


def test_of_several_runs_the_quickest_but_the_first_is_shown(engine):
    found = measured(engine, "select count(*) from runs", runs=4)
    assert len(found.times_ms) == 4
    assert found.plan.execution_ms == min(found.times_ms[1:])
    assert found.bare_ms is not None
    assert "TIMING OFF" not in found.options
    assert measured(engine, "select 1").bare_ms is None


def test_a_standby_does_not_write(engine):
    with pytest.raises(UsageError, match="is a standby"):
        measured(engine, WRITES[0], writes=True, facts={"standby": True})
    assert not measured(engine, WRITES[0], facts={"standby": True}).plan.analyzed


def test_options_that_a_server_refuses_are_left_out_and_named(engine):
    """A release that calls itself 19 without having EXPLAIN (IO), as a fork might."""
    found = measured(engine, "select * from runs", execute=True, facts={"number": 190_000}, runs=2)
    assert found.plan.timed
    assert found.options == ("ANALYZE", "VERBOSE", "BUFFERS", "FORMAT JSON")
    assert "left out: SETTINGS, WAL, SERIALIZE, MEMORY, IO." in found.notes[0]


def test_an_error_of_the_statement_itself_is_not_taken_for_a_refused_option(engine):
    with pytest.raises(QueryFailed, match="syntax error at or near"):
        measured(engine, "select from where")
    with pytest.raises(QueryFailed, match="division by zero"):
        measured(engine, "select 1 / (id - id) from runs")


def test_a_function_that_is_allowed_runs(engine):
    with pytest.raises(TargetRefused):
        measured(engine, "select quiet()", execute=True, allowed=("nextval",))
    before = "select coalesce(pg_sequence_last_value('drawn'), 0)"
    with engine.connect() as connection:
        drawn = connection.exec_driver_sql(before).scalar()
        assert measured(engine, "select quiet()", execute=True, allowed=("quiet",)).plan.analyzed
        assert connection.exec_driver_sql(before).scalar() > drawn
        connection.exec_driver_sql("drop sequence drawn; create sequence drawn")


def test_a_run_plans_once_and_executes_as_often_as_it_is_told(engine):
    with rolled_back("test", engine, timeout_s=10) as connection:
        asked = Asked(statement=one_statement("select count(*) from runs"))
        run = Run(connection=connection, server=identify(connection), asked=asked)
        assert run.plan is run.plan
        assert not run.plan.analyzed
        assert run.executed().timed
        assert not run.executed(timing=False).timed
        assert run.notes == ()
        assert run.dropped == run.options.dropped


@pytest.mark.parametrize(
    ("rule", "made"), [("do also select 1", "2 statements"), ("do instead nothing", "no statement")]
)
def test_a_statement_that_a_rule_rewrites_is_a_sentence(engine, rule, made):
    with rolled_back("test", engine, timeout_s=10, read_only=False) as connection:
        connection.exec_driver_sql("create table ruled (id int)")
        connection.exec_driver_sql(f"create rule r as on insert to ruled {rule}")
        asked = Asked(statement=one_statement("insert into ruled values (1)"))
        with pytest.raises(UsageError, match=f"makes {made} of this one"):
            measure(connection, identify(connection), asked)
