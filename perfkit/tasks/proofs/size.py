"""How large a b-tree will be, from what the planner believes about its keys.

Formulas (PostgreSQL's nbtree: 8 bytes of IndexTupleData, 4 of line pointer, leaves filled to
90 %; since release 13 equal keys share one tuple and cost 6 bytes per row): a row of unique
keys takes ``4 + maxalign(8 + width)``, a distinct key of repeated ones ``16 + width`` and 6 per
row. HypoPG counts every row in full: 2 to 6 times too much (11 indexes compared).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.plans.postgres_sql import code, identifier, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.tasks.proofs.compared import Job
    from perfkit.tasks.proofs.definition import Definition
    from perfkit.tasks.proofs.tables import Table

__all__ = ["KeyFacts", "btree_bytes", "key_facts"]

_PAGE, _USABLE = 8192, 8152  # bytes; 24 of header, 16 of b-tree links
_FILL = 0.9
_DEDUPLICATION = 130000  # the release that brought it
#: Types whose equal values may look different: they are never stored once for several rows.
#: So it is with collations for which different texts are equal.
_UNEQUAL = """
select coalesce(bool_or(typname in ('numeric', 'float4', 'float8', 'jsonb', 'citext')
                        or typcategory in ('A', 'C', 'R')), false)
from pg_catalog.pg_type where oid = any(cast(:types as oid[]))
"""
_LOOSE = """
select exists (
    select from pg_catalog.pg_attribute a
    join pg_catalog.pg_collation c on c.oid = a.attcollation and not c.collisdeterministic
    where a.attrelid = cast(:oid as oid) and a.attname = any(:names))
"""
_FIXED = """
select coalesce(bool_and(typlen > 0), true)
from pg_catalog.pg_type where oid = any(cast(:types as oid[]))
"""


@dataclass(frozen=True, kw_only=True)
class KeyFacts:
    """Rows in the index, distinct keys, bytes of a key with INCLUDE; ``shared`` of equal keys.

    ``part`` is the share of the table's rows that a partial index holds.
    """

    rows: float
    distinct: float
    width: float
    shared: bool
    part: float = 1.0

    @property
    def tuple_bytes(self) -> float:
        """Bytes of one index tuple, aligned to 8."""
        return 8.0 * math.ceil((8.0 + self.width) / 8.0)


def btree_bytes(facts: KeyFacts, *, parts: int = 1) -> int:
    """Return the size of a freshly built b-tree; each partition has one of its own.

    Example:
        >>> btree_bytes(KeyFacts(rows=500_000, distinct=500_000, width=8, shared=True)) // 10**6
        11
    """
    content = facts.rows * (4.0 + facts.tuple_bytes)
    if facts.shared:
        distinct = facts.distinct if parts == 1 else min(facts.distinct * parts, facts.rows)
        content = min(content, distinct * (16.0 + facts.width) + 6.0 * facts.rows)
    leaves = math.ceil(content / parts / _FILL / _USABLE)
    return parts * _PAGE * (1 + max(leaves, 1) + math.ceil(leaves / 200))


def key_facts(job: Job, table: Table, definition: Definition) -> KeyFacts:
    """Ask the planner about the keys: rows, widths, distinct values, also of expressions.

    Nothing is read: the queries are planned only.
    """
    where = f" WHERE {definition.predicate}" if definition.predicate else ""
    rows = _estimate(job, f"SELECT FROM {table.sql}{where}").rows
    everything = _estimate(job, f"SELECT FROM {table.sql}").rows if where else rows
    distinct, width = 1.0, 0.0
    for key in definition.keys:
        found = _estimate(job, f"SELECT DISTINCT {key} FROM {table.sql}{where}")  # noqa: S608 - quoted
        distinct *= found.rows
        width += _width(job, table, key, found.width)
    if definition.included:
        carried = ", ".join(definition.included)
        width += _estimate(job, f"SELECT {carried} FROM {table.sql}").width  # noqa: S608 - quoted
    shared = job.server.number >= _DEDUPLICATION and not definition.included
    types = _types(job, table, definition.keys)
    names = [identifier(token) for key in definition.keys for token in code(key)]
    return KeyFacts(
        rows=rows,
        distinct=min(distinct, rows),
        width=width,
        shared=shared
        and not (
            job.scalar(_UNEQUAL, {"types": types})
            or job.scalar(_LOOSE, {"oid": table.oid, "names": names})
        ),
        part=min(rows / everything, 1.0) if everything else 1.0,
    )


class _Estimate(NamedTuple):
    rows: float
    width: float


def _estimate(job: Job, sql: str) -> _Estimate:
    """Return what the planner expects of the whole query."""
    found = job.connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {sql}", execution_options={"no_parameters": True}
    ).scalar_one()
    root = found[0]["Plan"]
    return _Estimate(float(root["Plan Rows"]), float(root["Plan Width"]))


def _width(job: Job, table: Table, key: str, planned: float) -> float:
    """Return the bytes of a key; an expression is taken to be as wide as its columns.

    The planner has no statistics of it and calls every text 32 bytes wide.
    """
    columns = table.columns(job.connection)
    names = [identifier(token) for token in code(key)]
    inner = [name for name in dict.fromkeys(names) if name in columns and name is not None]
    if len(names) == 1 or not inner or job.scalar(_FIXED, {"types": _types(job, table, [key])}):
        return planned
    listed = ", ".join(quoted(name) for name in inner)
    return _estimate(job, f"SELECT {listed} FROM {table.sql}").width  # noqa: S608 - quoted


def _types(job: Job, table: Table, keys: Sequence[str]) -> list[int]:
    """Return the oids of the keys' types."""
    result = job.connection.exec_driver_sql(
        f"SELECT {', '.join(keys)} FROM {table.sql} LIMIT 0",  # noqa: S608 - quoted
        execution_options={"no_parameters": True},
    )
    cursor: Any = result.cursor
    types = [int(column[1]) for column in cursor.description]
    result.close()
    return types
