"""Statements of applications that name their tables without a schema, from any search_path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.plans.postgres_sql import quoted
from perfkit.probes.session import rolled_back

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["seeing_all"]

_WHERE = "index_audit"
# A name that two schemas have would mean one of them by chance: such schemas are left out.
_SQL = """
with named as (
    select n.nspname as schema, c.relname as name,
           count(*) over (partition by c.relname) as times
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
)
select current_setting('search_path'),
       array(select schema::text from named
             where schema <> all (current_schemas(false))
             group by schema having max(times) = 1 order by schema)
"""


def seeing_all(engine: Engine, *, timeout_s: float) -> Engine:
    """Return an engine whose transactions find the tables of other schemas by their bare names.

    The schemas are added behind the search_path, for the transaction only (SET LOCAL): what is
    found already is found where it was.
    """
    from sqlalchemy import event

    with rolled_back(_WHERE, engine, timeout_s=timeout_s) as connection:
        path, schemas = connection.exec_driver_sql(_SQL).one()
    if not schemas:
        return engine
    wider = ", ".join([*([path] if path else []), *map(quoted, schemas)])
    seeing: Engine = engine.execution_options()

    def widen(begun: Any) -> None:
        begun.exec_driver_sql(
            f"SET LOCAL search_path = {wider}", execution_options={"no_parameters": True}
        )

    event.listen(seeing, "begin", widen)
    return seeing
