import signal
import subprocess
import sys
import time

import mariadb_shop
import pytest

from perfkit.errors import QueryFailed, UsageError
from perfkit.probes import mysql_session
from perfkit.probes.mysql_session import session

SETTINGS = (
    "select @@max_statement_time, @@lock_wait_timeout, @@innodb_lock_wait_timeout, "
    "@@idle_transaction_timeout, @@in_transaction, @@autocommit"
)


@pytest.fixture(scope="module")
def mariadb():
    if absent := mariadb_shop.missing():
        pytest.skip(f"{absent[0]} is not installed")
    return mariadb_shop.engine()


def state(engine):
    with engine.connect() as connection:
        return (
            connection.exec_driver_sql("select connection_id()").scalar_one(),
            connection.exec_driver_sql(SETTINGS).one(),
        )


def _sent(engine, sql, *, timeout_s):
    with session("here", engine, timeout_s=timeout_s) as connection:
        connection.exec_driver_sql(sql).all()


@pytest.mark.parametrize("read_only", [True, False])
def test_limits_hold_inside_and_everything_is_put_back(mariadb, read_only):
    before = state(mariadb)
    with session("here", mariadb, timeout_s=7.5, read_only=read_only) as connection:
        inside = connection.exec_driver_sql(SETTINGS).one()
        assert tuple(inside)[:5] == (7.5, 2, 2, 60, 1)
    assert state(mariadb) == before


def test_a_read_only_transaction_takes_no_writes(mariadb):
    with pytest.raises(QueryFailed, match="READ ONLY"):
        _sent(mariadb, "delete from tiny", timeout_s=5)
    assert state(mariadb)[1][4] == 0


def test_what_was_written_is_rolled_back_also_behind_an_error(mariadb):
    count = "select count(*) from tiny"
    for error in (None, "select nope"):
        try:
            with session("here", mariadb, timeout_s=5, read_only=False) as connection:
                connection.exec_driver_sql("delete from tiny")
                assert connection.exec_driver_sql(count).scalar_one() == 0
                connection.exec_driver_sql(error or count)
        except QueryFailed:
            assert error
        with mariadb.connect() as connection:
            assert connection.exec_driver_sql(count).scalar_one() == 3


def test_a_statement_that_takes_too_long_is_ended_and_the_connection_is_clean(mariadb):
    before = state(mariadb)
    started = time.monotonic()
    with pytest.raises(QueryFailed, match="max_statement_time"):
        _sent(mariadb, "select sleep(20)", timeout_s=0.2)
    assert time.monotonic() - started < 5
    assert state(mariadb) == before


def test_an_autocommit_engine_gets_a_transaction_all_the_same(mariadb):
    engine = mariadb.execution_options(isolation_level="AUTOCOMMIT")
    with session("here", engine, timeout_s=5) as connection:
        assert connection.exec_driver_sql("select @@in_transaction").scalar_one() == 1
    assert state(mariadb)[1][4] == 0


WAITING = """
import sqlalchemy as sa, sys
from perfkit.probes.mysql_session import session
with session("here", sa.create_engine(sys.argv[1]), timeout_s=30) as connection:
    connection.exec_driver_sql("select sleep(29), 'interrupt me'").all()
"""


def test_ctrl_c_ends_the_query_on_the_server(mariadb):
    url = mariadb.url.render_as_string(hide_password=False)
    waiting = subprocess.Popen([sys.executable, "-c", WAITING, url], stderr=subprocess.PIPE)
    query = (
        "select count(*) from information_schema.processlist "
        "where info like '%%interrupt me%%' and id <> connection_id()"
    )
    try:
        _until(mariadb, query, 1)
        waiting.send_signal(signal.SIGINT)
        _until(mariadb, query, 0)
        assert b"KeyboardInterrupt" in waiting.communicate(timeout=10)[1]
    finally:
        waiting.kill()
        waiting.wait()


def _until(engine, query, count):
    end = time.monotonic() + 10
    with engine.connect() as connection:
        while connection.exec_driver_sql(query).scalar_one() != count:
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.mark.parametrize("timeout_s", [0, -1, float("inf"), float("nan")])
def test_a_time_that_is_none_is_refused(mariadb, timeout_s):
    with pytest.raises(UsageError, match="is not a time"):
        _sent(mariadb, "select 1", timeout_s=timeout_s)


def test_an_asynchronous_driver_is_refused():
    engine = type("E", (), {"dialect": type("D", (), {"driver": "asyncmy"})})()
    with pytest.raises(UsageError, match="asynchronous"):
        _sent(engine, "select 1", timeout_s=1)


def test_numbers_are_written_as_the_server_takes_them():
    assert mysql_session._number(31_536_000.0) == "31536000"
    assert float(mysql_session._number(0.25)) == 0.25
