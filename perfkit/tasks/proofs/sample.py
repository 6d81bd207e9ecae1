"""Proof on a sample copy: whole keys of the tables, in a scratch schema that is rolled back.

Keys are kept whole, so that the rows per key, and with them the pages an index scan touches,
stay as they are; rows picked at random would leave each key thinner. Which keys: those whose
hash is small, the same in every table that is joined by them, and the example's own. Rows are
read and copied: what is personal in them leaves its table for a moment, within the server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused, UsageError
from perfkit.plans.postgres_sql import identifier, quoted
from perfkit.probes.statement import Statement
from perfkit.tasks.proofs.asked import planned
from perfkit.tasks.proofs.built import build, check_functions, create_extension
from perfkit.tasks.proofs.compared import Compared, names_indexes
from perfkit.tasks.proofs.definition import define, define_all
from perfkit.tasks.proofs.sample_keys import Column, fixed_values, joined_columns, key_column
from perfkit.tasks.proofs.scratch import scratch
from perfkit.tasks.proofs.tables import named_table, tables_of
from perfkit.tasks.proofs.write_cost import measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.proofs.compared import Job
    from perfkit.tasks.proofs.definition import Definition
    from perfkit.tasks.proofs.model import Question
    from perfkit.tasks.proofs.scratch import Scratch
    from perfkit.tasks.proofs.tables import Table

__all__ = ["SAMPLE_BYTES", "SAMPLE_ROWS", "sampled", "share_of"]

#: So much of each table is copied at most: enough for an index to pay, done in a second.
SAMPLE_ROWS, SAMPLE_BYTES = 200_000, 128 * 2**20
#: One key may hold this many times the rows of the whole sample before it is refused.
_SKEW = 4
_OWN_KEYS = 100
_HASHES = 1_000_000
_LIKE = "INCLUDING INDEXES INCLUDING STORAGE INCLUDING STATISTICS INCLUDING CONSTRAINTS"
_SETTINGS = """
select set_config('search_path',
    concat_ws(', ', cast(:schema as text), nullif(current_setting('search_path'), '')), true)
"""


@dataclass(frozen=True, kw_only=True)
class _Keys:
    """Which rows are copied: by column and table, the share of hashes, the example's own."""

    columns: Mapping[tuple[str, str], str]
    share: float
    own: Sequence[str]


def share_of(table: Table) -> float:
    """Return the share of a table that a sample of it may hold: 1 for all of a small one."""
    by_rows = SAMPLE_ROWS / table.rows if table.rows else 1.0
    by_size = SAMPLE_BYTES / table.size_bytes if table.size_bytes else 1.0
    return min(by_rows, by_size, 1.0)


def sampled(job: Job, candidate: Candidate, updates: Sequence[Question]) -> Compared:
    """Copy, analyse, execute without and with the index; the caller rolls back.

    Raises:
        TargetRefused: no right to make tables; no key to sample by; other tables too large.
        UsageError: the statement does not read its tables by their names.
    """
    check_functions(job, define_all(candidate))
    table = named_table(job.connection, candidate)
    tables = tables_of(job.connection, job.asked.plan)
    keys = _keys(job, define(candidate), table, tables)
    place = scratch(job.connection)
    copied = {each.oid: _copy(job, place, each, keys) for each in tables}
    redirected = _redirected(job, place, tables)
    before = redirected.plan()
    create_extension(job, candidate)
    wanted = define_all(candidate, schema=place.schema)
    names, size = build(redirected, wanted)
    after = redirected.plan()
    used = names_indexes(after, names)
    share = min(copied[table.oid] / table.rows, 1.0) if table.rows else 1.0
    return Compared(
        before=before,
        after=after,
        used=used,
        size_bytes=round(size / share) if share else size,
        size_basis=f"estimated from a {_said(share)}",
        write_cost=measured(job, candidate, updates) if used else None,
        share=share,
        notes=_notes(place, share),
    )


def _keys(job: Job, definition: Definition, table: Table, tables: Sequence[Table]) -> _Keys:
    share = share_of(table)
    plan = job.asked.plan
    columns = definition.columns(table.columns(job.connection))
    name = key_column(job.connection, plan, table, columns)
    if all(share_of(each) >= 1.0 for each in tables):
        return _Keys(columns={}, share=1.0, own=())
    if name is None:
        raise TargetRefused(
            f"proof: {table.name} is too large to copy, and no column of the index is compared "
            "with one value: there are no keys to keep whole"
        )
    joined = joined_columns(plan, Column(table.schema, table.name, name))
    by_table = {(column.schema, column.table): column.name for column in joined}
    for each in tables:
        if share_of(each) < 1.0 and (each.schema, each.name) not in by_table:
            raise TargetRefused(
                f"proof: {each.name} is too large to copy and is not joined by {name}"
            )
    own = _own_keys(job, by_table)
    return _Keys(columns=by_table, share=min(share, *map(share_of, tables)), own=own)


def _own_keys(job: Job, by_table: Mapping[tuple[str, str], str]) -> list[str]:
    """Return the keys of the rows that the example itself asks for.

    Values are bound without a type of their own: the server types them by context.
    """
    from sqlalchemy import bindparam, text
    from sqlalchemy.types import NullType

    fixed = fixed_values(job.asked.plan)
    found: list[str] = []
    for (schema, table), name in by_table.items():
        mine = [f for f in fixed if (f.column.schema, f.column.table) == (schema, table)]
        if not mine:
            continue
        where = " AND ".join(
            f"{_bound(quoted(each.column.name))} = :v{at}" for at, each in enumerate(mine)
        )
        sql = (
            f"SELECT DISTINCT {_bound(quoted(name))}::text "  # noqa: S608 - quoted
            f"FROM {_bound(quoted(schema))}.{_bound(quoted(table))} WHERE {where} "
            f"LIMIT {_OWN_KEYS}"
        )
        bound = [bindparam(f"v{at}", f.value, type_=NullType()) for at, f in enumerate(mine)]
        found += job.connection.execute(text(sql).bindparams(*bound)).scalars()
    return [key for key in found if key is not None]


def _copy(job: Job, place: Scratch, table: Table, keys: _Keys) -> int:
    """Copy the rows of the keys into the scratch schema and return how many they are."""
    from sqlalchemy import text

    name = place.table(table.name)
    kind = "TEMP" if place.temporary else "UNLOGGED"
    job.ddl(f"CREATE {kind} TABLE {name} (LIKE {table.sql} {_LIKE})")
    column = keys.columns.get((table.schema, table.name))
    source = f"INSERT INTO {_bound(name)} SELECT * FROM {_bound(table.sql)}"  # noqa: S608 - quoted
    most = round(SAMPLE_ROWS * _SKEW)
    values: dict[str, object] = {"most": most + 1}
    if column is not None and keys.share < 1.0:
        key = f"{_bound(quoted(column))}::text"
        source += (
            f" WHERE abs(pg_catalog.hashtext({key})::bigint) % {_HASHES} < :limit"
            f" OR {key} = any(:own)"
        )
        values |= {"limit": round(keys.share * _HASHES), "own": list(keys.own)}
    copied = job.connection.execute(text(f"{source} LIMIT :most"), values).rowcount
    if copied > most:
        raise TargetRefused(f"proof: one key of {table.name} holds too many rows to copy")
    job.ddl(f"ANALYZE {name}")
    return int(copied)


def _redirected(job: Job, place: Scratch, tables: Sequence[Table]) -> Job:
    """Return the same job for the copies.

    Raises:
        UsageError: the plan still reads one of the originals, through a view for example.
    """
    names = {table.name for table in tables}
    if len(names) < len(tables):
        raise UsageError("proof: two tables of the statement have one name")
    job.scalar(_SETTINGS, {"schema": place.schema})
    statement = _renamed(job.asked.statement, tables, place.schema)
    asked = replace(job.asked, statement=statement)
    plan = planned(job.connection, job.server, asked)
    originals = {(table.schema, table.name) for table in tables}
    if any((node.text("Schema"), node.relation) in originals for node in plan.tree):
        raise UsageError("proof: the statement reads a table through a view or a function")
    return replace(job, asked=replace(asked, plan=plan))


def _renamed(statement: Statement, tables: Sequence[Table], schema: str) -> Statement:
    """Put the scratch schema in front of tables that are named with their own."""
    places = {(table.schema, table.name) for table in tables}
    tokens = list(statement.tokens)
    useful = [at for at, t in enumerate(tokens) if t.kind not in {"blank", "comment"}]
    for first, dot, last in zip(useful, useful[1:], useful[2:], strict=False):
        pair = (identifier(tokens[first]), identifier(tokens[last]))
        if tokens[dot].text == "." and pair in places:
            tokens[first] = tokens[first]._replace(text=schema)
    return Statement("".join(token.text for token in tokens))


def _notes(place: Scratch, share: float) -> tuple[str, ...]:
    notes = [f"Blocks and plans are those of a {_said(share)}: compare them with each other."]
    if place.temporary:
        notes.append("Temporary tables have no parallel plans.")
    return tuple(notes)


def _said(share: float) -> str:
    return f"sample of {100 * share:.1f} %" if share < 1.0 else "copy of the whole table"


def _bound(sql: str) -> str:
    """Keep colons in names from beginning a parameter."""
    return sql.replace(":", "\\:")
