"""What PostgreSQL's catalogue and statistics say about the indexes of a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from perfkit.probes.server import Server

__all__ = [
    "ENOUGH_DAYS",
    "Index",
    "Key",
    "StatisticsAge",
    "Table",
    "indexes",
    "statistics_age",
    "tables",
]

#: A month holds what runs once a month.
ENOUGH_DAYS = 30
_LAST_SCAN = 160000  # the release that brought pg_stat_user_indexes.last_idx_scan
_NULLS_NOT_DISTINCT = 150000

_INDEXES = """
select n.nspname as schema, t.relname as table, c.relname as name, a.amname as method,
       i.indisunique as unique, {nulls} as nulls_not_distinct,
       i.indisvalid and i.indisready and i.indislive as valid,
       i.indisreplident as replica_identity, i.indisexclusion as exclusion,
       exists (select from pg_catalog.pg_constraint k
               where k.conindid = i.indexrelid) as constrained,
       exists (select from pg_catalog.pg_constraint k
               where k.conrelid = i.indrelid and k.contype = 'f'
                 and k.conkey @> i.indkey[0:cardinality(k.conkey) - 1]::int2[]
                 and k.conkey <@ i.indkey[0:cardinality(k.conkey) - 1]::int2[]
                 and i.indpred is null) as supports_foreign_key,
       i.indnkeyatts as key_count,
       array(select pg_catalog.pg_get_indexdef(i.indexrelid, p, true)
             from generate_series(1, i.indnatts) p order by p) as expressions,
       i.indclass::oid[] as classes, i.indcollation::oid[] as collations,
       i.indoption::int[] as options,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid, true) as predicate,
       pg_catalog.pg_get_indexdef(i.indexrelid) as definition,
       i.indisclustered as clustered, c.relkind = 'I' as partitioned,
       0 = any(i.indkey::int2[]) as computed,
       coalesce(c.reloptions, '{{}}')
           || array(select o.attnum || ':' || array_to_string(o.attoptions, ',')
                    from pg_catalog.pg_attribute o
                    where o.attrelid = i.indexrelid and o.attoptions is not null) as parameters,
       f.size_bytes, f.scans, {last} as last_scan
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_class t on t.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
join pg_catalog.pg_am a on a.oid = c.relam
cross join lateral (
    select sum(pg_catalog.pg_relation_size(p.oid))::bigint as size_bytes,
           sum(pg_catalog.pg_stat_get_numscans(p.oid))::bigint as scans{lasts}
    from (select l.relid as oid from pg_catalog.pg_partition_tree(i.indexrelid) l
          union select i.indexrelid) p
) f
where c.relkind in ('i', 'I') and not c.relispartition and t.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_class'::regclass
                    and d.objid in (i.indexrelid, i.indrelid) and d.deptype = 'e')
order by 1, 2, 3
"""
_LASTS = ", max(pg_catalog.pg_stat_get_lastscan(p.oid)) as last_scan"
_TABLES = """
select n.nspname as schema, c.relname as name, c.reltuples::float8 as rows,
       pg_catalog.pg_table_size(c.oid) as size_bytes
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
"""
_AGE = """
select coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time()) as since,
       d.stats_reset is not null as known,
       extract(epoch from now() - coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time()))
           ::float8 as seconds
from pg_catalog.pg_stat_database d where d.datname = current_database()
"""


class Key(NamedTuple):
    """One key column as the index compares it; ``option`` bits: 1 descending, 2 nulls first."""

    expression: str
    operator_class: int
    collation: int
    option: int

    def flipped(self) -> Key:
        """Return the key as a backward scan sees it."""
        return self._replace(option=self.option ^ 3)


@dataclass(frozen=True, kw_only=True)
class Index:
    """One index; ``scans`` is None where the role may not see statistics.

    A partitioned index stands for those of all partitions. ``computed``: it has an expression
    among its columns. ``parameters`` are those of WITH and of operator classes.
    """

    schema: str
    table: str
    name: str
    method: str
    unique: bool
    nulls_not_distinct: bool
    valid: bool
    constrained: bool
    replica_identity: bool
    exclusion: bool
    supports_foreign_key: bool
    keys: tuple[Key, ...]
    included: tuple[str, ...]
    predicate: str | None
    definition: str
    size_bytes: int
    scans: int | None
    last_scan: datetime | None
    clustered: bool = False
    partitioned: bool = False
    computed: bool = False
    parameters: tuple[str, ...] = ()

    @property
    def columns(self) -> str:
        """The keys and, behind INCLUDE, the other columns, as people write them."""
        keys = ", ".join(key.expression + _direction(key.option) for key in self.keys)
        where = f" WHERE {self.predicate}" if self.predicate else ""
        return keys + (f" INCLUDE ({', '.join(self.included)})" if self.included else "") + where

    @property
    def needed(self) -> bool:
        """Whether it guarantees something that no other index of its columns does."""
        return self.unique or self.constrained or self.exclusion or self.replica_identity


class Table(NamedTuple):
    """A table as the planner knows it; ``rows`` is -1 before the first ANALYZE."""

    schema: str
    name: str
    rows: float
    size_bytes: int


class StatisticsAge(NamedTuple):
    """Since when statistics are counted; not ``known``: at least since the server's start."""

    since: datetime
    known: bool
    seconds: float
    where: str = "on this server"

    @property
    def days(self) -> float:
        """The age in days."""
        return self.seconds / 86_400

    @property
    def enough(self) -> bool:
        """Whether they reach back far enough to call something unused: a month and its end."""
        now = self.since + timedelta(seconds=self.seconds)
        month_ended = (self.since.year, self.since.month) != (now.year, now.month)
        return self.days >= ENOUGH_DAYS and month_ended


def indexes(connection: Connection, server: Server) -> list[Index]:
    """Return all indexes of the database, without those of extensions and of partitions."""
    newer = server.number >= _LAST_SCAN
    sql = _INDEXES.format(
        nulls="i.indnullsnotdistinct" if server.number >= _NULLS_NOT_DISTINCT else "false",
        last="f.last_scan" if newer else "null::timestamptz",
        lasts=_LASTS if newer else "",
    )
    return [_index(row) for row in connection.exec_driver_sql(sql).mappings()]


def tables(connection: Connection) -> dict[tuple[str, str], Table]:
    """Return the tables of the database by schema and name."""
    rows = connection.exec_driver_sql(_TABLES)
    return {(row[0], row[1]): Table(*row) for row in rows}


def statistics_age(connection: Connection) -> StatisticsAge:
    """Return how long this server has counted scans of this database."""
    return StatisticsAge(*connection.exec_driver_sql(_AGE).one())


def _index(row: Any) -> Index:
    count = row["key_count"]
    same = (
        "schema", "table", "name", "method", "unique", "nulls_not_distinct", "valid",
        "constrained", "replica_identity", "exclusion", "supports_foreign_key", "predicate",
        "definition", "size_bytes", "scans", "last_scan", "clustered", "partitioned", "computed",
    )  # fmt: skip
    parts = (row["expressions"], row["classes"], row["collations"], row["options"])
    keys = [Key(*key) for key in zip(*(part[:count] for part in parts), strict=True)]
    return Index(
        **{name: row[name] for name in same},
        keys=tuple(keys),
        included=tuple(row["expressions"][count:]),
        parameters=tuple(sorted(row["parameters"])),
    )


def _direction(option: int) -> str:
    descending, nulls_first = bool(option & 1), bool(option & 2)
    text = " DESC" if descending else ""
    if nulls_first != descending:
        text += " NULLS FIRST" if nulls_first else " NULLS LAST"
    return text
