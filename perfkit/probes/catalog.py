"""What PostgreSQL's catalogue and statistics say about the indexes of a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.probes.locked_tables import LOCKED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from perfkit.probes.server import Server

__all__ = [
    "ENOUGH_DAYS",
    "Index",
    "Key",
    "StatisticsAge",
    "indexes",
    "statistics_age",
]

#: A month holds what runs once a month.
ENOUGH_DAYS = 30
_LAST_SCAN = 160000  # the release that brought pg_stat_user_indexes.last_idx_scan
_NULLS_NOT_DISTINCT = 150000

_INDEXES = """
with recursive inside as (
    select h.inhparent as root, h.inhrelid as oid
    from pg_catalog.pg_inherits h
    join pg_catalog.pg_class c on c.oid = h.inhparent and c.relkind = 'I'
    union all
    select b.root, h.inhrelid from inside b
    join pg_catalog.pg_inherits h on h.inhparent = b.oid
), every as (
    select root, oid from inside
    union all select indexrelid, indexrelid from pg_catalog.pg_index
), used as (
    select e.root, sum(pg_catalog.pg_relation_size(e.oid))::bigint as size_bytes,
           sum(pg_catalog.pg_stat_get_numscans(e.oid))::bigint as scans, {last} as last_scan
    from every e
    join pg_catalog.pg_class c on c.oid = e.oid and c.relkind = 'i'
    where e.oid not in {locked}
    group by e.root
)
select n.nspname as schema, t.relname as table, c.relname as name, c.oid::bigint as oid,
       a.amname as method, i.indisunique as unique, i.indimmediate as immediate,
       {nulls} as nulls_not_distinct,
       i.indisvalid and i.indisready and i.indislive as valid,
       i.indisreplident as replica_identity, i.indisexclusion as exclusion,
       i.indexrelid in (select k.conindid from pg_catalog.pg_constraint k) as constrained,
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
       coalesce(u.size_bytes, 0) as size_bytes, coalesce(u.scans, 0) as scans, u.last_scan,
       (select p.spcname::text from pg_catalog.pg_tablespace p where p.oid = c.reltablespace)
           as tablespace,
       pg_catalog.obj_description(c.oid, 'pg_class') as comment,
       array(select o.attnum || ':' || o.attstattarget from pg_catalog.pg_attribute o
             where o.attrelid = i.indexrelid and o.attstattarget >= 0 order by o.attnum)
           as targets,
       array(select x.extname::text from pg_catalog.pg_depend d
             join pg_catalog.pg_extension x on x.oid = d.refobjid
             where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
               and d.refclassid = 'pg_catalog.pg_extension'::regclass and d.deptype = 'x'
             order by 1) as extensions,
       (select array[pn.nspname::text, p.relname::text] from pg_catalog.pg_inherits h
        join pg_catalog.pg_class p on p.oid = h.inhparent
        join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
        where c.relispartition and h.inhrelid = i.indexrelid) as part_of
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_class t on t.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
join pg_catalog.pg_am a on a.oid = c.relam
left join used u on u.root = i.indexrelid
where c.relkind in ('i', 'I') and t.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and i.indrelid not in (select d.objid from pg_catalog.pg_depend d
                         where d.classid = 'pg_catalog.pg_class'::regclass and d.deptype = 'e')
  and i.indrelid not in {locked} and i.indexrelid not in {locked}
order by 1, 2, 3
"""
# Definitions are to be run by sessions with another search_path: every name with its schema.
_PLAIN_PATH = "select set_config('search_path', 'pg_catalog', true)"
_PATH = "select current_setting('search_path')"
_SET_PATH = "select set_config('search_path', :path, true)"
_LAST = "max(pg_catalog.pg_stat_get_lastscan(e.oid))"
# Of one family and one type, all operator classes of these methods compare alike: varchar_ops
# is text_ops by another name.
_CLASSES = """
select o.oid::bigint, min(o.oid::bigint) over (partition by o.opcfamily, o.opcintype)
from pg_catalog.pg_opclass o
join pg_catalog.pg_am a on a.oid = o.opcmethod and a.amname in ('btree', 'hash')
"""
# A crash throws all statistics away, and with them the time of a reset: the server goes on with
# the same start, but what it counts for all databases begins anew. A database may be younger
# than the server; only some roles may ask for the age of its files.
_AGE = """
select a.since, a.known, extract(epoch from now() - a.since)::float8 as seconds
from (
    select greatest(coalesce(d.stats_reset, pg_catalog.pg_postmaster_start_time()),
                    least(w.stats_reset, v.stats_reset), {born}) as since,
           d.stats_reset is not null as known
    from pg_catalog.pg_stat_database d
    cross join pg_catalog.pg_stat_bgwriter w
    cross join pg_catalog.pg_stat_archiver v
    where d.datname = current_database()
) a
"""
_BORN = """(select p.modification
     from pg_catalog.pg_stat_file('base/' || d.datid || '/PG_VERSION', true) p)"""
_FILES = """
select pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text, boolean)', 'EXECUTE')
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

    A partitioned index stands for those of all partitions; ``part_of`` is the one (schema, name)
    that an index of a partition belongs to. ``computed``: it has an expression among its
    columns. ``parameters`` are those of WITH and of operator classes. Not ``immediate``: its
    constraint is deferrable. ``last_scan`` is known from release 16 on. ``tablespace`` is None
    for that of the database; ``targets`` are column numbers and their statistics targets,
    ``extensions`` those that the index goes with (DEPENDS ON EXTENSION).
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
    immediate: bool = True
    part_of: tuple[str, str] | None = None
    oid: int = 0
    tablespace: str | None = None
    comment: str | None = None
    targets: tuple[tuple[int, int], ...] = ()
    extensions: tuple[str, ...] = ()

    @property
    def columns(self) -> str:
        """The keys and, behind INCLUDE, the other columns, as people write them."""
        keys = ", ".join(key.expression + _direction(key.option) for key in self.keys)
        where = f" WHERE {self.predicate}" if self.predicate else ""
        return keys + (f" INCLUDE ({', '.join(self.included)})" if self.included else "") + where

    @property
    def needed(self) -> bool:
        """Whether it guarantees something that no other index of its columns does."""
        return (
            self.unique
            or self.constrained
            or self.exclusion
            or self.replica_identity
            or self.part_of is not None
        )


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
        return self.month_since(self.since)

    @property
    def now(self) -> datetime:
        """The server's time."""
        return self.since + timedelta(seconds=self.seconds)

    def month_since(self, moment: datetime) -> bool:
        """Whether a month and its end lie between ``moment`` and now."""
        now = self.now
        month_ended = (moment.year, moment.month) != (now.year, now.month)
        return now - moment >= timedelta(days=ENOUGH_DAYS) and month_ended


def indexes(connection: Connection, server: Server) -> list[Index]:
    """Return all indexes of the database, without those of extensions and temporary tables.

    Those of tables that somebody has locked are left out: see ``locked_tables``.
    """
    from sqlalchemy import text

    sql = _INDEXES.format(
        nulls="i.indnullsnotdistinct" if server.number >= _NULLS_NOT_DISTINCT else "false",
        last=_LAST if server.number >= _LAST_SCAN else "null::timestamptz",
        locked=LOCKED,
    )
    classes = {row[0]: row[1] for row in connection.exec_driver_sql(_CLASSES)}
    path = connection.exec_driver_sql(_PATH).scalar_one()
    connection.exec_driver_sql(_PLAIN_PATH)
    rows = connection.exec_driver_sql(sql).mappings().all()
    connection.execute(text(_SET_PATH), {"path": path})
    return [_index(row, classes) for row in rows]


def statistics_age(connection: Connection) -> StatisticsAge:
    """Return how long this server has counted scans of this database."""
    born = _BORN if connection.exec_driver_sql(_FILES).scalar_one() else "null"
    return StatisticsAge(*connection.exec_driver_sql(_AGE.format(born=born)).one())


def _index(row: Any, classes: Mapping[int, int]) -> Index:
    count = row["key_count"]
    own = {
        "expressions", "classes", "collations", "options", "key_count", "parameters", "part_of",
        "targets", "extensions",
    }  # fmt: skip
    alike = [classes.get(oid, oid) for oid in row["classes"]]
    parts = (row["expressions"], alike, row["collations"], row["options"])
    keys = [Key(*key) for key in zip(*(part[:count] for part in parts), strict=True)]
    return Index(
        **{name: value for name, value in row.items() if name not in own},
        keys=tuple(keys),
        included=tuple(row["expressions"][count:]),
        parameters=tuple(sorted(row["parameters"])),
        part_of=tuple(row["part_of"]) if row["part_of"] else None,
        targets=tuple(_target(each) for each in row["targets"]),
        extensions=tuple(row["extensions"]),
    )


def _target(text: str) -> tuple[int, int]:
    column, target = text.split(":")
    return int(column), int(target)


def _direction(option: int) -> str:
    descending, nulls_first = bool(option & 1), bool(option & 2)
    text = " DESC" if descending else ""
    if nulls_first != descending:
        text += " NULLS FIRST" if nulls_first else " NULLS LAST"
    return text
