"""Foreign keys, and whether an index finds the rows that refer to a deleted one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.probes.locked_tables import LOCKED

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from perfkit.plans.facts import Partition

__all__ = ["ForeignKey", "foreign_keys"]

# An index helps a foreign key check if its leading columns are those of the key, in any
# order, and it holds every row the check asks for: all, or all but those with nulls. For a
# partitioned table it is as good if each partition has one of its own.
_SQL = f"""
with recursive keys as materialized (
    select k.oid, k.conname, k.conrelid, k.confrelid, k.conkey, k.confdeltype, c.relkind,
           c.relname, n.nspname,
           array(select a.attname::text
                 from unnest(k.conkey) with ordinality u(number, place)
                 join pg_catalog.pg_attribute a
                      on a.attrelid = k.conrelid and a.attnum = u.number
                 order by place) as columns
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and k.conrelid not in {LOCKED}
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), candidates as materialized (
    select i.indrelid, i.indkey, i.indnkeyatts, m.amname,
           pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate
    from pg_catalog.pg_index i
    join pg_catalog.pg_class x on x.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = x.relam and m.amname in ('btree', 'hash')
    where i.indisvalid and i.indisready and i.indislive
      and i.indrelid in (select conrelid from keys)
), served as (
    select k.oid from keys k join candidates i on i.indrelid = k.conrelid
    where (i.amname = 'btree' or cardinality(k.conkey) = 1)
      and i.indnkeyatts >= cardinality(k.conkey)
      and k.conkey @> i.indkey[0:cardinality(k.conkey) - 1]::int2[]
      and k.conkey <@ i.indkey[0:cardinality(k.conkey) - 1]::int2[]
      and (i.predicate is null
           or string_to_array(translate(i.predicate, '()', ''), ' AND ') <@ array(
               select translate(format('%I IS NOT NULL', u), '()', '') from unnest(k.columns) u))
), missing as materialized (
    select * from keys where oid not in (select oid from served)
), family as (
    select oid as root, oid from pg_catalog.pg_class
    where oid in (select conrelid from missing union all select confrelid from missing)
    union all
    select f.root, h.inhrelid from family f
    join pg_catalog.pg_inherits h on h.inhparent = f.oid
    join pg_catalog.pg_class c on c.oid = h.inhrelid and c.relispartition
), leaves as materialized (
    select m.oid as key, m.columns, f.oid from missing m
    join family f on f.root = m.conrelid
    join pg_catalog.pg_class c on c.oid = f.oid and c.relkind = 'r'
    where m.relkind = 'p'
), candidates_of_leaves as materialized (
    select i.indrelid, i.indnkeyatts, m.amname,
           array(select coalesce(a.attname::text, '')
                 from unnest(i.indkey::int2[]) with ordinality u(number, place)
                 left join pg_catalog.pg_attribute a
                      on a.attrelid = i.indrelid and a.attnum = u.number
                 order by place) as columns
    from pg_catalog.pg_index i
    join pg_catalog.pg_class x on x.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = x.relam and m.amname in ('btree', 'hash')
    where i.indisvalid and i.indisready and i.indislive and i.indpred is null
      and i.indrelid in (select oid from leaves)
), bare as (
    select l.key from leaves l
    where not exists (
        select from candidates_of_leaves i
        where i.indrelid = l.oid and i.indnkeyatts >= cardinality(l.columns)
          and (i.amname = 'btree' or cardinality(l.columns) = 1)
          and i.columns[1:cardinality(l.columns)] @> l.columns
          and i.columns[1:cardinality(l.columns)] <@ l.columns)
), known as materialized (
    select f.root, sum(nullif(c.reltuples, -1)) filter (where c.relkind <> 'p')::float8 as rows,
           sum(pg_catalog.pg_table_size(f.oid))::bigint as size_bytes,
           sum(pg_catalog.pg_stat_get_tuples_deleted(f.oid))::bigint as deletes
    from family f join pg_catalog.pg_class c on c.oid = f.oid
    where f.oid not in {LOCKED}
    group by f.root
)
select k.nspname as schema, k.relname as table, k.conname as name, k.columns,
       pn.nspname as parent_schema, p.relname as parent, k.confdeltype as on_delete,
       own.rows, own.size_bytes, coalesce(other.deletes, 0) as parent_deletes,
       k.relkind = 'p' as partitioned,
       (select min(x.relname::text) from pg_catalog.pg_index i
        join pg_catalog.pg_class x on x.oid = i.indexrelid
        join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
        where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
          and i.indkey[0] = any(k.conkey)) as partly
from missing k
join known own on own.root = k.conrelid
join known other on other.root = k.confrelid
join pg_catalog.pg_class p on p.oid = k.confrelid
join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
where k.oid in (select key from bare) or k.oid not in (select key from leaves)
order by 1, 2, 3
"""  # noqa: S608 - a constant


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A foreign key whose referring columns no index begins with.

    ``rows`` and ``size_bytes`` are those of the referring table with its partitions,
    ``partitions`` are those of the table, where the caller looked them up; ``parent_deletes``
    the rows deleted from the referenced one since the statistics began. ``partly`` is an index
    that begins with one of several columns.
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
    partly: str | None = None


def foreign_keys(connection: Connection) -> list[ForeignKey]:
    """Return the foreign keys without an index that serves them."""
    options = {"no_parameters": True}
    rows = connection.exec_driver_sql(_SQL, execution_options=options).mappings()
    return [ForeignKey(**{**row, "columns": tuple(row["columns"])}) for row in rows]
