"""The statements that drop an index that exists, and those that bring it back as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import quoted
from perfkit.tasks.audit.one_line import lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.probes.catalog import Index

__all__ = ["drop_statement", "qualified", "restored"]

_CREATE = re.compile(r"\ACREATE (?:UNIQUE )?INDEX ")


def qualified(index: Index) -> str:
    """Return schema and name, quoted where they must be."""
    return f"{quoted(index.schema)}.{quoted(index.name)}"


def drop_statement(index: Index) -> str:
    """Return the statement; that of a partitioned table cannot be dropped concurrently."""
    how = "" if index.partitioned else "CONCURRENTLY "
    return "\n".join(lines(f"DROP INDEX {how}{qualified(index)};"))


def restored(index: Index, every: Sequence[Index] = ()) -> str:
    """Return what builds it again, a statement a line; ``every`` index has those of partitions.

    A dropped index of a partitioned table takes with it those of the partitions, whose names
    are their own.
    """
    statements = [*_builds(index, every)]
    if index.clustered:
        table = f"{quoted(index.schema)}.{quoted(index.table)}"
        statements.append(f"ALTER TABLE {table} CLUSTER ON {quoted(index.name)};")
    return "\n".join(line for statement in statements for line in lines(statement))


def _builds(index: Index, every: Sequence[Index]) -> Iterator[str]:
    if not index.partitioned:
        yield _CREATE.sub(lambda begin: f"{begin[0]}CONCURRENTLY ", index.definition)
        return
    yield index.definition  # ON ONLY: the server prints it so
    for part in every:
        if part.part_of == (index.schema, index.name):
            yield from _builds(part, every)
            yield f"ALTER INDEX {qualified(index)} ATTACH PARTITION {qualified(part)};"
