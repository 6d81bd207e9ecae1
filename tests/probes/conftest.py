"""A PostgreSQL and HTTP servers of the tests' own."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres():
    """A running PostgreSQL; the path is short because sockets allow 107 bytes."""
    from perfkit.lab import server

    parent = Path(tempfile.mkdtemp(prefix="pkp-")).resolve()
    with server.start(parent / "h") as held:
        yield held
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def raw_server():
    """Serve bytes as they are: every connection is handed to a function of the test."""

    @contextmanager
    def serve(talk):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.1)
        over = threading.Event()

        def run():
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    try:
                        talk(connection)
                    except OSError:
                        continue  # the client went away

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join(10)
            listener.close()

    return serve


@pytest.fixture
def plain_database(postgres):
    """An engine for an empty database that lives as long as the test."""
    import sqlalchemy as sa

    admin = sa.create_engine(
        postgres.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database if exists perfkit_plain with (force)")
        connection.exec_driver_sql("create database perfkit_plain")
    engine = sa.create_engine(postgres.url("perfkit_plain"), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()
