"""What the statistics say about the use of every table: rows, sizes, reads, writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.probes.locked_tables import LOCKED

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from perfkit.probes.server import Server

__all__ = ["TableState", "table_states"]

_NEW_PAGES = 160000  # the release that brought n_tup_newpage_upd

_SQL = """
select n.nspname as schema, c.relname as name,
       case when c.reltuples < 0 or (c.reltuples = 0 and c.relpages = 0) then null
            else c.reltuples::float8 end as rows,
       pg_catalog.pg_table_size(c.oid) as size_bytes,
       coalesce((select split_part(o, '=', 2)::int from unnest(c.reloptions) o
                 where o like 'fillfactor=%'), 100) as fillfactor,
       exists (select from unnest(c.reloptions) o where o like 'fillfactor=%') as filled,
       pg_catalog.pg_relation_size(c.oid) > c.relpages::bigint
           * current_setting('block_size')::bigint as grown,
       c.relispartition as partition,
       case when c.relispartition
            then (select r.relname from pg_catalog.pg_class r
                  where r.oid = pg_catalog.pg_partition_root(c.oid)) end as root,
       s.n_tup_ins as inserts, s.n_tup_upd as updates, s.n_tup_hot_upd as hot_updates,
       {new_pages} as new_page_updates, s.n_tup_del as deletes,
       s.seq_scan as sequential_scans, s.seq_tup_read as sequential_rows,
       s.idx_scan as index_scans, s.idx_tup_fetch as index_rows,
       s.n_mod_since_analyze as modified,
       greatest(s.last_analyze, s.last_autoanalyze) as analyzed
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
where c.relkind in ('r', 'm') and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_class'::regclass
                    and d.objid = c.oid and d.deptype = 'e')
  and c.oid not in {locked}
"""


@dataclass(frozen=True, kw_only=True)
class TableState:
    """Counters since the last reset of the statistics; None where this role sees none.

    ``rows`` is the planner's belief, None before the first ANALYZE; ``root`` the table that a
    partition is a part of; ``filled``: the fillfactor was set, if only to the default;
    ``grown``: the table has more pages than the last ANALYZE or VACUUM saw.
    """

    schema: str
    name: str
    rows: float | None = None
    size_bytes: int = 0
    fillfactor: int = 100
    filled: bool = False
    grown: bool = True
    partition: bool = False
    root: str | None = None
    inserts: int | None = None
    updates: int | None = None
    hot_updates: int | None = None
    new_page_updates: int | None = None
    deletes: int | None = None
    sequential_scans: int | None = None
    sequential_rows: int | None = None
    index_scans: int | None = None
    index_rows: int | None = None
    modified: int | None = None
    analyzed: datetime | None = None

    @property
    def writes(self) -> int | None:
        """Rows inserted, updated and deleted."""
        if self.inserts is None:
            return None
        return self.inserts + (self.updates or 0) + (self.deletes or 0)

    @property
    def reads(self) -> int | None:
        """Scans of the table, sequential ones and those of its indexes."""
        if self.sequential_scans is None:
            return None
        return self.sequential_scans + (self.index_scans or 0)

    @property
    def ratio(self) -> str:
        """Reads beside writes, in words: both are counted since the statistics began."""
        if self.reads is None or self.writes is None:
            return "reads and writes are not known"
        return f"{self.reads:,} scans, {self.writes:,} rows written"


def table_states(connection: Connection, server: Server) -> dict[tuple[str, str], TableState]:
    """Return the tables and materialised views of the database by schema and name.

    Without partitioned parents, temporary tables, those of extensions and locked ones.
    """
    new_pages = "s.n_tup_newpage_upd" if server.number >= _NEW_PAGES else "null::bigint"
    sql = _SQL.format(new_pages=new_pages, locked=LOCKED)
    options = {"no_parameters": True}
    rows = connection.exec_driver_sql(sql, execution_options=options).mappings()
    states = (TableState(**row) for row in rows)
    return {(state.schema, state.name): state for state in states}
