"""What a driver or a server complains about, as one sentence without a password in it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from perfkit.errors import NotConnected, PerfkitError, QueryFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

__all__ = ["sqlstate", "told"]

_LONGEST = 300
_HINTS = {
    "42501": "connect with a role that may read these tables",
    "42P01": "check the name and the schema (search_path)",
    "42703": "check the name of the column",
    "42P18": "say of which type the parameter is: :name::int",
    "55P03": "another session holds a lock on the table: try again when it is done",
    "25006": "only statements that read are executed",
    "40001": "another transaction changed the same rows: try again",
    "40P01": "another session waited for this one's locks: try again",
    "53100": "the server has no space left for temporary files",
    "53400": "the server's limit for temporary files is reached (temp_file_limit)",
    "57014": "somebody cancelled it, on the server or with Ctrl-C",
}
#: The server ended the session: shut down, crashed, starting, idle for too long, too many.
_ENDED = {"57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "53300"}
_CANCELLED = "57014"


@contextmanager
def told(where: str, engine: Engine) -> Iterator[None]:
    """Turn errors of SQLAlchemy and the driver into QueryFailed or NotConnected.

    The original error is not chained: it may hold the statement's values and the URL.
    """
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except DBAPIError as error:
        raise _translated(where, error, str(engine.url.password or "")) from None
    except SQLAlchemyError as error:
        message = _sentence(str(error), str(engine.url.password or ""))
        raise QueryFailed(f"{where}: {message}") from None


def sqlstate(error: Any) -> str:
    """Return the five characters with which the server names an error, "" without."""
    original = getattr(error, "orig", error)
    return str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")


def _translated(where: str, error: Any, password: str) -> PerfkitError:
    state = sqlstate(error)
    message = _sentence(_primary(error.orig), password)
    if _connection_failed(error, state):
        return NotConnected(
            f"{where}: {message}", hint="check host, port, user, password and database"
        )
    if state == _CANCELLED and "timeout" in message:
        return QueryFailed(f"{where}: {message}", hint="timeout_s=120 allows it two minutes")
    return QueryFailed(f"{where}: {message}", hint=_HINTS.get(state, ""))


def _connection_failed(error: Any, state: str) -> bool:
    from sqlalchemy.exc import InterfaceError, OperationalError

    if state:
        return state[:2] in {"08", "28", "3D"} or state in _ENDED
    return bool(error.connection_invalidated) or isinstance(
        error, OperationalError | InterfaceError
    )


def _primary(original: Any) -> str:
    """Return the server's own message without the statement around it."""
    diagnosis = getattr(original, "diag", None)
    return str(getattr(diagnosis, "message_primary", None) or original or "no reason given")


def _sentence(message: str, password: str) -> str:
    line = next((part.strip() for part in message.splitlines() if part.strip()), message)
    if password:
        line = line.replace(password, "***")
    return line[:_LONGEST].rstrip(".")
