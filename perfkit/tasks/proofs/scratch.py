"""A place for tables that are gone with the transaction: a schema of our own, or pg_temp."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused
from perfkit.plans.postgres_sql import quoted

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Scratch", "scratch", "unique_name"]

_MAY = """
select pg_catalog.has_database_privilege(current_database(), 'CREATE'),
       pg_catalog.has_database_privilege(current_database(), 'TEMPORARY')
"""


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """``schema`` takes the tables; temporary ones have no parallel plans and write no WAL."""

    schema: str
    temporary: bool

    def table(self, name: str) -> str:
        """Return the name of a table in it, as SQL."""
        return f"{self.schema}.{quoted(name)}"


def scratch(connection: Connection) -> Scratch:
    """Make a place for tables inside the running transaction.

    Raises:
        TargetRefused: the role may make neither a schema nor temporary tables.
    """
    create, temporary = connection.exec_driver_sql(_MAY).one()
    if create:
        schema = unique_name()
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        return Scratch(schema=schema, temporary=False)
    if temporary:
        return Scratch(schema="pg_temp", temporary=True)
    raise TargetRefused("proof: this role may not create tables here, not even temporary ones")


def unique_name() -> str:
    """Return a name that nobody else has."""
    return f"perfkit_proof_{secrets.token_hex(8)}"
