"""The tables of a statement as the catalogue knows them: names, sizes, who may do what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.plans.postgres_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from perfkit.plans.candidates import Candidate
    from perfkit.plans.model import Plan

__all__ = ["Table", "named_table", "tables_of"]

_TABLE = """
select c.oid::bigint, n.nspname, c.relname, c.relkind = 'p',
       sum(greatest(coalesce(l.reltuples, 0), 0))::float8,
       sum(coalesce(pg_catalog.pg_relation_size(l.oid), 0))::bigint, count(l.oid)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class l
    on (c.relkind <> 'p' and l.oid = c.oid) or (c.relkind = 'p' and l.relkind = 'r' and l.oid in (
        select relid from pg_catalog.pg_partition_tree(c.oid)))
where c.oid = any(cast(:oids as oid[]))
group by c.oid, n.nspname, c.relname, c.relkind
order by c.oid
"""
_ROOTS = """
select coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)::bigint
from unnest(cast(:schemas as text[]), cast(:names as text[])) as wanted (schema, name)
join pg_catalog.pg_namespace n on n.nspname = wanted.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
"""
_COLUMNS = """
select attname from pg_catalog.pg_attribute
where attrelid = cast(:oid as oid) and attnum > 0 and not attisdropped order by attnum
"""
_PLAIN_COLUMNS = _COLUMNS.replace("not attisdropped", "not attisdropped and attgenerated = ''")
_INDEXED = """
select distinct a.attname
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_am m on m.oid = c.relam
join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum > 0
where i.indrelid = cast(:oid as oid) and (m.amname <> 'brin' or :all)
  and (a.attnum = any(i.indkey) or exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid
          and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = i.indrelid
          and d.refobjsubid = a.attnum))
"""
_FOREIGN = """
select distinct a.attname
from pg_catalog.pg_constraint k
join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey)
where k.conrelid = cast(:oid as oid) and k.contype = 'f'
"""
_SUMMARISING = 160000  # the release since which BRIN does not stand in the way of HOT


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, partitioned ones with their partitions; ``rows`` as of the last ANALYZE.

    ``parts`` is the number of files with rows: 1, or that of the leaf partitions.
    """

    oid: int
    schema: str
    name: str
    partitioned: bool
    rows: float
    size_bytes: int
    parts: int = 1

    @property
    def sql(self) -> str:
        """The name as SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def columns(self, connection: Connection, *, generated: bool = True) -> list[str]:
        """Return its columns; without the ``generated`` ones, those that can be inserted."""
        return _names(connection, _COLUMNS if generated else _PLAIN_COLUMNS, oid=self.oid)

    def indexed(self, connection: Connection, *, number: int) -> set[str]:
        """Return the columns that an index of server release ``number`` keeps from being HOT."""
        found = _names(connection, _INDEXED, oid=self.oid, all=number < _SUMMARISING)
        return set(found)

    def foreign(self, connection: Connection) -> set[str]:
        """Return the columns that refer to other tables."""
        return set(_names(connection, _FOREIGN, oid=self.oid))


def named_table(connection: Connection, candidate: Candidate) -> Table:
    """Return the table of a candidate.

    Raises:
        UsageError: this session sees no such table.
    """
    parts = [quoted(part) for part in (candidate.schema, candidate.table) if part]
    from sqlalchemy import text

    oid = connection.execute(
        text("select pg_catalog.to_regclass(:name)::oid::bigint"), {"name": ".".join(parts)}
    ).scalar()
    if oid is None:
        raise UsageError(f"proof: there is no table {candidate.table!r} that this session sees")
    return _tables(connection, [oid])[0]


def tables_of(connection: Connection, plan: Plan) -> list[Table]:
    """Return the tables that a plan reads or writes; of partitions the partitioned table."""
    from sqlalchemy import text

    pairs = sorted(
        {(n.text("Schema") or "", n.relation) for n in plan.tree if n.relation is not None}
    )
    values = {"schemas": [pair[0] for pair in pairs], "names": [pair[1] for pair in pairs]}
    roots = connection.execute(text(_ROOTS), values).scalars()
    return _tables(connection, sorted(set(roots)))


def _tables(connection: Connection, oids: Iterable[int]) -> list[Table]:
    from sqlalchemy import text

    rows = connection.execute(text(_TABLE), {"oids": list(oids)})
    return [
        Table(
            oid=oid,
            schema=schema,
            name=name,
            partitioned=partitioned,
            rows=known,
            size_bytes=size,
            parts=max(parts, 1),
        )
        for oid, schema, name, partitioned, known, size, parts in rows
    ]


def _names(connection: Connection, sql: str, **values: object) -> list[str]:
    from sqlalchemy import text

    return list(connection.execute(text(sql), values).scalars())
