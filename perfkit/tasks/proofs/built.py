"""Proof by the index itself, built in a transaction that is rolled back.

CREATE INDEX keeps others from writing to the table until the rollback and does all the work of
a real build: only for servers whose data and time are worth nothing, such as the lab. What no
rollback takes back: the row count in pg_class, which CREATE INDEX brings up to date in place.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from perfkit.errors import QueryFailed, TargetRefused
from perfkit.plans.postgres_sql import quoted
from perfkit.probes.effects import effects
from perfkit.tasks.proofs.compared import Compared, names_indexes
from perfkit.tasks.proofs.definition import define_all
from perfkit.tasks.proofs.scratch import unique_name
from perfkit.tasks.proofs.write_cost import measured

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.proofs.compared import Job
    from perfkit.tasks.proofs.definition import Definition
    from perfkit.tasks.proofs.model import Question

__all__ = ["HiddenIndex", "build", "built", "check_functions", "create_extension", "undone"]

#: Others queue behind a waiting lock: nobody waits longer than this. An autovacuum gives way
#: after deadlock_timeout, one second unless configured.
_LOCK_TIMEOUT = "2s"
_INDEX = """
with made as (
    select oid from pg_catalog.pg_class where relname = :name and relkind in ('i', 'I')
), parts as (
    select oid as relid from made
    union select relid from made, lateral pg_catalog.pg_partition_tree(made.oid))
select array_agg(c.relname::text), sum(pg_catalog.pg_relation_size(c.oid))::bigint,
       bool_or(i.indcheckxmin)
from parts p join pg_catalog.pg_class c on c.oid = p.relid
join pg_catalog.pg_index i on i.indexrelid = c.oid
"""


class HiddenIndex(QueryFailed):
    """The planner may not use the new index yet: rows changed while older snapshots look."""


def built(job: Job, candidate: Candidate, updates: Sequence[Question]) -> Compared:
    """Execute the statement, build the index, execute it again; the caller rolls back.

    Raises:
        HiddenIndex: a new transaction may do better.
        TargetRefused: the index calls a function with effects.
    """
    definitions = define_all(candidate)
    check_functions(job, definitions)
    job.scalar("select set_config('lock_timeout', :time, true)", {"time": _LOCK_TIMEOUT})
    before = job.plan()
    create_extension(job, candidate)
    with undone(job.connection):
        names, size = build(job, definitions)
        after = job.plan()
    used = names_indexes(after, names)
    return Compared(
        before=before,
        after=after,
        used=used,
        size_bytes=size,
        size_basis="measured",
        write_cost=measured(job, candidate, updates) if used else None,
    )


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """Roll back to here: what is done in the block is gone behind it."""
    point = connection.begin_nested()
    try:
        yield
    finally:
        if point.is_active:
            point.rollback()


def build(job: Job, definitions: Iterable[Definition]) -> tuple[list[list[str]], int]:
    """Build the indexes and return the names of each (of partitions too) and bytes in all."""
    names: list[list[str]] = []
    size = 0
    for definition in definitions:
        name = unique_name()
        job.ddl(definition.named(name))
        found, bytes_, hidden = job.row(_INDEX, {"name": name})
        if hidden:
            raise HiddenIndex("proof: rows changed too recently for a new index to be used")
        names.append(found)
        size += int(bytes_)
    return names, size


def create_extension(job: Job, candidate: Candidate) -> None:
    """Create what the index needs (pg_trgm for example), until the rollback."""
    for one in (candidate, *candidate.companions):
        if one.extension:
            job.ddl(f"CREATE EXTENSION IF NOT EXISTS {quoted(one.extension)}")


def check_functions(job: Job, definitions: Iterable[Definition]) -> None:
    """Raise TargetRefused if building the indexes would run a function with effects."""
    for definition in definitions:
        found = effects(job.connection, definition.mentions)
        if found:
            raise TargetRefused(f"proof: {found[0].name}() may have effects: {found[0].reason}")
