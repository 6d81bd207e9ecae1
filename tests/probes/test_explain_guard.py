from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from perfkit.errors import TargetRefused, UsageError
from perfkit.plans.read import read_plan
from perfkit.probes import explain_guard as guard
from perfkit.probes.effects import Effect
from perfkit.probes.effects.writes import Writes
from perfkit.probes.explain_run import Asked
from perfkit.probes.session import rolled_back
from perfkit.probes.statement import one_statement


def plan(kind, **more):
    below = {"Node Type": kind, "Relation Name": "t", "Schema": "public", **more}
    return read_plan({"Plan": {"Node Type": "Limit", "Plans": [below]}})


def server(*, local=False, lab=False, standby=False):
    return SimpleNamespace(local=local, lab=lab, standby=standby)


def asked(**more):
    return Asked(statement=one_statement("select 1"), **more)


HERE, ELSEWHERE = server(local=True), server()


@pytest.mark.parametrize(
    ("kind", "where", "how", "said"),
    [
        ("Seq Scan", HERE, {}, ""),
        ("Seq Scan", server(lab=True), {}, ""),
        ("Seq Scan", ELSEWHERE, {}, "nothing proves that this server runs on this machine"),
        ("Seq Scan", ELSEWHERE, {"execute": True}, ""),
        ("Seq Scan", ELSEWHERE, {"writes": True}, "nothing proves"),
        ("Seq Scan", HERE, {"execute": False}, "as asked"),
        ("ModifyTable", HERE, {"execute": True}, "the statement writes"),
        ("ModifyTable", ELSEWHERE, {"writes": True}, ""),
        ("ModifyTable", HERE, {"writes": True, "execute": False}, "as asked"),
        ("LockRows", HERE, {}, "the statement locks rows"),
        ("LockRows", HERE, {"writes": True}, ""),
        ("Foreign Scan", HERE, {}, "it reads the foreign table t from another server"),
        ("Foreign Scan", HERE, {"execute": True}, ""),
    ],
)
def test_why_a_statement_is_only_planned(kind, where, how, said):
    reason = guard.only_planned(plan(kind), where, asked(**how))
    assert said in reason
    assert bool(reason) == bool(said)


@pytest.mark.parametrize(
    ("effect", "execute", "how", "hint"),
    [
        (Effect("nextval", "why", planned=False), True, {},
         "analyze=False only plans it, or take the call out of the statement"),
        (Effect("f", "why", planned=True, allow="g"), False, {},
         "allow_functions=['g'] runs it, or take the call out of the statement"),
        (Effect("nextval", "why", planned=False), True, {"allowed": ("pg_catalog.nextval",)},
         "nextval() is PostgreSQL's own and is never allowed"),
    ],
)  # fmt: skip
def test_a_function_with_effects_is_refused_with_the_way_out(effect, execute, how, hint):
    with pytest.raises(TargetRefused, match=rf"{effect.name}\(\) may have effects") as caught:
        guard.refuse([effect], asked(**how), execute=execute)
    assert caught.value.hint == hint


def test_only_planned_what_the_planner_does_not_run_passes():
    guard.refuse([Effect("nextval", "why", planned=False)], asked(), execute=False)
    guard.refuse([], asked(), execute=True)


def test_a_write_is_refused_for_what_it_sets_off():
    guard.refuse_writes(Writes(sequences=("s",), deferred=("d",)), asked())
    with pytest.raises(TargetRefused, match="the rule r"):
        guard.refuse_writes(Writes(refused="the rule r rewrites the statement"), asked())
    with pytest.raises(TargetRefused, match="dblink"):
        guard.refuse_writes(Writes(effects=(Effect("dblink", "why", planned=False),)), asked())


def test_a_standby_is_refused_in_a_sentence():
    guard.refuse_standby(HERE)
    with pytest.raises(UsageError, match="standby, which cannot write"):
        guard.refuse_standby(server(standby=True))


@pytest.fixture(scope="module")
def engine(postgres):
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("drop extension if exists file_fdw cascade")
        connection.exec_driver_sql(
            "create extension file_fdw; create server f foreign data wrapper file_fdw;"
            "create foreign table from_file (a text) server f options (filename '/dev/null');"
            "create foreign table from_program (a text) server f options (program 'echo a')"
        )
        yield engine
        connection.exec_driver_sql("drop extension file_fdw cascade")
    engine.dispose()


@pytest.mark.parametrize(
    ("table", "operation", "said"),
    [
        ("from_file", "Select", ""),
        ("from_program", "Select", "from_program runs a program"),
        ("from_file", "Update", "from_file is written to"),
    ],
)
def test_foreign_tables_that_do_more_than_being_read_are_refused(engine, table, operation, said):
    scan = plan("Foreign Scan", **{"Relation Name": table, "Operation": operation})
    with rolled_back("test", engine, timeout_s=5) as connection:
        if not said:
            guard.refuse_foreign(connection, scan)
            return
        with pytest.raises(TargetRefused, match=said):
            guard.refuse_foreign(connection, scan)
