"""Tables that another session has locked: to ask for their sizes would mean to wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["LOCKED", "locked_tables"]

#: Object identifiers of tables and indexes that are locked against reading, or about to be:
#: who asks next waits behind a waiting lock, too. Brackets around it, for ``not in``.
LOCKED = """(
    select l.relation from pg_catalog.pg_locks l
    where l.mode = 'AccessExclusiveLock' and l.relation is not null
      and l.pid <> pg_catalog.pg_backend_pid()
      and l.database = (select d.oid from pg_catalog.pg_database d
                        where d.datname = current_database()))"""
_SQL = f"""
select n.nspname::text, c.relname::text from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid in {LOCKED} and c.relkind in ('r', 'p', 'm')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 1, 2
"""  # noqa: S608 - two constants


def locked_tables(connection: Connection) -> list[tuple[str, str]]:
    """Return schema and name of the tables that an audit cannot look at now."""
    options = {"no_parameters": True}
    rows = connection.exec_driver_sql(_SQL, execution_options=options)
    return [(schema, name) for schema, name in rows]
