"""What an index adds to writes, measured on two copies of the table's structure.

Existing rows are inserted into a copy without and a copy with the index, and the columns of
the index are updated there: the table itself is only read. Both copies have the table's other
indexes; triggers and foreign keys are not copied, they cost the same with and without.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from perfkit.plans.postgres_sql import quoted
from perfkit.tasks.proofs.definition import define, same_table
from perfkit.tasks.proofs.model import WriteCost
from perfkit.tasks.proofs.scratch import scratch
from perfkit.tasks.proofs.size import key_facts
from perfkit.tasks.proofs.tables import named_table
from perfkit.tasks.proofs.write_estimate import btree_wal, hot_columns, hot_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.proofs.compared import Job
    from perfkit.tasks.proofs.model import Basis, Question
    from perfkit.tasks.proofs.scratch import Scratch
    from perfkit.tasks.proofs.tables import Table

__all__ = ["measured"]

_FIRST, _BATCH, _BATCHES = 5000, 1000, 3  # rows that are there already, and that are added
_LEAST = 200  # fewer rows than this in a batch say nothing
_UPDATED = 300
_PLAIN, _INDEXED, _ROWS = "without_index", "with_index", "some_rows"
#: Free space for the new versions of rows: it is the indexes that decide, not a full page.
_FILL = "WITH (fillfactor = 50)"
_COUNTS = """
select pg_catalog.pg_stat_get_xact_tuples_updated(cast(:table as regclass)),
       pg_catalog.pg_stat_get_xact_tuples_hot_updated(cast(:table as regclass))
"""
_WITH_WAL = 130000  # the release with EXPLAIN (WAL)


@dataclass(frozen=True, kw_only=True)
class _Copies:
    """The scratch tables, and the columns that are copied."""

    place: Scratch
    columns: str
    rows: int

    def name(self, table: str) -> str:
        return self.place.table(table)


def measured(job: Job, candidate: Candidate, updates: Sequence[Question]) -> WriteCost:
    """Insert and update on copies without and with the index; the caller rolls back.

    Where the server writes no WAL for them (``wal_level = minimal``, temporary tables) the
    WAL is estimated.
    """
    table = named_table(job.connection, candidate)
    lost = hot_columns(job, table, define(candidate))
    copies = _copies(job, candidate, table)
    hot = hot_loss(job, table, lost, updates)
    if copies is None:
        wal, basis = _wal(job, candidate, table, None)
        return WriteCost(
            wal_bytes_per_1000_inserts=wal, hot_share_before=hot.before,
            hot_share_after=hot.after, hot_columns=lost, wal_basis=basis,
        )  # fmt: skip
    added_ms, added_wal = _inserts(job, copies)
    wal, basis = _wal(job, candidate, table, added_wal)
    before, after = _hot(job, copies, lost) if lost else (hot.before, hot.after)
    return WriteCost(
        wal_bytes_per_1000_inserts=wal,
        insert_ms_per_1000=added_ms,
        hot_share_before=before,
        hot_share_after=after,
        hot_columns=lost,
        basis="measured",
        wal_basis=basis,
    )


def _copies(job: Job, candidate: Candidate, table: Table) -> _Copies | None:
    """Make the copies with the first rows in them; None where the table has too few."""
    place = scratch(job.connection)
    columns = ", ".join(quoted(c) for c in table.columns(job.connection, generated=False))
    wanted = _FIRST + _BATCH * _BATCHES
    share = min(100.0, 200.0 * wanted / max(table.rows, 1.0))
    how = "TEMP " if place.temporary else ""
    job.ddl(
        f"CREATE {how}TABLE {place.table(_ROWS)} AS SELECT {columns} FROM {table.sql} "  # noqa: S608 - quoted
        f"TABLESAMPLE BERNOULLI ({share:.6f}) LIMIT {wanted}"
    )
    rows = int(job.scalar(f"select count(*) from {place.table(_ROWS)}"))  # noqa: S608 - quoted
    if rows < _LEAST * (_BATCHES + 1):
        return None
    for name in (_PLAIN, _INDEXED):
        job.ddl(
            f"CREATE {how}TABLE {place.table(name)} "
            f"(LIKE {table.sql} INCLUDING ALL EXCLUDING COMMENTS) {_FILL}"
        )
    for number, each in enumerate((candidate, *same_table(candidate))):
        job.ddl(define(each, schema=place.schema, table=_INDEXED).named(f"the_index_{number}"))
    copies = _Copies(place=place, columns=columns, rows=rows)
    for name in (_PLAIN, _INDEXED):
        job.ddl(_insert(copies, name, 0, rows - _batch(copies) * _BATCHES))
    return copies


def _batch(copies: _Copies) -> int:
    return min(_BATCH, copies.rows // (_BATCHES + 1))


def _insert(copies: _Copies, name: str, start: int, count: int) -> str:
    return (
        f"INSERT INTO {copies.name(name)} ({copies.columns}) OVERRIDING SYSTEM VALUE "  # noqa: S608 - quoted
        f"SELECT {copies.columns} FROM {copies.name(_ROWS)} OFFSET {start} LIMIT {count}"
    )


def _inserts(job: Job, copies: _Copies) -> tuple[float, float | None]:
    """Return the ms and WAL bytes that the index adds to 1,000 inserts; the median of three."""
    batch = _batch(copies)
    times: list[float] = []
    bytes_: list[float] = []
    for number in range(_BATCHES):
        start = copies.rows - batch * (_BATCHES - number)
        plain, indexed = (
            _measure(job, _insert(copies, name, start, batch)) for name in (_PLAIN, _INDEXED)
        )
        times.append(indexed[0] - plain[0])
        bytes_.append(indexed[1] - plain[1])
    scale = 1000.0 / batch
    wal = median(bytes_) * scale
    return max(median(times), 0.0) * scale, wal if wal > 0 else None


def _measure(job: Job, sql: str) -> tuple[float, float]:
    """Return ms and WAL bytes of one INSERT."""
    wal = "WAL, " if job.server.number >= _WITH_WAL else ""
    found: Any = job.connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, {wal}TIMING OFF, FORMAT JSON) {sql}",
        execution_options={"no_parameters": True},
    ).scalar_one()
    document = (json.loads(found) if isinstance(found, str) else found)[0]
    return float(document["Execution Time"]), float(document["Plan"].get("WAL Bytes", 0.0))


def _wal(
    job: Job, candidate: Candidate, table: Table, found: float | None
) -> tuple[float | None, Basis]:
    """Return the measured bytes, or the estimate of a b-tree's."""
    if found is not None:
        return found, "measured"
    definition = define(candidate)
    if definition.method != "btree":
        return None, "unknown"
    return btree_wal(key_facts(job, table, definition)), "estimated"


def _hot(job: Job, copies: _Copies, lost: Sequence[str]) -> tuple[float | None, float | None]:
    """Return the share of HOT updates of those columns, without and with the index."""
    shares = [
        [
            share
            for number, name in enumerate(lost)
            if (share := _update(job, copies, table, name, _UPDATED * number)) is not None
        ]
        for table in (_PLAIN, _INDEXED)
    ]
    before, after = (sum(found) / len(found) if found else None for found in shares)
    return before, after


def _update(job: Job, copies: _Copies, table: str, column: str, start: int) -> float | None:
    """Give some rows another row's value; None where the rules of the table forbid it.

    Each column has rows of its own: new versions fill the pages of the old ones.
    """
    from sqlalchemy.exc import DBAPIError

    name, values = quoted(column), {"table": copies.name(table)}
    first = tuple(job.row(_COUNTS, values))
    try:
        with job.connection.begin_nested():
            job.ddl(
                f"UPDATE {copies.name(table)} t SET {name} = (SELECT r.{name} "  # noqa: S608 - quoted
                f"FROM {copies.name(_ROWS)} r WHERE r.{name} IS DISTINCT FROM t.{name} LIMIT 1) "
                f"WHERE ctid = ANY (ARRAY(SELECT ctid FROM {copies.name(table)} "
                f"OFFSET {start} LIMIT {_UPDATED}))"
            )
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return None
    updated, hot = (int(b) - int(a) for a, b in zip(first, job.row(_COUNTS, values), strict=True))
    return hot / updated if updated else None
