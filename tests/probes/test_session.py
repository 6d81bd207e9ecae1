import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from perfkit.errors import NotConnected, QueryFailed, UsageError
from perfkit.probes.session import as_engine, rolled_back


@pytest.fixture(scope="module")
def engine(postgres):
    engine = sa.create_engine(postgres.url("postgres"), pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


def setting(connection, name):
    return connection.exec_driver_sql(f"show {name}").scalar()


def test_nothing_stays_of_what_was_done(engine):
    with rolled_back("test", engine, timeout_s=5, read_only=False) as connection:
        connection.exec_driver_sql("create table left_behind (a int)")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select to_regclass('left_behind')").scalar() is None


def test_nothing_stays_after_an_error_either(engine):
    with pytest.raises(KeyError), rolled_back("test", engine, timeout_s=5, read_only=False) as here:
        here.exec_driver_sql("create table left_behind (a int)") and {}["mine"]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select to_regclass('left_behind')").scalar() is None


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("default", ["on", "off"])
def test_the_default_of_the_role_comes_back_with_the_connection(postgres, read_only, default):
    url = sa.make_url(postgres.url("postgres")).update_query_dict(
        {"options": f"-c default_transaction_read_only={default}"}
    )
    engine = sa.create_engine(url, pool_size=1, max_overflow=0)
    with rolled_back("test", engine, timeout_s=5, read_only=read_only) as connection:
        assert setting(connection, "transaction_read_only") == ("on" if read_only else "off")
    with engine.connect() as connection:
        assert setting(connection, "transaction_read_only") == default
    engine.dispose()


@pytest.mark.parametrize(
    ("timeout_s", "statement", "lock"),
    [(30, "30s", "2s"), (0.5, "500ms", "500ms"), (0.0001, "1ms", "1ms"), (120, "2min", "2s")],
)
def test_limits_are_in_force_inside_and_gone_outside(engine, timeout_s, statement, lock):
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with engine.connect() as connection:
        before = [setting(connection, name) for name in names]
    with rolled_back("test", engine, timeout_s=timeout_s) as connection:
        inside = [setting(connection, name) for name in names]
    with engine.connect() as connection:
        after = [setting(connection, name) for name in names]
    assert inside == [statement, lock, "1min"]
    assert after == before


def test_a_reading_transaction_refuses_to_write(engine):
    with (
        pytest.raises(QueryFailed, match="read-only transaction"),
        rolled_back("test", engine, timeout_s=5) as connection,
    ):
        connection.exec_driver_sql("create table t (a int)")


def test_a_second_statement_in_one_text_is_refused_by_the_server(engine):
    with (
        pytest.raises(QueryFailed, match="multiple commands"),
        rolled_back("test", engine, timeout_s=5) as connection,
    ):
        connection.exec_driver_sql("select 1; commit")


def test_the_drivers_own_setting_comes_back(engine):
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.prepare_threshold = 7
    with rolled_back("test", engine, timeout_s=5):
        assert driver.prepare_threshold is None
    assert driver.prepare_threshold == 7


def test_a_statement_that_takes_too_long_is_cancelled(engine):
    with (
        pytest.raises(QueryFailed, match="statement timeout"),
        rolled_back("test", engine, timeout_s=0.05) as connection,
    ):
        connection.exec_driver_sql("select pg_sleep(5)")


@pytest.mark.parametrize("timeout_s", [0, -1, float("inf"), float("nan")])
def test_what_is_no_time_is_refused(engine, timeout_s):
    with (
        pytest.raises(UsageError, match="is not a time"),
        rolled_back("test", engine, timeout_s=timeout_s),
    ):
        pass


def test_an_engine_in_autocommit_is_brought_into_a_transaction(postgres):
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with rolled_back("test", engine, timeout_s=5, read_only=False) as connection:
        connection.exec_driver_sql("create table left_behind (a int)")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select to_regclass('left_behind')").scalar() is None
    engine.dispose()


def test_a_pooler_that_forgets_the_settings_is_noticed(engine):
    def commits(connection, cursor, statement, parameters, context, many):
        if "set_config" in statement:
            cursor.execute("rollback")

    sa.event.listen(engine, "after_cursor_execute", commits)
    try:
        with (
            pytest.raises(NotConnected, match="does not keep its settings"),
            rolled_back("test", engine, timeout_s=5),
        ):
            pass
    finally:
        sa.event.remove(engine, "after_cursor_execute", commits)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_url_becomes_an_engine_for_the_installed_driver(scheme):
    with as_engine("x", f"{scheme}://me:pw@localhost/shop") as engine:
        assert engine.dialect.driver == "psycopg"
        assert engine.url.password == "pw"


def test_an_engine_or_connection_is_taken_as_it_is(engine):
    with as_engine("x", engine) as same:
        assert same is engine
    with engine.connect() as connection, as_engine("x", connection) as same:
        assert same is engine


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("sqlite://", "this is sqlite, only PostgreSQL"),
        ("me:hunter2@host/shop", "URL is not understood"),
        ("postgresql://me:hunter2@host:port/shop", "URL is not understood"),
        ("nosuch+driver://me:hunter2@host/shop", "URL is not understood"),
        ("", "URL is not understood"),
        (None, "NoneType is not an engine"),
        (7, "int is not an engine"),
    ],
)
def test_what_is_no_engine_for_postgresql_is_a_sentence_without_the_password(target, said):
    with pytest.raises(UsageError) as error, as_engine("explain", target):
        pass
    assert said in str(error.value)
    assert error.value.__cause__ is None
    assert "hunter2" not in f"{error.value} {error.value.hint}"


def test_an_asynchronous_engine_is_told_what_to_do():
    target = create_async_engine("postgresql+psycopg://localhost/x")
    with pytest.raises(UsageError, match="asynchronous") as error, as_engine("explain", target):
        pass
    assert "create_engine" in error.value.hint


@pytest.mark.parametrize("encoding", ["sjis", "euc_jp", "latin1", "gbk", "sql_ascii"])
def test_no_encoding_makes_the_server_read_another_statement(engine, encoding):
    # In EUC_JP and SJIS the yen sign arrives as a backslash: the string would end before COMMIT.
    sql = "EXPLAIN select E'\u00a5''; commit; create table pwned (a int); --'"
    with engine.connect() as connection:  # connected, whatever SQLAlchemy had to read first
        connection.exec_driver_sql(f"set client_encoding to {encoding}")
        connection.commit()
    with rolled_back("test", engine, timeout_s=5, read_only=False) as connection:
        assert "\u00a5" in connection.exec_driver_sql("select '\u00a5'").scalar_one()
        connection.exec_driver_sql(sql)
    with engine.connect() as connection:
        assert setting(connection, "client_encoding") in {encoding.upper(), b"SQL_ASCII"}
        connection.exec_driver_sql("set client_encoding to utf8")
        connection.commit()
        assert connection.exec_driver_sql("select to_regclass('pwned')").scalar() is None


def test_a_driver_that_is_told_nothing_of_encodings_has_to_use_utf8(engine, monkeypatch):
    monkeypatch.setattr("perfkit.probes.session.is_psycopg", lambda _: False)
    with engine.connect() as connection:
        connection.exec_driver_sql("set client_encoding to latin1")
        connection.commit()
    with (
        pytest.raises(UsageError, match="client_encoding is not UTF8"),
        rolled_back("test", engine, timeout_s=5),
    ):
        pass
    engine.dispose()


def test_half_a_character_is_a_sentence(engine):
    with (
        pytest.raises(QueryFailed, match="half a character"),
        rolled_back("test", engine, timeout_s=5) as connection,
    ):
        connection.exec_driver_sql("select '\ud800'")


def test_a_database_without_an_encoding_can_be_asked(postgres):
    admin = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database if exists no_encoding with (force)")
        connection.exec_driver_sql(
            "create database no_encoding encoding sql_ascii locale 'C' template template0"
        )
    with as_engine("test", str(postgres.url("no_encoding"))) as engine:
        with rolled_back("test", engine, timeout_s=5) as connection:
            assert connection.exec_driver_sql("select 'caf\u00e9'").scalar() == "caf\u00e9"
        with (
            pytest.raises(QueryFailed, match="invalid byte sequence"),
            rolled_back("test", engine, timeout_s=5) as connection,
        ):
            connection.exec_driver_sql("select chr(233)").scalar()
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database no_encoding with (force)")
    admin.dispose()


def test_a_url_object_is_taken_and_a_missing_driver_named(postgres):
    with (
        as_engine("test", sa.make_url(postgres.url("postgres"))) as engine,
        rolled_back("test", engine, timeout_s=5) as connection,
    ):
        assert connection.exec_driver_sql("select 1").scalar() == 1
    with (
        pytest.raises(UsageError, match="asyncpg, is not installed") as caught,
        as_engine("test", "postgresql+asyncpg://me:secret@localhost/x"),
    ):
        pass
    assert "secret" not in str(caught.value)


def test_a_timeout_in_words_is_a_sentence(engine):
    with (
        pytest.raises(UsageError, match="timeout_s='30s' is not a time"),
        rolled_back("test", engine, timeout_s="30s"),
    ):
        pass
