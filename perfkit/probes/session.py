"""A transaction on somebody's server that leaves nothing behind: always rolled back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from perfkit.errors import NotConnected, QueryFailed, UsageError
from perfkit.probes.failures import told
from perfkit.probes.single import is_psycopg, one_statement_per_message

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection, Engine

__all__ = ["as_engine", "rolled_back"]

_LOCK_TIMEOUT_MS = 2000
#: If this process is suspended, the server ends the transaction by itself.
_IDLE_TIMEOUT_MS = 60_000
_BEGIN = {True: "set transaction read only", False: "set transaction read write"}
_SET = """
    select set_config('statement_timeout', :statement, true),
           set_config('lock_timeout', :lock, true),
           set_config('idle_in_transaction_session_timeout', :idle, true),
           set_config('standard_conforming_strings', 'on', true)
"""
#: In other encodings one character may become another on its way (a yen sign a backslash), and
#: the server read another statement than the one that was looked at.
_SET_ENCODING = "select set_config('client_encoding', 'UTF8', true)"
_IN_FORCE = """
    select current_setting('transaction_read_only') = 'on',
           current_setting('idle_in_transaction_session_timeout') <> '0',
           current_setting('client_encoding') = 'UTF8'
"""
#: The drivers that perfkit installs, for URLs that name none.
_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_HINT = 'pass a SQLAlchemy engine or a URL such as "postgresql://localhost/shop"'


@contextmanager
def as_engine(where: str, target: Any, *, also: Collection[str] = ()) -> Iterator[Engine]:
    """Yield an engine for PostgreSQL; one that is made from a URL is disposed of afterwards.

    ``also`` are further dialects of SQLAlchemy that the caller supports.

    Raises:
        UsageError: an asynchronous engine, another database, or no engine at all.
    """
    made = isinstance(target, str) or hasattr(target, "drivername")  # SQLAlchemy's URL
    engine = _engine_of_url(where, target) if made else getattr(target, "engine", None)
    if hasattr(target, "sync_engine"):
        raise UsageError(
            f"{where}: this engine is asynchronous", hint="create_engine(engine.url) makes one"
        )
    if engine is None or not hasattr(engine, "dialect"):
        raise UsageError(f"{where}: {type(target).__name__} is not an engine", hint=_HINT)
    try:
        if engine.dialect.name not in {"postgresql", *also}:
            supported = "only PostgreSQL, MySQL and MariaDB are" if also else "only PostgreSQL is"
            raise UsageError(
                f"{where}: this is {engine.dialect.name}, {supported} supported", hint=_HINT
            )
        yield engine
    finally:
        if made:
            engine.dispose()


@contextmanager
def rolled_back(
    where: str, engine: Engine, *, timeout_s: float, read_only: bool = True
) -> Iterator[Connection]:
    """Yield a connection inside a transaction with time limits that is rolled back at the end.

    The settings are checked to be in force before anything else is sent: behind a pooler
    that changes servers between statements, or with a driver in autocommit, they are not.

    Raises:
        NotConnected: the server cannot be reached or went away.
        QueryFailed: it refused, cancelled or timed out a statement.
    """
    with told(where, engine), engine.connect() as plain:
        connection = plain.execution_options(isolation_level="READ COMMITTED")
        try:
            with one_statement_per_message(connection):
                # Not SQLAlchemy's postgresql_readonly: back in the pool it would leave behind a
                # connection that begins READ WRITE, whatever default its role has.
                connection.exec_driver_sql(_BEGIN[read_only])
                _limit(where, connection, timeout_s=timeout_s, read_only=read_only)
                yield connection
        except UnicodeEncodeError:
            raise QueryFailed(
                f"{where}: a text holds half a character (a surrogate), which no server takes"
            ) from None
        finally:
            connection.rollback()


def _engine_of_url(where: str, url: Any) -> Engine:
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    from sqlalchemy.pool import NullPool

    try:
        parsed = make_url(url)
        parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
        # SQLAlchemy cannot read what a database without an encoding (SQL_ASCII) sends unasked.
        psycopg = parsed.drivername == _DRIVERS["postgresql"]
        plain = {"client_encoding": "utf8"} if psycopg else {}
        engine = create_engine(parsed, poolclass=NullPool, connect_args=plain)
    except ImportError:
        raise UsageError(
            f"{where}: the driver of this URL, {parsed.get_driver_name()}, is not installed",
            hint="postgresql://... without a driver takes psycopg, which is",
        ) from None
    except (ArgumentError, NoSuchModuleError, ValueError):
        # The message may hold the URL, and the URL a password.
        raise UsageError(f"{where}: the URL is not understood", hint=_HINT) from None
    return engine


def _limit(where: str, connection: Connection, *, timeout_s: float, read_only: bool) -> None:
    from sqlalchemy import text

    if not isinstance(timeout_s, int | float) or not 0 < timeout_s < float("inf"):
        raise UsageError(f"{where}: timeout_s={timeout_s!r} is not a time", hint="timeout_s=30")
    statement_ms = max(round(timeout_s * 1000), 1)
    values = {
        "statement": str(statement_ms),
        "lock": str(min(_LOCK_TIMEOUT_MS, statement_ms)),
        "idle": str(_IDLE_TIMEOUT_MS),
    }
    connection.execute(text(_SET), values)
    if is_psycopg(connection):  # others do not notice the change
        connection.execute(text(_SET_ENCODING))
    reading, limited, plain = connection.execute(text(_IN_FORCE)).one()
    if not plain:
        raise UsageError(
            f"{where}: the connection's client_encoding is not UTF8",
            hint="add client_encoding=utf8 to the URL, or connect with psycopg (version 3)",
        )
    if not limited or reading != read_only:
        raise NotConnected(
            f"{where}: the session does not keep its settings from one statement to the next",
            hint="connect to the server itself instead of a pooler in statement mode",
        )
