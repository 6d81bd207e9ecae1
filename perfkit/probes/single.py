"""One statement per message, and no prepared statement: what psycopg sends for a session.

A message of PostgreSQL's simple protocol may hold several statements, such as the COMMIT that
ends the transaction which was to be rolled back; one of the extended protocol holds one. The
statement has no name there, so nothing is left on the server and a pooler in transaction mode
(PgBouncer) can pass it on.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

__all__ = ["is_psycopg", "one_statement_per_message", "verbatim"]


def is_psycopg(connection: Connection) -> bool:
    """Whether the driver is psycopg 3, which knows prepared statements."""
    return hasattr(connection.connection.driver_connection, "prepare_threshold")


@contextmanager
def one_statement_per_message(connection: Connection) -> Iterator[None]:
    """Make psycopg send every statement alone and unnamed, until the block ends.

    Other drivers are left as they are; then the reader of the statement alone guards it.
    """
    if not is_psycopg(connection):
        yield
        return
    driver: Any = connection.connection.driver_connection
    before = driver.cursor_factory, driver.prepare_threshold
    driver.cursor_factory, driver.prepare_threshold = _cursor(), None
    try:
        yield
    finally:
        driver.cursor_factory, driver.prepare_threshold = before


@contextmanager
def verbatim(connection: Connection) -> Iterator[None]:
    """Let the simple protocol pass in the block: the extended one would want values for ``$1``.

    Only for a text that was read as one statement.
    """
    if not is_psycopg(connection):
        yield
        return
    from psycopg import Cursor

    driver: Any = connection.connection.driver_connection
    before = driver.cursor_factory
    driver.cursor_factory = Cursor
    try:
        yield
    finally:
        driver.cursor_factory = before


@cache
def _cursor() -> type[Any]:
    from psycopg import Cursor

    class OneStatement(Cursor[Any]):
        """A cursor whose messages hold one statement each."""

        def execute(
            self,
            query: Any,
            params: Any = None,
            *,
            prepare: bool | None = False,
            binary: bool | None = None,
        ) -> OneStatement:
            """Execute ``query`` alone."""
            # Without parameters only binary results make psycopg leave the simple protocol;
            # where no semicolon is, there is one statement anyway.
            if not params and (not isinstance(query, str) or ";" in query):
                binary = True
            return super().execute(query, params, prepare=prepare, binary=binary)

    return OneStatement
