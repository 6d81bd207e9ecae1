"""A transaction on somebody's MariaDB or MySQL that leaves nothing behind."""

from __future__ import annotations

import contextlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from perfkit.errors import NotConnected, UsageError
from perfkit.probes.mysql_failures import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Engine

__all__ = ["DIALECTS", "session"]

#: What SQLAlchemy calls them.
DIALECTS = ("mysql", "mariadb")
_LOCK_TIMEOUT_S = 2
#: If this process is suspended, the server ends the transaction by itself (MariaDB only).
_IDLE_TIMEOUT_S = 60
_ASYNCHRONOUS = ("asyncmy", "aiomysql")


@contextmanager
def session(
    where: str, engine: Engine, *, timeout_s: float, read_only: bool = True
) -> Iterator[Connection]:
    """Yield a connection in a transaction with time limits that is rolled back at the end.

    The settings of the session are put back, too. If the wait for an answer is interrupted
    (Ctrl-C), the query is killed on the server through a second connection.

    Raises:
        UsageError: a driver that answers asynchronously, or a time that is none.
        NotConnected: the server cannot be reached or went away.
        QueryFailed: it refused, killed or timed out a statement.
    """
    if engine.dialect.driver in _ASYNCHRONOUS:
        raise UsageError(
            f"{where}: the driver {engine.dialect.driver} is asynchronous",
            hint='create_engine("mysql+pymysql://...") makes an engine that is not',
        )
    if not 0 < timeout_s < float("inf"):
        raise UsageError(f"{where}: timeout_s={timeout_s!r} is not a time", hint="timeout_s=30")
    with told(where, engine), engine.connect() as connection:
        number = connection.exec_driver_sql("select connection_id()").scalar_one()
        before: dict[str, Any] = {}
        try:
            before |= _limit(where, connection, timeout_s)
            mode = "READ ONLY" if read_only else "READ WRITE"
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql(f"START TRANSACTION {mode}")
            yield connection
        except KeyboardInterrupt:
            _kill(engine, int(number))
            connection.invalidate()
            raise
        finally:
            _put_back(connection, before)


def _limit(where: str, connection: Connection, timeout_s: float) -> Mapping[str, Any]:
    """Set the time limits of this session and return what they were."""
    wanted: dict[str, float] = {
        "max_statement_time": timeout_s,  # MariaDB, in seconds
        "max_execution_time": max(round(timeout_s * 1000), 1),  # MySQL, in milliseconds
        "lock_wait_timeout": _LOCK_TIMEOUT_S,
        "innodb_lock_wait_timeout": _LOCK_TIMEOUT_S,
        "idle_transaction_timeout": max(_IDLE_TIMEOUT_S, round(timeout_s) + 1),
    }
    names = ", ".join(f"'{name}'" for name in wanted)
    rows = connection.exec_driver_sql(
        f"show session variables where variable_name in ({names})"  # names of our own
    )
    before = {str(name): float(value) for name, value in rows}
    for name in before:
        connection.exec_driver_sql(f"set session {name} = {_number(wanted[name])}")
    limits = [name for name in ("max_statement_time", "max_execution_time") if name in before]
    if not limits:
        raise NotConnected(
            f"{where}: this server has no time limit for statements",
            hint="MariaDB 10.1 and MySQL 5.7 have one",
        )
    kept = connection.exec_driver_sql(f"select @@session.{limits[0]}").scalar_one()
    if not float(kept):
        raise NotConnected(
            f"{where}: the session does not keep its settings from one statement to the next",
            hint="connect to the server itself instead of a pooler",
        )
    return before


def _put_back(connection: Connection, before: Mapping[str, Any]) -> None:
    """Roll back and restore the settings; a connection that cannot is thrown away."""
    from sqlalchemy.exc import SQLAlchemyError

    if connection.invalidated or connection.closed:
        return
    try:
        connection.exec_driver_sql("ROLLBACK")
        for name, value in before.items():
            connection.exec_driver_sql(f"set session {name} = {_number(value)}")
        connection.rollback()
    except (SQLAlchemyError, OSError):
        connection.invalidate()


def _kill(engine: Engine, number: int) -> None:
    """Kill the query of connection ``number`` through a connection of its own."""
    errors = engine.dialect.loaded_dbapi.Error
    pool = engine.pool.recreate()
    with contextlib.suppress(errors, OSError), contextlib.closing(pool.connect()) as second:
        cursor = second.cursor()
        cursor.execute(f"KILL QUERY {number}")
        cursor.close()
    pool.dispose()


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:f}"
