"""What the catalogue knows about some tables: sizes, statistics, indexes, partitions.

A handful of queries for all tables at once; they only read the catalogue, which an ordinary
role may. Column statistics are those of columns that the role may read (pg_stats): of the
others nothing is known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.plans.facts import ColumnFacts, Facts, IndexFacts, TableFacts
from perfkit.probes.table_family import Relation, partitions, relations, summed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from perfkit.probes.server import Server

__all__ = ["table_facts"]

_BUILTIN_COLLATIONS = 170000  # the release that brought the provider "builtin"

# Collation 100 is the database's own. Sorting by bytes is what C and POSIX do, and every
# locale of the provider "builtin" but its Unicode ones with tailoring (there are none).
_COLUMNS = """
select a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
       s.n_distinct::float8, s.null_frac::float8, s.avg_width::float8, s.correlation::float8,
       s.most_common_vals::text::text[], s.most_common_freqs::float8[],
       s.histogram_bounds::text::text[],
       s.most_common_elems::text::text[], s.most_common_elem_freqs::float8[],
       case when a.attcollation = 0 then null
            when o.collprovider = 'd' then {database}
            else {own} end,
       case when a.attcollation = t.typcollation then '' else o.collname end
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_collation o on o.oid = a.attcollation
left join pg_catalog.pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname
      and s.attname = a.attname and s.inherited = (c.relkind = 'p')
where a.attrelid = any(cast(:oids as oid[])) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
"""
_DATABASE_BY_BYTES = """(select d.datcollate in ('C', 'POSIX')
            from pg_catalog.pg_database d where d.datname = current_database())"""
_DATABASE_BY_BYTES_17 = """(select case d.datlocprovider when 'b' then true
                         when 'c' then d.datcollate in ('C', 'POSIX') else false end
            from pg_catalog.pg_database d where d.datname = current_database())"""
_OWN_BY_BYTES = "coalesce(o.collprovider = 'c' and o.collcollate in ('C', 'POSIX'), false)"
_INDEXES = """
select i.indrelid, c.relname, a.amname, i.indisunique, i.indisreplident,
       i.indisvalid and i.indisready and i.indislive,
       exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid),
       pg_catalog.pg_relation_size(i.indexrelid), pg_catalog.pg_get_indexdef(i.indexrelid),
       pg_catalog.pg_get_expr(i.indpred, i.indrelid), i.indnkeyatts,
       array(select pg_catalog.pg_get_indexdef(i.indexrelid, p, false)
             from generate_series(1, i.indnatts) p order by p),
       i.indoption::int[],
       array(select case when o.opcdefault then '' else o.opcname end
             from generate_series(0, i.indnkeyatts - 1) p
             join pg_catalog.pg_opclass o on o.oid = i.indclass[p] order by p),
       array(select case when l.oid is null or l.oid = coalesce(t.attcollation, 100::oid)
                         then '' else l.collname end
             from generate_series(0, i.indnkeyatts - 1) p
             left join pg_catalog.pg_collation l on l.oid = i.indcollation[p]
             left join pg_catalog.pg_attribute t
                  on t.attrelid = i.indrelid and t.attnum = i.indkey[p] and t.attnum > 0
             order by p)
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_am a on a.oid = c.relam
where i.indrelid = any(cast(:oids as oid[]))
order by i.indrelid, c.relname
"""
_FOREIGN_KEYS = """
select k.conrelid, array(select a.attname::text
        from unnest(k.conkey) with ordinality u(num, place)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num
        order by place)
from pg_catalog.pg_constraint k
where k.contype = 'f' and k.conrelid = any(cast(:oids as oid[]))
order by k.conrelid, k.conname
"""
_EXTENSIONS = "select extname::text from pg_catalog.pg_extension"
# A name is as good as its worst overload: what a plan calls is printed without argument types.
_IMMUTABLE = """
select p.proname::text
from pg_catalog.pg_proc p
where p.prokind = 'f'
  and p.pronamespace in (select n.oid from pg_catalog.pg_namespace n
                         where n.nspname = any(current_schemas(true)))
group by 1
having bool_and(p.provolatile = 'i' and not p.proretset)
"""


def table_facts(connection: Connection, server: Server, pairs: Iterable[tuple[str, str]]) -> Facts:
    """Return what the server knows of the tables ``pairs`` (schema, name) and their parents.

    Names that are no table, materialised view or partitioned table are left out. PostgreSQL 12
    and later.
    """
    found = relations(connection, pairs)
    described = [relation for relation in found.values() if relation.described]
    oids = {"oids": [relation.oid for relation in described]}
    columns = _columns(connection, server, oids) if described else {}
    indexes = _grouped(connection, _INDEXES, oids, _index) if described else {}
    foreign = _grouped(connection, _FOREIGN_KEYS, oids, lambda r: tuple(r[1])) if described else {}
    tables = {}
    for relation in described:
        facts = replace(
            _table(relation, found),
            columns={column.name: column for column in columns.get(relation.oid, ())},
            indexes=tuple(indexes.get(relation.oid, ())),
            foreign_keys=tuple(foreign.get(relation.oid, ())),
        )
        tables[facts.schema, facts.name] = facts
    return Facts(
        tables=tables,
        extensions=frozenset(connection.exec_driver_sql(_EXTENSIONS).scalars()),
        immutable=frozenset(connection.exec_driver_sql(_IMMUTABLE).scalars()),
    )


def _table(relation: Relation, found: Mapping[int, Relation]) -> TableFacts:
    """Return sizes and counters; those of a partitioned table are the sums of its leaves."""
    parts = partitions(relation, found)
    whole = summed(relation, found)
    parent = found.get(relation.parent) if relation.parent is not None else None
    return TableFacts(
        schema=relation.schema,
        name=relation.name,
        rows=whole.rows,
        pages=whole.pages,
        visible_share=whole.visible / whole.pages if whole.pages else None,
        inserts=whole.inserts,
        updates=whole.updates,
        hot_updates=whole.hot_updates,
        deletes=whole.deletes,
        sequential_scans=whole.sequential_scans,
        index_scans=whole.index_scans,
        modified=whole.modified,
        analyzed=relation.analyzed,
        fillfactor=relation.fillfactor,
        partitioned=relation.kind == "p",
        partitions=parts,
        parent=(parent.schema, parent.name) if parent else None,
    )


def _columns(
    connection: Connection, server: Server, oids: Mapping[str, Any]
) -> dict[int, list[ColumnFacts]]:
    newer = server.number >= _BUILTIN_COLLATIONS
    sql = _COLUMNS.format(
        database=_DATABASE_BY_BYTES_17 if newer else _DATABASE_BY_BYTES,
        own=f"({_OWN_BY_BYTES} or o.collprovider = 'b')" if newer else _OWN_BY_BYTES,
    )
    found: dict[int, list[ColumnFacts]] = _grouped(connection, sql, oids, _column)
    return found


def _grouped(connection: Connection, sql: str, values: Mapping[str, Any], make: Any) -> Any:
    """Return what ``make`` makes of the rows, in lists by their first column."""
    from sqlalchemy import text

    groups: dict[int, list[Any]] = {}
    for row in connection.execute(text(sql), values):
        groups.setdefault(row[0], []).append(make(row))
    return groups


def _column(row: Sequence[Any]) -> ColumnFacts:
    common, shares = row[8] or (), row[9] or ()
    elements, element_shares = row[11] or (), row[12] or ()
    return ColumnFacts(
        name=row[1],
        type=row[2],
        not_null=row[3],
        distinct=row[4],
        null_share=row[5],
        width_bytes=row[6],
        correlation=row[7],
        common=tuple(common),
        shares=tuple(shares),
        bounds=tuple(row[10] or ()),
        elements=tuple(elements),
        element_shares=tuple(element_shares[: len(elements)]),  # minimum and maximum follow
        by_bytes=row[13],
        collation=row[14] or "",
    )


def _index(row: Sequence[Any]) -> IndexFacts:
    count, expressions = row[10], row[11]
    options = row[12][:count]
    return IndexFacts(
        name=row[1],
        method=row[2],
        unique=row[3],
        replica_identity=row[4],
        valid=row[5],
        constrained=row[6],
        size_bytes=row[7],
        definition=row[8],
        predicate=row[9],
        keys=tuple(expressions[:count]),
        included=tuple(expressions[count:]),
        descending=tuple(bool(option & 1) for option in options),
        nulls_first=tuple(bool(option & 2) for option in options),
        classes=tuple(row[13]),
        collations=tuple(row[14]),
    )
