"""The SQL that builds an index without blocking writes, with what has to be known about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.plans.candidates.index import Candidate
    from perfkit.plans.facts import Partition

__all__ = ["script", "statement", "statements", "undo"]

_LOCK_TIMEOUT = "SET lock_timeout = '5s';"
_HEAD = (
    "-- Not inside a transaction, one statement at a time. The build reads the table twice and",
    "-- waits for older transactions; pg_stat_progress_create_index shows how far it is.",
)


def statement(candidate: Candidate) -> str:
    """Return one CREATE INDEX without CONCURRENTLY: to try it and roll back."""
    unique = "UNIQUE " if candidate.unique else ""
    name, table = quoted(candidate.name), candidate.qualified_table
    return f"CREATE {unique}INDEX {name} ON {table} {candidate.body};"


def script(candidate: Candidate) -> str:
    """Return the statements for a table in use, commented."""
    return "\n".join(
        (
            *_HEAD,
            *_own(candidate),
            "-- If it failed, an INVALID index of this name is left, which IF NOT EXISTS would",
            "-- skip: drop it and begin again. This has to return true:",
            f"-- {_check(candidate)}",
            *_afterwards(candidate),
        )
    )


def statements(candidate: Candidate) -> tuple[str, ...]:
    """Return the statements that build it, to be sent one by one outside a transaction.

    Those of the indexes without which it is of no use are among them.
    """
    together = (candidate, *candidate.companions)
    return tuple(dict.fromkeys(line for one in together for line in _own(one)))


def undo(candidate: Candidate) -> str:
    """Return what takes it back; an index that was dropped for it is built again first."""
    together = (candidate, *candidate.companions)
    return "\n".join(dict.fromkeys(_undone(one) for one in together))


def _own(candidate: Candidate) -> tuple[str, ...]:
    extension = f"CREATE EXTENSION IF NOT EXISTS {quoted(candidate.extension)};"
    first = (extension, _LOCK_TIMEOUT) if candidate.extension else (_LOCK_TIMEOUT,)
    return (*first, *_builds(candidate))


def _undone(candidate: Candidate) -> str:
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {candidate.qualified_name};"
    if candidate.partitions:  # an index with parts cannot be dropped concurrently
        drop = f"DROP INDEX IF EXISTS {candidate.qualified_name};"
    again = _again(candidate)
    return f"{again}\n{drop}" if again else drop


def _builds(candidate: Candidate) -> Iterator[str]:
    unique = "UNIQUE " if candidate.unique else ""
    if not candidate.partitions:
        yield (
            f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {quoted(candidate.name)} "
            f"ON {candidate.qualified_table} {candidate.body};"
        )
        return
    yield (
        f"CREATE {unique}INDEX IF NOT EXISTS {quoted(candidate.name)} "
        f"ON ONLY {candidate.qualified_table} {candidate.body};"
    )
    yield from _parts(candidate, candidate.qualified_name, candidate.partitions)


def _parts(candidate: Candidate, parent: str, parts: Sequence[Partition]) -> Iterator[str]:
    """Yield the index of each partition, and how it becomes a part of its parent's index."""
    unique = "UNIQUE " if candidate.unique else ""
    for part in parts:
        name = candidate.name_on(part.name)
        table = f"{quoted(part.schema)}.{quoted(part.name)}"
        only, how = ("ONLY ", "") if part.parts else ("", "CONCURRENTLY ")
        yield (
            f"CREATE {unique}INDEX {how}IF NOT EXISTS {quoted(name)} ON {only}{table} "
            f"{candidate.body};"
        )
        own = f"{quoted(part.schema)}.{quoted(name)}"
        yield from _parts(candidate, own, part.parts)
        yield f"ALTER INDEX {parent} ATTACH PARTITION {own};"


def _check(candidate: Candidate) -> str:
    name = candidate.qualified_name.replace("'", "''")
    # A line break in a name would end the comment.
    shown = name.replace("\r", " ").replace("\n", " ")
    return f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{shown}'::regclass;"  # noqa: S608 - a comment to paste


def _afterwards(candidate: Candidate) -> Iterator[str]:
    if candidate.replaces is not None:
        yield "-- Then the old index is a prefix of the new one:"
        yield f"DROP INDEX CONCURRENTLY IF EXISTS {candidate.qualified(candidate.replaces.name)};"


def _again(candidate: Candidate) -> str:
    """Return the definition of the replaced index, rebuilt from its tokens."""
    if candidate.replaces is None or not candidate.replaces.definition:
        return ""
    from perfkit.errors import UsageError
    from perfkit.plans.candidates.ddl import parse

    try:
        old = parse(candidate.replaces.definition)
    except UsageError:
        return ""
    return "\n".join(_builds(old))
