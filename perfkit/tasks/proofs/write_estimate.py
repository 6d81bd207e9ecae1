"""What an index will add to writes, where nothing may be built to measure it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import Token, code, identifier
from perfkit.tasks.proofs.model import WriteCost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from perfkit.tasks.proofs.compared import Job
    from perfkit.tasks.proofs.definition import Definition
    from perfkit.tasks.proofs.model import Question
    from perfkit.tasks.proofs.size import KeyFacts
    from perfkit.tasks.proofs.tables import Table

__all__ = ["HotLoss", "btree_wal", "estimated", "hot_columns", "hot_loss", "updated_columns"]

#: One XLOG_BTREE_INSERT_LEAF record without its tuple: 24 bytes of XLogRecord, 20 of the
#: reference to the page, 2 + 2 of headers, the offset.
_RECORD_BYTES = 48.0
#: A split writes half a page; a page takes half a page of rows between two: every tuple is
#: written once more, with its line pointer.
_LINE_POINTER = 4.0
_HOT = """
select n_tup_upd, n_tup_hot_upd from pg_catalog.pg_stat_user_tables
where relid = cast(:oid as oid)
"""


@dataclass(frozen=True, kw_only=True)
class HotLoss:
    """Share of the table's updates that are HOT without and with the index."""

    before: float | None
    after: float | None


def estimated(
    job: Job,
    table: Table,
    definition: Definition,
    *,
    facts: KeyFacts,
    updates: Sequence[Question] = (),
) -> WriteCost:
    """Estimate the WAL of 1,000 inserts from the width of the keys, HOT from the counters."""
    lost = hot_columns(job, table, definition)
    hot = hot_loss(job, table, lost, updates)
    return WriteCost(
        wal_bytes_per_1000_inserts=btree_wal(facts),
        hot_share_before=hot.before,
        hot_share_after=hot.after,
        hot_columns=lost,
    )


def btree_wal(facts: KeyFacts) -> float:
    """Return the WAL bytes that 1,000 inserts into the table add for the index.

    Within a factor of 2 of what was measured on ten different b-trees. Images of full pages,
    which the first change of a page after a checkpoint writes, are not counted: the server's
    share of them so far is that of its bulk loads and index builds as well.
    """
    row = _RECORD_BYTES + facts.tuple_bytes + facts.tuple_bytes + _LINE_POINTER
    return 1000.0 * facts.part * row


def hot_columns(job: Job, table: Table, definition: Definition) -> tuple[str, ...]:
    """Return the columns of the index, its predicate too, that no other index has.

    An update that changes one of them touches an index from then on: it stops being HOT.
    """
    if definition.method == "brin" and job.server.number >= 160000:  # noqa: PLR2004 - summarising
        return ()
    named = definition.columns(table.columns(job.connection))
    already = table.indexed(job.connection, number=job.server.number)
    return tuple(name for name in named if name not in already)


def hot_loss(job: Job, table: Table, lost: Sequence[str], updates: Iterable[Question]) -> HotLoss:
    """Return the table's share of HOT updates, and what is left of it.

    Which columns are updated is read off the UPDATE statements of the workload; without any
    it is unknown, unless the index has no column of its own.
    """
    from sqlalchemy import text

    row = job.connection.execute(text(_HOT), {"oid": table.oid}).one_or_none()
    before = row[1] / row[0] if row and row[0] else None
    if before is None or not lost:
        return HotLoss(before=before, after=before)
    weighed = [
        (update.calls or 1, bool(set(columns) & set(lost)))
        for update in updates
        if (columns := updated_columns(update.statement, table.name))
    ]
    calls = sum(count for count, _ in weighed)
    if not calls:
        return HotLoss(before=before, after=None)
    touched = sum(count for count, hit in weighed if hit) / calls
    return HotLoss(before=before, after=before * (1.0 - touched))


def updated_columns(sql: str, table: str) -> tuple[str, ...]:
    """Return the columns that ``UPDATE table SET a = ..., (b, c) = ...`` changes.

    Example:
        >>> updated_columns("update shop.orders o set status = $1, (a, b) = (1, 2)", "orders")
        ('status', 'a', 'b')
    """
    tokens = code(sql)
    names = [identifier(token) for token in tokens]
    if names[:1] != ["update"] or table not in names or "set" not in names:
        return ()
    start = names.index("set")
    return tuple(_assigned(tokens[start + 1 :])) if table in names[:start] else ()


def _assigned(tokens: Sequence[Token]) -> Iterator[str]:
    depth, at_target = 0, True
    for token in tokens:
        name = identifier(token)
        if depth == 0 and token.kind == "word" and name in {"where", "from", "returning"}:
            return
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "=" and depth == 0:
            at_target = False
        elif token.text == "," and depth == 0:
            at_target = True
        elif at_target and name is not None:
            yield name
