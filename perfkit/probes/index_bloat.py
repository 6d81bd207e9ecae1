"""How much of a b-tree is air: estimated from statistics, confirmed by pgstatindex.

The estimate packs the index's rows as CREATE INDEX would. One entry takes 4 bytes of item
pointer and 8 of header (16 with a null bitmap) plus its values, rounded up to 8; 8,152 bytes of
a page hold entries, of them ``fillfactor`` percent in leaves (src/include/access/itup.h,
nbtree.h, storage/bufpage.h). Since PostgreSQL 13 equal keys are stored once with a list of rows
("deduplication"): there the estimate is blind, and only pgstatindex tells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import quoted
from perfkit.probes.locked_tables import LOCKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from sqlalchemy import Connection

    from perfkit.probes.server import Server

__all__ = ["Density", "Packing", "density_function", "leaf_density", "packings"]

_PAGE, _USABLE = 8192, 8192 - 24 - 16
_ITEM, _HEADER, _NULL_BITMAP = 4, 8, 8
_DEDUPLICATION = 130000
#: At this many rows per key value lists of rows save so much that the estimate means nothing.
_ROWS_PER_KEY = 10.0

_SQL = f"""
select n.nspname as schema, t.relname as table, c.relname as name, c.oid::bigint as oid,
       pg_catalog.pg_relation_size(c.oid) as size_bytes,
       case when c.reltuples < 0 or c.relpages = 0 then null else c.reltuples::float8 end as rows,
       coalesce((select split_part(o, '=', 2)::int from unnest(c.reloptions) o
                 where o like 'fillfactor=%'), 90) as fillfactor,
       i.indisunique as unique, w.widths, w.null_shares, w.distincts
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_class t on t.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
join pg_catalog.pg_am m on m.oid = c.relam and m.amname = 'btree'
cross join lateral (
    select array_agg(s.avg_width::float8 order by a.attnum) as widths,
           array_agg(s.null_frac::float8 order by a.attnum) as null_shares,
           array_agg(s.n_distinct::float8 order by a.attnum) as distincts
    from pg_catalog.pg_attribute a
    left join pg_catalog.pg_attribute k
         on k.attrelid = t.oid and k.attnum = i.indkey[a.attnum - 1] and k.attnum > 0
    left join pg_catalog.pg_stats s
         on s.schemaname = n.nspname and not s.inherited
        and (s.tablename = t.relname and s.attname = k.attname
             or k.attname is null and s.tablename = c.relname and s.attname = a.attname)
    where a.attrelid = c.oid and a.attnum > 0
) w
where i.indisvalid and c.relkind = 'i'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and case when i.indrelid in {LOCKED} or i.indexrelid in {LOCKED} then false
           else pg_catalog.pg_relation_size(c.oid) >= :least end
order by size_bytes desc
"""  # noqa: S608 - a constant
_FUNCTION = """
select quote_ident(n.nspname) || '.pgstatindex' from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = 'pgstatindex'
where e.extname = 'pgstattuple' and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  and p.proargtypes[0] = 'pg_catalog.regclass'::regtype
  and pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
"""


@dataclass(frozen=True, kw_only=True)
class Packing:
    """One b-tree: its size, and the size its rows would take if it were built anew.

    ``packed_bytes`` is None where statistics are missing or deduplication blinds them
    (``blind``).
    """

    schema: str
    table: str
    name: str
    oid: int
    size_bytes: int
    fillfactor: int
    packed_bytes: int | None
    blind: bool

    @property
    def air(self) -> float | None:
        """Share of the index that building it anew would free."""
        if self.packed_bytes is None or not self.size_bytes:
            return None
        return max(1.0 - self.packed_bytes / self.size_bytes, 0.0)

    @property
    def qualified(self) -> str:
        """Schema and name, quoted where they must be."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass(frozen=True)
class Density:
    """What pgstatindex measured: how full the leaves are, and pages that hold nothing."""

    leaf_share: float
    empty_pages: int

    def air(self, fillfactor: int) -> float:
        """Share of the leaves that building the index anew would free."""
        return max(1.0 - self.leaf_share / (fillfactor / 100), 0.0)


def packings(connection: Connection, server: Server, *, least_bytes: int) -> list[Packing]:
    """Return the b-trees of at least ``least_bytes``, the largest first."""
    from sqlalchemy import text

    rows = connection.execute(text(_SQL), {"least": least_bytes}).mappings()
    folds = server.number >= _DEDUPLICATION
    found = []
    for row in rows:
        blind = folds and not row["unique"] and _repeats(row["distincts"], row["rows"])
        packed = None if blind else _packed(dict(row))
        same = ("schema", "table", "name", "oid", "size_bytes", "fillfactor")
        found.append(Packing(**{key: row[key] for key in same}, packed_bytes=packed, blind=blind))
    return found


def density_function(connection: Connection) -> str | None:
    """Return the qualified name of pgstatindex if this role may call it."""
    name = connection.exec_driver_sql(_FUNCTION).scalar()
    return None if name is None else str(name)


def leaf_density(connection: Connection, function: str, packing: Packing) -> Density:
    """Read the whole index and return how full it is; ``function`` is pgstatindex, quoted."""
    from sqlalchemy import text

    sql = f"select avg_leaf_density, empty_pages + deleted_pages from {function}(cast(:oid as oid))"  # noqa: S608 - quoted by the server
    share, empty = connection.execute(text(sql), {"oid": packing.oid}).one()
    known = 0.0 if share is None or math.isnan(share) else share / 100
    return Density(known, int(empty))


def _repeats(distincts: Iterable[float | None], rows: float | None) -> bool:
    """Whether the most selective column still has many rows for each of its values."""
    known = [abs(d) * (rows or 0) if d < 0 else d for d in distincts if d is not None]
    return not known or rows is None or rows / max(*known, 1.0) >= _ROWS_PER_KEY


def _packed(row: Mapping[str, Any]) -> int | None:
    widths, shares = row["widths"], [share or 0.0 for share in row["null_shares"]]
    if row["rows"] is None or any(width is None for width in widths):
        return None
    full = _aligned(_HEADER + sum(widths))
    with_null = _aligned(
        _HEADER
        + _NULL_BITMAP
        + sum(width * (1 - share) for width, share in zip(widths, shares, strict=True))
    )
    complete = math.prod(1 - share for share in shares)
    entry = full * complete + with_null * (1 - complete) + _ITEM
    per_leaf = max(math.floor(_USABLE * row["fillfactor"] / 100 / entry), 1)
    pages = level = math.ceil(row["rows"] / per_leaf)
    fanout = max(int(_USABLE / entry), 2)
    while level > 1:
        level = math.ceil(level / fanout)
        pages += level
    return int(pages + 1) * _PAGE


def _aligned(size: float) -> int:
    return math.ceil(size / 8) * 8
