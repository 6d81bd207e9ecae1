"""Indexes that somebody is building at this moment: they are invalid, and nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["NO_BUILDS", "Builds", "index_builds"]

_SQL = """
select index_relid::bigint from pg_catalog.pg_stat_progress_create_index
where datname = current_database()
"""


class Builds(NamedTuple):
    """Object identifiers of the indexes; ``hidden`` builds are those of other roles."""

    running: frozenset[int]
    hidden: int


NO_BUILDS = Builds(frozenset(), 0)


def index_builds(connection: Connection) -> Builds:
    """Return what CREATE INDEX and REINDEX work at; a role without pg_monitor sees its own."""
    found = list(connection.exec_driver_sql(_SQL).scalars())
    known = frozenset(oid for oid in found if oid)
    return Builds(known, sum(oid is None for oid in found))
