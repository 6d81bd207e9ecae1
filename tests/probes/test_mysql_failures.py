import gc

import mariadb_shop
import pytest
import sqlalchemy as sa

from perfkit.errors import NotConnected, QueryFailed
from perfkit.probes.mysql_failures import errno, told


@pytest.fixture(scope="module")
def mariadb():
    if absent := mariadb_shop.missing():
        pytest.skip(f"{absent[0]} is not installed")
    return mariadb_shop.engine()


@pytest.mark.parametrize(
    ("sql", "sentence", "hint"),
    [
        ("select * from nope", "doesn't exist", "name of the table"),
        ("select nope from orders", "Unknown column", "column"),
        ("select from", "SQL syntax", ""),
        ("set statement max_statement_time=0.05 for select sleep(5)", "_time", "timeout_s"),
    ],
)  # fmt: skip
def test_the_servers_words_become_one_sentence(mariadb, sql, sentence, hint):
    with (
        mariadb.connect() as connection,
        pytest.raises(QueryFailed, match=sentence) as raised,
        told("here", mariadb),
    ):
        connection.exec_driver_sql(sql).all()
    assert raised.value.message.startswith("here: ")
    assert "\n" not in raised.value.message
    assert hint in raised.value.hint
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "mysql+pymysql://reader:wrong-secret@/shop?unix_socket={}",
        "mysql+pymysql://root@/nowhere?unix_socket={}",
        "mysql+pymysql://root@/shop?unix_socket={}-gone",
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_who_is_not_let_in_is_not_connected(mariadb, url):
    engine = sa.create_engine(url.format(mariadb_shop.socket()), poolclass=sa.pool.NullPool)
    assert "wrong-secret" not in _refusal(engine)
    gc.collect()  # PyMySQL leaves the socket of a refused connection open


def _refusal(engine):
    with pytest.raises(NotConnected) as raised, told("here", engine):
        engine.connect()
    return str(raised.value)


def _user(name):
    url = f"mysql+pymysql://{name}@/shop?unix_socket={mariadb_shop.socket()}"
    return sa.create_engine(url, poolclass=sa.pool.NullPool)


def test_a_missing_right_is_a_sentence(mariadb):
    engine = _user("reader:reader-secret")
    with (
        engine.connect() as connection,
        pytest.raises(QueryFailed, match="denied") as raised,
        told("here", engine),
    ):
        connection.exec_driver_sql("select * from users")
    assert "may read these tables" in raised.value.hint


def test_a_killed_connection_is_not_connected(mariadb):
    engine = _user("root")
    with engine.connect() as connection, engine.connect() as other:
        number = connection.exec_driver_sql("select connection_id()").scalar_one()
        other.exec_driver_sql(f"kill {number}")
        with pytest.raises(NotConnected), told("here", engine):
            connection.exec_driver_sql("select 1")


def test_errors_without_a_number_have_none():
    assert errno(ValueError("x")) == 0
    assert errno(OSError()) == 0
