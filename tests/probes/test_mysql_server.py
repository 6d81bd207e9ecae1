import socket

import mariadb_shop
import pytest

from perfkit.probes import mysql_server
from perfkit.probes.mysql_server import MySQLServer, identify


@pytest.fixture(scope="module")
def mariadb():
    if absent := mariadb_shop.missing():
        pytest.skip(f"{absent[0]} is not installed")
    return mariadb_shop.engine()


def test_a_server_of_our_own_is_proven_to_be_here(mariadb):
    with mariadb.connect() as connection:
        server = identify(connection)
    assert server.mariadb
    assert server.local
    assert server.database == "shop"
    assert server.number >= 100500
    assert server.title == f"MariaDB {server.version}, primary, database shop"


def test_read_only_and_the_modes_are_told(mariadb):
    with mariadb.connect() as connection:
        connection.exec_driver_sql("set session sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
        connection.exec_driver_sql("set global read_only = 1")
        try:
            server = identify(connection)
        finally:
            connection.exec_driver_sql("set global read_only = 0")
            connection.invalidate()
    assert (server.dialect.ansi_quotes, server.dialect.backslash) == (True, False)
    assert "read-only" in server.title


def test_another_process_behind_the_socket_proves_nothing(tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(path)
        listener.listen(1)
        client.connect(path)
        driver = type("Driver", (), {"_sock": client})()
        assert not mysql_server._runs_here(driver)
    assert not mysql_server._runs_here(object())


def test_tcp_proves_nothing():
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        assert not mysql_server._runs_here(type("Driver", (), {"_sock": client})())


def test_mysql_is_told_from_mariadb():
    server = MySQLServer(version="8.0.36", number=80036, standby=False, database="", local=False,
                         mariadb=False)  # fmt: skip
    assert server.title == "MySQL 8.0.36, primary"
