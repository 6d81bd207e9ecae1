"""Proof by a hypothetical index: HypoPG shows the planner an index that does not exist.

Only plans are compared: nothing is built, written or locked, and the index is known to this
session alone. The transaction may be READ ONLY, the server a standby.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused
from perfkit.plans.postgres_sql import quoted
from perfkit.tasks.proofs.asked import planned
from perfkit.tasks.proofs.compared import Compared, names_indexes
from perfkit.tasks.proofs.definition import define, define_all, same_table
from perfkit.tasks.proofs.size import btree_bytes, key_facts
from perfkit.tasks.proofs.tables import named_table
from perfkit.tasks.proofs.write_estimate import estimated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.proofs.compared import Job
    from perfkit.tasks.proofs.definition import Definition
    from perfkit.tasks.proofs.model import Question, WriteCost

__all__ = ["extension", "forget", "hypothetical", "schema_of_hypopg"]

_INSTALLED = """
select n.nspname, e.extversion,
       (select count(*) > 0 from pg_catalog.pg_available_extensions where name = 'hypopg')
from (values (1)) one
left join pg_catalog.pg_extension e on e.extname = 'hypopg'
left join pg_catalog.pg_namespace n on n.oid = e.extnamespace
"""
#: HypoPG counts a full tuple per row and is said by its author to err on the large side.
_TOO_LARGE = 2


def extension(connection: Connection) -> tuple[str | None, str | None, bool]:
    """Return HypoPG's schema and version (None: not installed here), and whether it could be."""
    row = connection.exec_driver_sql(_INSTALLED).one()
    return row[0], row[1], bool(row[2])


def schema_of_hypopg(connection: Connection) -> str:
    """Return the schema of HypoPG's functions, as SQL.

    Raises:
        TargetRefused: the extension is not installed in this database.
    """
    schema, _, available = extension(connection)
    if schema is None:
        how = "CREATE EXTENSION hypopg makes it so" if available else "the server does not have it"
        raise TargetRefused(f"proof: HypoPG is not installed in this database: {how}")
    return quoted(schema).replace(":", "\\:")  # a colon would begin a parameter


def hypothetical(job: Job, candidate: Candidate, updates: Sequence[Question]) -> Compared:
    """Compare the plans without and with a hypothetical index.

    Raises:
        TargetRefused: HypoPG is not installed.
        QueryFailed, DBAPIError: it does not support such an index (GIN, GiST), or failed.
    """
    schema = schema_of_hypopg(job.connection)
    definitions = define_all(candidate)
    job.scalar("select set_config('hypopg.enabled', 'on', true)")
    with ExitStack() as stack:
        made = [stack.enter_context(_index(job, schema, each)) for each in definitions]
        stack.enter_context(job.connection.begin_nested())
        after = planned(job.connection, job.server, job.asked)
        sizes = [_size(job, schema, oid) for oid, _ in made]
    size_bytes, cost = _estimates(job, candidate, updates, sizes)
    return Compared(
        before=job.asked.plan,
        after=after,
        used=names_indexes(after, [[name] for _, name in made]),
        size_bytes=size_bytes,
        size_basis="estimated",
        write_cost=cost,
    )


def _size(job: Job, schema: str, oid: int) -> int:
    return int(job.scalar(f"select {schema}.hypopg_relation_size(:oid)", {"oid": oid}))


def _estimates(
    job: Job, candidate: Candidate, updates: Sequence[Question], sizes: Sequence[int]
) -> tuple[int, WriteCost | None]:
    """Return the bytes in all and what ``candidate`` adds to writes; ``sizes`` are HypoPG's."""
    own, cost = _estimate(job, candidate, updates, sizes[0])
    together = zip(candidate.companions, sizes[1:], strict=True)
    others = sum(_estimate(job, one, updates, size)[0] for one, size in together)
    return own + others, cost if not same_table(candidate) else None


def _estimate(
    job: Job, candidate: Candidate, updates: Sequence[Question], size: int
) -> tuple[int, WriteCost | None]:
    definition = define(candidate)
    if definition.method != "btree":
        return size // _TOO_LARGE, None
    table = named_table(job.connection, candidate)
    facts = key_facts(job, table, definition)
    cost = estimated(job, table, definition, facts=facts, updates=updates)
    bytes_ = btree_bytes(facts, parts=table.parts)
    return bytes_ if table.parts > 1 else min(bytes_, size), cost  # HypoPG counts no partitions


@contextmanager
def _index(job: Job, schema: str, definition: Definition) -> Iterator[tuple[int, str]]:
    """Create the hypothetical index and drop it: a rollback would leave it in the session."""
    from sqlalchemy import text

    create = text(f"select indexrelid, indexname from {schema}.hypopg_create_index(:sql)")  # noqa: S608 - quoted
    with job.connection.begin_nested():
        oid, name = job.connection.execute(create, {"sql": definition.unnamed}).one()
    try:
        yield int(oid), str(name)
    finally:
        forget(job.connection, f"{schema}.hypopg_drop_index({oid})")


def forget(connection: Connection, call: str) -> None:
    """Make HypoPG forget something; where that fails the session ends, and it with it.

    A driver that was interrupted has lost its session already.
    """
    from sqlalchemy import text

    done = False
    try:
        done = connection.invalidated or bool(connection.execute(text(f"select {call}")).scalar())
    finally:
        if not done:
            connection.invalidate()
