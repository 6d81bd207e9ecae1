"""The lists against the real server, name by name."""

import contextlib

import psycopg
import pytest
import sqlalchemy as sa

from perfkit.errors import QueryFailed, TargetRefused
from perfkit.probes.effects import effects, lists
from perfkit.probes.explain_run import Asked, measure
from perfkit.probes.failures import told
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.probes.sql_names import Called, Names
from perfkit.probes.statement import one_statement

_FUNCTIONS = """
select n.nspname, p.proname, p.provolatile,
       array(select format_type(a.t, null) from unnest(p.proargtypes) with ordinality a(t, o)
             order by o),
       p.provariadic <> 0,
       array(select y.typtype = 'p' and y.typname !~ '^any' from unnest(p.proargtypes) a(t)
             join pg_type y on y.oid = a.t)
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where p.prokind <> 'p' and (n.nspname = 'pg_catalog' or n.nspname = 'contrib')
order by 1, 2
"""
#: Text that takes a lock when it is run, and a view that does when it is read.
_TAKES_LOCK = "select pg_try_advisory_lock_shared(4711)::text, 1, 'x'"


@pytest.fixture(scope="module")
def engine(effects_engine):
    """A database with every extension that can be made, and the lock as text and as view."""
    with effects_engine.connect() as connection:
        connection.exec_driver_sql("drop schema if exists contrib cascade; create schema contrib")
        available = "select name from pg_available_extensions where name <> 'plpgsql'"
        for name in connection.exec_driver_sql(available).scalars().all():
            with contextlib.suppress(sa.exc.DBAPIError):
                connection.exec_driver_sql(f'create extension "{name}" schema contrib cascade')
        connection.exec_driver_sql("create schema trap")
        connection.exec_driver_sql(
            "create view trap.v as select pg_try_advisory_lock_shared(4711)::text as a, 1 as b"
        )
        yield effects_engine
        connection.exec_driver_sql("drop schema contrib, trap cascade")


@pytest.fixture(scope="module")
def functions(engine):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(_FUNCTIONS)]


def harmless(schema, name, volatility):
    known = lists.HARMLESS if schema == "pg_catalog" else lists.HARMLESS_IN_EXTENSIONS
    return name not in lists.RUNS_TEXT and (volatility != "v" or name in known)


def call(schema, name, types, variadic):
    array = {
        "anyarray": "int[]",
        "anycompatiblearray": "int[]",
        "anyelement": "int",
        '"any"': "text[]",
    }
    nulls = [f"null::{array.get(one, one)}" for one in types]
    nulls[-1:] = [f"variadic {last}" if variadic else last for last in nulls[-1:]]
    return f'select "{schema}"."{name}"({", ".join(nulls)})'


@pytest.mark.parametrize("schema", ["pg_catalog", "contrib"])
def test_each_function_by_its_name_is_refused_unless_it_is_known_to_be_harmless(
    engine, functions, schema
):
    mine = [one for one in functions if one[0] == schema]
    expected = {name for _, name, volatility, *_ in mine if not harmless(schema, name, volatility)}
    names = Names(frozenset(Called(name, schema) for _, name, *_ in mine))
    with engine.connect() as connection:
        assert {effect.name for effect in effects(connection, names)} == expected
    assert len(expected) > (150 if schema == "pg_catalog" else 40)


def test_a_call_of_each_that_is_not_harmless_is_refused_before_it_is_executed(engine, functions):
    sent = []
    sa.event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    outcome = {}
    for schema, name, volatility, types, variadic, pseudo in functions:
        if harmless(schema, name, volatility) or any(pseudo):
            continue
        sql = call(schema, name, types, variadic)
        with rolled_back("test", engine, timeout_s=10) as connection:
            asked = Asked(statement=one_statement(sql), execute=True)
            try:
                with told("test", engine):
                    measure(connection, identify(connection), asked)
            except TargetRefused as refused:
                outcome[sql] = refused.message.startswith(f"explain: {name}() may have effects")
            except QueryFailed as failed:  # such as a set where no set can be
                outcome[sql] = str(failed)
    assert len(outcome) > 150
    assert {sql: said for sql, said in outcome.items() if said is not True} == {}
    assert not any("ANALYZE" in text for text in sent)


def test_no_function_that_is_not_volatile_runs_text_unless_it_is_listed(engine, functions):
    """Call all of them with text, and with the name of a view, that would take a lock."""
    with engine.connect() as setup:
        driver = setup.connection.driver_connection
        driver.execute("set search_path to trap, contrib, public; set statement_timeout = '2s'")
        runs = set()
        for schema, name, volatility, types, _, pseudo in functions:
            if volatility == "v" or any(pseudo) or not {"text", "name", "regclass"} & set(types):
                continue
            if any(takes_lock(driver, schema, name, types, word) for word in ("", "v", "trap")):
                runs.add(name)
        driver.execute("reset all")
    assert runs <= lists.RUNS_TEXT
    assert "crosstab" in runs  # of the text of a query: this test would notice others


def takes_lock(driver, schema, name, types, word):
    text = f"'{word}'" if word else f"$p${_TAKES_LOCK}$p$"
    values = {"text": text, "name": text, "regclass": "'trap.v'", "boolean": "true",
              "integer": "1", "bigint": "1"}  # fmt: skip
    inside = ", ".join(f"{values.get(one, 'null')}::{one}" for one in types)
    expression = f'"{schema}"."{name}"({inside})'
    for sql in (f"select {expression}", f"select * from {expression} as t(a text, b text)"):
        with contextlib.suppress(psycopg.Error):
            driver.execute(sql)
    held = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
    (locks,) = driver.execute(held).fetchone()
    driver.execute("select pg_advisory_unlock_all()")
    return locks > 0


def test_no_name_is_on_two_lists():
    assert not lists.HARMLESS & lists.RUNS_TEXT
    assert not lists.HARMLESS & lists.UNDONE
    assert not lists.HARMLESS_IN_EXTENSIONS & (lists.RUNS_TEXT | lists.HARMLESS_TRIGGERS)
    assert not any(name.startswith("lo_") for name in lists.HARMLESS)


def test_what_is_listed_as_harmless_is_volatile_where_it_exists(functions):
    marked = {}
    for schema, name, volatility, *_ in functions:
        marked.setdefault((schema == "pg_catalog", name), set()).add(volatility)
    for in_catalog, known in ((True, lists.HARMLESS), (False, lists.HARMLESS_IN_EXTENSIONS)):
        superfluous = [name for name in known if "v" not in marked.get((in_catalog, name), {"v"})]
        assert superfluous == []
