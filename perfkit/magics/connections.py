"""Databases by name: named, never guessed, never shown with a password."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfkit.errors import NotConnected, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine import Engine

__all__ = ["Connections"]


@dataclass
class Connections:
    """The engines of one notebook, by alias, and what is allowed there without being asked.

    Marks are ``analyze`` (queries may be executed) and ``expendable`` (indexes may be built).
    """

    engines: dict[str, Engine] = field(default_factory=dict)
    marks: dict[str, frozenset[str]] = field(default_factory=dict)

    def connect(self, alias: str, target: Any, marks: Iterable[str] = ()) -> Engine:
        """Remember ``target`` (an Engine, a SQLAlchemy URL or libpq's ``key=value``) as ``alias``.

        Raises:
            UsageError: a text that is neither a URL nor a conninfo.
            NotConnected: the server does not answer or refuses the password.
        """
        engine = target if _is_engine(target) else _engine(str(target))
        if hasattr(engine, "sync_engine"):
            raise UsageError(
                f"{alias}: this engine is asynchronous",
                hint="create_engine(engine.url) makes one that is not, for %%explain",
            )
        _probe(engine, alias)
        self.engines[alias] = engine
        self.marks[alias] = frozenset(marks)
        return engine

    def find(self, name: str, namespace: Mapping[str, Any]) -> tuple[str, Engine]:
        """Return alias and engine for ``name``; without one, the only candidate there is.

        A name is an alias, or a notebook variable that holds an Engine.
        """
        if name:
            return name, self._named(name, namespace)
        known = self._known()
        if len(known) == 1:
            return next(iter(known.items()))
        if not known:
            raise NotConnected(
                "no database is connected", hint="%perfkit connect NAME URL, or %perfkit lab start"
            )
        raise UsageError(
            f"{len(known)} databases are connected: {', '.join(sorted(known))}",
            hint=f"%%explain {min(known)}",
        )

    def _named(self, name: str, namespace: Mapping[str, Any]) -> Engine:
        known = self._known()
        if name in known:
            return known[name]
        if _is_engine(namespace.get(name)):
            engine: Engine = namespace[name]
            return engine
        raise NotConnected(
            f"no connection is called {name!r}",
            hint=f"connected: {', '.join(sorted(known)) or 'none'}; %perfkit connect {name} URL",
        )

    def _known(self) -> dict[str, Engine]:
        return {**_of_jupysql(), **self.engines}


def _is_engine(value: Any) -> bool:
    """Tell an Engine by its parts: SQLAlchemy need not be imported for this."""
    return hasattr(value, "connect") and hasattr(value, "dialect") and hasattr(value, "pool")


def _of_jupysql() -> dict[str, Engine]:
    """Connections that JupySQL opened in this kernel."""
    module = sys.modules.get("sql.connection")
    manager = getattr(module, "ConnectionManager", None)
    opened = getattr(manager, "connections", {})
    found = {}
    for alias, connection in opened.items():
        engine = getattr(getattr(connection, "connection_sqlalchemy", None), "engine", None)
        if engine is not None and "://" not in alias:
            found[alias] = engine
    return found


def _engine(target: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    if "://" not in target:
        return _from_conninfo(target)
    if target.startswith(("postgres://", "postgresql://")):
        target = "postgresql+psycopg://" + target.split("://", 1)[1]
    # SQLAlchemy cannot read what a database without an encoding (SQL_ASCII) sends unasked.
    plain = {"client_encoding": "utf8"} if target.startswith("postgresql+psycopg:") else {}
    try:
        return create_engine(target, connect_args=plain)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        raise UsageError(
            "the database URL cannot be used (it may hold a password, so it is not repeated)",
            hint="postgresql://user@host:5432/dbname, or service=NAME",
        ) from None


def _from_conninfo(target: str) -> Engine:
    from psycopg import ProgrammingError, connect
    from psycopg.conninfo import conninfo_to_dict
    from sqlalchemy import create_engine

    settings = None
    with suppress(ProgrammingError):  # it quotes the text: not even the context of our error
        settings = conninfo_to_dict(target)
    if settings is None:
        raise UsageError(
            "the connection text is neither a URL nor libpq's key=value form",
            hint="postgresql://user@host:5432/dbname, or service=NAME",
        )
    return create_engine("postgresql+psycopg://", creator=lambda: connect(**settings))  # type: ignore[arg-type]


def _probe(engine: Engine, alias: str) -> None:
    from sqlalchemy.exc import DBAPIError

    try:
        with engine.connect():
            pass
    except DBAPIError as error:
        raise NotConnected(
            f"{alias}: {_reason(error.orig)}", hint="check host, port, user and ~/.pgpass"
        ) from None


def _reason(error: BaseException | None) -> str:
    """Return the driver's own last sentence, masked; libpq's questions after it say nothing."""
    from perfkit.redact import redact

    lines = [line.strip() for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.endswith("?")]
    return redact(lines[-1] if lines else "the server does not answer")
