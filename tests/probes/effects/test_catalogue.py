import pytest

from perfkit.probes.effects.catalogue import functions, texts
from perfkit.probes.sql_names import names_in

OBJECTS = """
drop schema if exists cat, hidden cascade; create schema cat; create schema hidden;
create function cat.one() returns int language sql immutable as 'select 1';
create function hidden.one() returns int language plpgsql as 'begin return 2; end';
create function cat.standard() returns int language sql return 1 + cat.one();
create aggregate cat.total(int) (sfunc = int4pl, stype = int, initcond = '0');
create view cat.shown as select cat.one() as n;
create view hidden.shown as select 2 as n;
create domain cat.small as int check (value < cat.one());
create table cat.rows (s cat.small[]);
create procedure cat.proc() language sql as 'select 1';
set search_path to cat;
"""


@pytest.fixture(scope="module")
def connection(effects_engine):
    with effects_engine.connect() as connection:
        connection.exec_driver_sql(OBJECTS)
        yield connection
        connection.exec_driver_sql("drop schema cat, hidden cascade; reset search_path")


def found(connection, sql):
    return {(one.schema, one.name): one for one in functions(connection, names_in(sql))}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("one()", {("cat", "one")}),
        ("cat.one()", {("cat", "one")}),
        ("hidden.one()", {("hidden", "one")}),
        ("pg_catalog.one()", set()),
        ("pg_temp.one()", {("cat", "one"), ("hidden", "one")}),
        ("total(1)", {("cat", "total"), ("pg_catalog", "int4pl")}),
        ("x'); drop table t; --", set()),
    ],
)
def test_a_call_finds_what_the_server_would(connection, sql, expected):
    assert set(found(connection, sql)) == expected


def test_a_body_comes_as_text_whatever_its_kind(connection):
    assert found(connection, "one()")["cat", "one"].body.startswith("select 1")
    assert "one()" in found(connection, "standard()")["cat", "standard"].body
    assert found(connection, "total(1)")["cat", "total"].aggregate
    assert found(connection, "proc()")["cat", "proc"].procedure
    lower = found(connection, "lower('a')")["pg_catalog", "lower"]
    assert (lower.volatility, lower.language, lower.extension, lower.body) == (
        "i", "internal", False, None,
    )  # fmt: skip


def test_the_texts_behind_names_are_those_of_views_and_domains(connection):
    def what(sql, **options):
        return {one.what for one in texts(connection, names_in(sql), **options)}

    assert what("shown", anywhere=False) == {"view shown"}
    assert len(texts(connection, names_in("shown"), anywhere=True)) == 2
    assert len(texts(connection, names_in("hidden.shown"), anywhere=False)) == 2
    assert what("1::small", anywhere=False) == {"domain small"}
    assert what("select s from rows", anywhere=False) == {"domain small"}
    assert what("select 1", anywhere=False) == set()
