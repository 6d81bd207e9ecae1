"""Databases by name; no password ever comes back."""

from __future__ import annotations

import sys
import traceback
from types import SimpleNamespace

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import NotConnected, PerfkitError, UsageError
from perfkit.magics.connections import Connections

SECRET = "hunter2-s3cr3t"


@pytest.fixture
def engine():
    engine = sa.create_engine("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture
def jupysql(monkeypatch, engine):
    """What JupySQL's module looks like in a kernel that opened a connection."""

    def opened(**connections):
        manager = SimpleNamespace(connections=connections)
        module = SimpleNamespace(ConnectionManager=manager)
        monkeypatch.setitem(sys.modules, "sql.connection", module)
        return connections

    def of(engine):
        return SimpleNamespace(connection_sqlalchemy=SimpleNamespace(engine=engine))

    opened.of = of
    return opened


def test_an_engine_is_remembered_as_it_is(engine):
    known = Connections()
    assert known.connect("shop", engine) is engine
    assert known.find("shop", {}) == ("shop", engine)


def test_a_url_becomes_an_engine_that_works(tmp_path):
    engine = Connections().connect("x", f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        assert connection.execute(sa.text("select 1")).scalar_one() == 1
    engine.dispose()


def test_the_only_database_needs_no_name_and_two_do(engine):
    known = Connections({"shop": engine})
    assert known.find("", {}) == ("shop", engine)
    known.connect("other", engine)
    with pytest.raises(UsageError, match="2 databases are connected: other, shop") as caught:
        known.find("", {})
    assert "%%explain other" in caught.value.hint


def test_without_a_database_the_hint_says_how_to_get_one():
    with pytest.raises(NotConnected, match="no database is connected") as caught:
        Connections().find("", {"x": 1})
    assert "%perfkit lab start" in caught.value.hint


def test_a_variable_that_holds_an_engine_is_found_by_its_name_and_an_alias_wins(engine):
    other = sa.create_engine("sqlite://")
    assert Connections().find("mine", {"mine": engine}) == ("mine", engine)
    assert Connections({"mine": engine}).find("mine", {"mine": other})[1] is engine
    other.dispose()


@pytest.mark.parametrize("value", [None, 1, "sqlite://", object(), sa])
def test_a_variable_that_is_no_engine_is_no_connection(value):
    with pytest.raises(NotConnected, match="no connection is called 'mine'"):
        Connections().find("mine", {"mine": value})


def test_an_unknown_name_lists_those_that_are_known(engine):
    with pytest.raises(NotConnected) as caught:
        Connections({"b": engine, "a": engine}).find("c", {})
    assert "connected: a, b" in caught.value.hint


def test_what_jupysql_opened_is_found_under_its_alias(jupysql, engine):
    jupysql(prod=jupysql.of(engine))
    assert Connections().find("prod", {}) == ("prod", engine)
    assert Connections().find("", {}) == ("prod", engine)


def test_jupysql_without_an_alias_shows_no_url_and_native_connections_are_left_alone(
    jupysql, engine
):
    connections = jupysql(duck=SimpleNamespace(), none=SimpleNamespace(connection_sqlalchemy=None))
    connections[f"postgresql://me:{SECRET}@db/x"] = jupysql.of(engine)
    with pytest.raises(NotConnected) as caught:
        Connections().find("other", {})
    assert SECRET not in f"{caught.value} {caught.value.hint}"
    assert "connected: none;" in caught.value.hint


def test_our_own_alias_wins_over_jupysqls(jupysql, engine):
    mine = sa.create_engine("sqlite://")
    jupysql(prod=jupysql.of(engine))
    assert Connections({"prod": mine}).find("prod", {})[1] is mine
    mine.dispose()


@pytest.mark.parametrize("module", [None, SimpleNamespace(), SimpleNamespace(ConnectionManager=1)])
def test_another_module_of_that_name_is_no_jupysql(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "sql.connection", module)
    with pytest.raises(NotConnected, match="no database is connected"):
        Connections().find("", {})


TARGETS = [
    f"postgresql://me:{SECRET}@127.0.0.1:1/shop",
    f"postgres://me:{SECRET}@127.0.0.1:1/shop",
    f"postgresql://me:{SECRET}@127.0.0.1:port/shop",
    f"postgresql://me:{SECRET}@[::1/shop",
    f"nonsense://me:{SECRET}@127.0.0.1/shop",
    f"oracle+nothing://me:{SECRET}@127.0.0.1/shop",
    f"://me:{SECRET}@",
    f"host=127.0.0.1 port=1 password={SECRET}",
    f"password={SECRET} host",
    f"password='{SECRET}",
    f"passwort={SECRET}",
    SECRET,
]


@pytest.mark.parametrize("target", TARGETS)
def test_no_way_to_fail_shows_the_password_even_in_a_full_traceback(target):
    with pytest.raises(PerfkitError) as caught:
        Connections().connect("prod", target)
    error = caught.value
    shown = "".join(traceback.format_exception(error))
    ours = [line for line in shown.splitlines() if "test_connections" not in line]
    assert SECRET not in "\n".join([str(error), repr(error), error.hint, *ours])
    assert error.hint


@given(st.text(max_size=40))
def test_any_text_is_a_perfkit_error_and_never_repeated(text):
    with pytest.raises(PerfkitError) as caught:
        Connections().connect("x", f"password={SECRET} bogus_key_{text}=1")
    assert SECRET not in str(caught.value)


def test_a_server_that_refuses_is_named_with_its_reason_and_not_remembered():
    known = Connections()
    with pytest.raises(NotConnected, match=r"^prod: .*refused"):
        known.connect("prod", "postgresql://me@127.0.0.1:1/shop")
    assert known.engines == {}


@pytest.mark.lab
def test_libpqs_form_reaches_a_real_server_and_its_errors_are_the_servers(lab):
    known = Connections()
    info = lab.server.conninfo("shop")
    engine = known.connect("lab", info)
    with engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from users")).scalar_one() == 400
    engine.dispose()
    with pytest.raises(NotConnected, match=r'lab2: .*"nowhere" does not exist'):
        known.connect("lab2", lab.server.conninfo("nowhere"))
    assert set(known.engines) == {"lab"}


def test_a_database_without_an_encoding_is_asked_in_utf8(monkeypatch):
    asked = {}

    def connect(**settings):
        asked.update(settings)
        raise psycopg.OperationalError("not here")

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(NotConnected):
        Connections().connect("old", "postgresql://somebody@nowhere/old")
    assert asked["client_encoding"] == "utf8"
