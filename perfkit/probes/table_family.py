"""Tables with their partitions and parents: what pg_class and the counters say of each."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from perfkit.plans.facts import Partition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

__all__ = ["Relation", "partitions", "relations", "summed"]

# Upwards to the parents of a partition, then down to all parts of what is partitioned; only
# what was asked for and its parents is "described" by statistics and indexes.
# reltuples is -1 (before 14: 0 on 0 pages) until the first VACUUM or ANALYZE; the planner
# then looks at the file's real size.
_SQL = """
with recursive asked as (
    select c.oid
    from unnest(cast(:schemas as text[]), cast(:names as text[])) as a(schema, name)
    join pg_catalog.pg_namespace n on n.nspname = a.schema
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = a.name
    where c.relkind in ('r', 'm', 'p')
), up as (
    select oid from asked
    union
    select i.inhparent from up join pg_catalog.pg_inherits i on i.inhrelid = up.oid
    join pg_catalog.pg_class c on c.oid = up.oid and c.relispartition
), family as (
    select oid from up
    union
    select i.inhrelid from family f join pg_catalog.pg_inherits i on i.inhparent = f.oid
    join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition
)
select c.oid, n.nspname as schema, c.relname as name, c.relkind as kind,
       c.oid in (select oid from up) as described,
       (select i.inhparent from pg_catalog.pg_inherits i
        where i.inhrelid = c.oid and c.relispartition limit 1) as parent,
       case when c.reltuples < 0 or (c.reltuples = 0 and c.relpages = 0) then null
            else c.reltuples::float8 end as rows,
       case when c.relpages > 0 or c.relkind = 'p' then c.relpages
            else pg_catalog.pg_relation_size(c.oid)
                 / current_setting('block_size')::int end as pages,
       c.relallvisible as visible,
       (select split_part(o, '=', 2)::int from unnest(c.reloptions) o
        where o like 'fillfactor=%') as fillfactor,
       s.n_tup_ins as inserts, s.n_tup_upd as updates, s.n_tup_hot_upd as hot_updates,
       s.n_tup_del as deletes, s.seq_scan as sequential_scans, s.idx_scan as index_scans,
       s.n_mod_since_analyze as modified,
       greatest(s.last_analyze, s.last_autoanalyze) as analyzed
from family f
join pg_catalog.pg_class c on c.oid = f.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
order by n.nspname, c.relname
"""
_COUNTERS = (
    "inserts", "updates", "hot_updates", "deletes", "sequential_scans", "index_scans", "modified",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Relation:
    """One row of pg_class with its counters; ``parent`` is the oid of what it is a part of."""

    oid: int
    schema: str
    name: str
    kind: str
    described: bool
    parent: int | None = None
    rows: float | None = None
    pages: int = 0
    visible: int = 0
    fillfactor: int | None = None
    inserts: int | None = None
    updates: int | None = None
    hot_updates: int | None = None
    deletes: int | None = None
    sequential_scans: int | None = None
    index_scans: int | None = None
    modified: int | None = None
    analyzed: datetime | None = None


def relations(connection: Connection, pairs: Iterable[tuple[str, str]]) -> dict[int, Relation]:
    """Return the tables, the parents they are partitions of, and all partitions, by oid."""
    from sqlalchemy import text

    asked = sorted(set(pairs))
    values = {"schemas": [schema for schema, _ in asked], "names": [name for _, name in asked]}
    rows = connection.execute(text(_SQL), values).mappings()
    names = [field.name for field in fields(Relation)]
    return {row["oid"]: Relation(**{name: row[name] for name in names}) for row in rows}


def partitions(relation: Relation, found: Mapping[int, Relation]) -> tuple[Partition, ...]:
    """Return the partitions of ``relation`` with their own, () for an ordinary table."""
    return tuple(
        Partition(part.schema, part.name, partitions(part, found))
        for part in _parts(relation, found)
    )


def summed(relation: Relation, found: Mapping[int, Relation]) -> Relation:
    """Return ``relation``; one that is partitioned with the sums of its leaves."""
    leaves = list(_leaves(relation, found))
    if relation.kind != "p" or not leaves:
        return relation
    known = [leaf.rows for leaf in leaves if leaf.rows is not None]
    counters: dict[str, Any] = {
        name: _total(getattr(leaf, name) for leaf in leaves) for name in _COUNTERS
    }
    return replace(
        relation,
        rows=sum(known) if len(known) == len(leaves) else relation.rows,
        pages=sum(leaf.pages for leaf in leaves),
        visible=sum(leaf.visible for leaf in leaves),
        **counters,
    )


def _leaves(relation: Relation, found: Mapping[int, Relation]) -> Iterator[Relation]:
    for part in _parts(relation, found):
        if part.kind == "p":
            yield from _leaves(part, found)
        else:
            yield part


def _parts(relation: Relation, found: Mapping[int, Relation]) -> list[Relation]:
    if relation.kind != "p":
        return []
    return [part for part in found.values() if part.parent == relation.oid]


def _total(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
