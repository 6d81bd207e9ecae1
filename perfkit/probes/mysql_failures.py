"""What a driver or a server of MariaDB or MySQL complains about, as one sentence.

The numbers are those of both servers' ``errmsg-utf8.txt`` and of their client libraries.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from perfkit.errors import NotConnected, PerfkitError, QueryFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

__all__ = ["errno", "told"]

_LONGEST = 300
#: Access to server or database denied, host not allowed, too many connections, no server,
#: gone away, connection killed, idle too long.
_NOT_CONNECTED = {
    1040, 1043, 1044, 1045, 1049, 1053, 1129, 1130, 1152, 1184, 1203, 1226, 1698, 1927,
    2002, 2003, 2005, 2006, 2013, 2014, 2026, 2055, 4031,
}  # fmt: skip
_TIMED_OUT = {1969, 3024}
_HINTS = {
    1142: "connect with a user that may read these tables",
    1143: "connect with a user that may read these columns",
    1370: "connect with a user that may execute this function",
    1227: "connect with a user that has this right",
    1054: "check the name of the column",
    1146: "check the name of the table and the database",
    1046: "name the database in the URL",
    1205: "another session holds a lock on the rows: try again when it is done",
    1213: "another session wanted the same rows: try again",
    1290: "only statements that read are executed",
    1792: "only statements that read are executed",
    1317: "somebody killed the query: try again",
}


@contextmanager
def told(where: str, engine: Engine) -> Iterator[None]:
    """Turn errors of SQLAlchemy and the driver into QueryFailed or NotConnected.

    The original error is not chained: it may hold the statement's values and the URL.
    """
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    password = str(engine.url.password or "")
    try:
        yield
    except DBAPIError as error:
        raise _translated(where, error, password) from None
    except SQLAlchemyError as error:
        raise QueryFailed(f"{where}: {_sentence(str(error), password)}") from None


def errno(error: Any) -> int:
    """Return the number of a server's or a client library's error, 0 without."""
    original = getattr(error, "orig", error)
    found = getattr(original, "errno", None)
    arguments = getattr(original, "args", ())
    if found is None and arguments:
        found = arguments[0]
    return found if isinstance(found, int) else 0


def _translated(where: str, error: Any, password: str) -> PerfkitError:
    number = errno(error)
    message = _sentence(_message(error.orig), password)
    if number in _TIMED_OUT:
        return QueryFailed(f"{where}: {message}", hint="timeout_s=120 allows it two minutes")
    if number in _NOT_CONNECTED or (error.connection_invalidated and not number):
        return NotConnected(
            f"{where}: {message}", hint="check host, port, user, password and database"
        )
    return QueryFailed(f"{where}: {message}", hint=_HINTS.get(number, ""))


def _message(original: Any) -> str:
    """Return the server's own message without the number in front."""
    arguments: tuple[Any, ...] = getattr(original, "args", ())
    text = getattr(original, "msg", None) or (arguments[1] if len(arguments) > 1 else original)
    return str(text or "no reason given")


def _sentence(message: str, password: str) -> str:
    line = next((part.strip() for part in message.splitlines() if part.strip()), message)
    if password:
        line = line.replace(password, "***")
    return line[:_LONGEST].rstrip(".")
