import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from perfkit.lab import binaries, identity
from perfkit.probes.session import rolled_back
from perfkit.probes.single import one_statement_per_message, verbatim
from perfkit.tasks.explain import explain

_INI = """
[databases]
postgres = host={server} port=5432 user=postgres dbname=postgres
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 2
logfile = {folder}/log
pidfile = {folder}/pid
"""


@pytest.fixture(scope="module")
def engine(postgres):
    engine = sa.create_engine(postgres.url("postgres"), pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def pooler(postgres):
    """The URL of a PgBouncer in transaction mode with two connections to the server."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pkb-"))
    who = identity.choose(binaries.find())
    who.own(folder)
    ini = folder / "ini"
    ini.write_text(_INI.format(server=postgres.home, folder=folder))
    process = subprocess.Popen(
        [*who.prefix, program, str(ini)], cwd="/", stderr=subprocess.DEVNULL, **who.account
    )
    try:
        deadline = time.monotonic() + 10
        while not (folder / ".s.PGSQL.6432").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}&port=6432"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


TWO = "select 1; select 2"


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (TWO, None),
        (TWO, {}),
        ("select %(a)s; select 2", {"a": 1}),
        ("select ';'; rollback; drop table t", None),
    ],
)
def test_the_server_refuses_a_second_statement_in_a_message(engine, sql, values):
    with engine.connect() as connection, one_statement_per_message(connection):
        cursor = connection.connection.driver_connection.cursor()
        with pytest.raises(psycopg.Error, match="multiple commands"):
            cursor.execute(sql, values)


@pytest.mark.parametrize("sql", ["select ';'::text, 1::bigint", "select 'a'::text, 1::bigint"])
def test_values_come_back_with_their_types(engine, sql):
    with engine.connect() as connection, one_statement_per_message(connection):
        assert connection.exec_driver_sql(sql).one()[1] == 1
        assert isinstance(connection.exec_driver_sql(sql).one()[0], str)


def test_nothing_is_prepared_however_often_a_statement_is_sent(engine):
    count = "select count(*) from pg_prepared_statements"
    with engine.connect() as connection, one_statement_per_message(connection):
        for _ in range(12):
            connection.execute(sa.text("select :a"), {"a": 1})
            connection.execute(sa.text("select ';'"))
        assert connection.exec_driver_sql(count).scalar() == 0


def test_the_drivers_own_settings_come_back(engine):
    class Mine(psycopg.Cursor):
        pass

    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.cursor_factory, driver.prepare_threshold = Mine, 7
        with one_statement_per_message(connection):
            assert driver.prepare_threshold is None
            assert driver.cursor_factory is not Mine
        with pytest.raises(KeyError), one_statement_per_message(connection):
            raise KeyError
        assert (driver.cursor_factory, driver.prepare_threshold) == (Mine, 7)
        driver.cursor_factory, driver.prepare_threshold = psycopg.Cursor, 5


def test_verbatim_text_may_hold_numbered_parameters(engine):
    with engine.connect() as connection, one_statement_per_message(connection):
        inside = connection.connection.driver_connection.cursor_factory
        with verbatim(connection):
            connection.exec_driver_sql("prepare p as select $1::int; deallocate p")
        assert connection.connection.driver_connection.cursor_factory is inside


def test_another_driver_is_left_alone(engine):
    class Other:
        driver_connection = object()

    class Connection:
        connection = Other()

    with one_statement_per_message(Connection()), verbatim(Connection()):
        assert vars(Connection.connection.driver_connection.__class__) == vars(object)


def test_a_statement_the_user_prepared_survives(engine):
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.prepare_threshold = None  # psycopg itself drops all at a rollback otherwise
        connection.exec_driver_sql("prepare mine as select 1")
        connection.commit()
    with rolled_back("test", engine, timeout_s=5) as connection:
        connection.execute(sa.text("select :a, ';'"), {"a": 1})
    with engine.connect() as connection:
        names = connection.exec_driver_sql("select name from pg_prepared_statements").scalars()
        assert list(names) == ["mine"]
        connection.exec_driver_sql("deallocate mine")
        connection.commit()
        driver.prepare_threshold = 5


def test_a_pooler_in_transaction_mode_is_left_as_it_was(pooler):
    """Two clients take turns on two servers: what stayed on one would meet the other."""
    engines = [sa.create_engine(pooler, poolclass=sa.pool.NullPool) for _ in range(2)]
    values = {"a": 3}
    for number in range(8):
        sql = f"select count(*), ';' from pg_class where relnatts > :a + {number % 2}"
        result = explain(sql, engines[number % 2], params=values, analyze=True, runs=6)
        assert result.executed
        assert explain(sql, pooler, params=values, generic=True, analyze=False).generic
    state = sa.text(
        "select (select count(*) from pg_prepared_statements), "
        "current_setting('statement_timeout'), current_setting('transaction_read_only')"
    )
    with engines[0].connect() as one, engines[1].connect() as two:
        pids = {c.execute(sa.text("select pg_backend_pid()")).scalar() for c in (one, two)}
        assert len(pids) == 2
        assert [tuple(c.execute(state).one()) for c in (one, two)] == [(0, "0", "off")] * 2


def test_behind_a_pooler_the_server_is_not_proven_to_be_here(pooler):
    quiet = sa.create_engine(pooler, poolclass=sa.pool.NullPool)
    with rolled_back("test", quiet, timeout_s=5) as connection:
        from perfkit.probes.server import identify

        assert not identify(connection).local
