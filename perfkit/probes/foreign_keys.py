"""Foreign keys, and whether an index finds the rows that refer to a deleted one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from perfkit.plans.facts import Partition

__all__ = ["ForeignKey", "foreign_keys"]

# An index helps a foreign key check if its leading columns are those of the key, in any
# order, and it holds every row the check asks for: all, or all but those with nulls.
_SQL = """
with keys as (
    select k.oid, k.conname, k.conrelid, k.confrelid, k.conkey, k.confdeltype, k.confupdtype,
           array(select a.attname::text
                 from unnest(k.conkey) with ordinality u(number, place)
                 join pg_catalog.pg_attribute a
                      on a.attrelid = k.conrelid and a.attnum = u.number
                 order by place) as columns
    from pg_catalog.pg_constraint k
    where k.contype = 'f' and k.conparentid = 0
)
select cn.nspname as schema, c.relname as table, k.conname as name, k.columns,
       pn.nspname as parent_schema, p.relname as parent, k.confdeltype as on_delete,
       (select sum(nullif(l.reltuples, -1))::float8
        from (select t.relid as oid from pg_catalog.pg_partition_tree(c.oid) t
              union select c.oid) f
        join pg_catalog.pg_class l on l.oid = f.oid and l.relkind <> 'p') as rows,
       (select sum(pg_catalog.pg_table_size(f.oid))::bigint
        from (select t.relid as oid from pg_catalog.pg_partition_tree(c.oid) t
              union select c.oid) f) as size_bytes,
       (select sum(pg_catalog.pg_stat_get_tuples_deleted(l.oid))::bigint
        from (select t.relid as oid from pg_catalog.pg_partition_tree(p.oid) t
              union select p.oid) l) as parent_deletes,
       c.relkind = 'p' as partitioned
from keys k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
join pg_catalog.pg_class p on p.oid = k.confrelid
join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
where cn.nspname !~ '^pg_' and cn.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_index i
      join pg_catalog.pg_class x on x.oid = i.indexrelid
      join pg_catalog.pg_am m on m.oid = x.relam
      where i.indrelid = k.conrelid and i.indisvalid and i.indisready and i.indislive
        and (m.amname = 'btree' or m.amname = 'hash' and cardinality(k.conkey) = 1)
        and i.indnkeyatts >= cardinality(k.conkey)
        and k.conkey @> i.indkey[0:cardinality(k.conkey) - 1]::int2[]
        and k.conkey <@ i.indkey[0:cardinality(k.conkey) - 1]::int2[]
        and (i.indpred is null
             or pg_catalog.pg_get_expr(i.indpred, i.indrelid) in (
                 select format('(%I IS NOT NULL)', u) from unnest(k.columns) u)))
order by 1, 2, 3
"""


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A foreign key whose referring columns no index begins with.

    ``rows`` and ``size_bytes`` are those of the referring table with its partitions,
    ``partitions`` are those of the table, where the caller looked them up; ``parent_deletes``
    the rows deleted from the referenced one since the statistics began.
    """

    schema: str
    table: str
    name: str
    columns: tuple[str, ...]
    parent_schema: str
    parent: str
    on_delete: str
    rows: float | None
    size_bytes: int
    parent_deletes: int | None
    partitioned: bool
    partitions: tuple[Partition, ...] = ()


def foreign_keys(connection: Connection) -> list[ForeignKey]:
    """Return the foreign keys without an index that serves them."""
    options = {"no_parameters": True}
    rows = connection.exec_driver_sql(_SQL, execution_options=options).mappings()
    return [ForeignKey(**{**row, "columns": tuple(row["columns"])}) for row in rows]
