"""One statement explained on one MySQL or MariaDB server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.probes.mysql_explain import identify, measure, session
from perfkit.tasks.explaining.observed import Observed

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from perfkit.probes.explain_run import Asked

__all__ = ["observe"]

_WHERE = "explain"


def observe(engine: Engine, asked: Asked, *, timeout_s: float, generic: bool) -> Observed:
    """Plan and execute in a READ ONLY transaction; writes are executed in one of their own."""
    with session(_WHERE, engine, timeout_s=timeout_s) as connection:
        server = identify(connection)
        measured = measure(connection, server, asked)
    note = "There is no generic plan to compare with: this server does not make them."
    return Observed(server=server, measured=measured, notes=(note,) if generic else ())
