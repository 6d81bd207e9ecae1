"""The statements that drop an index that exists, and those that bring it back as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal, quoted, tokenise
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
    return "\n".join(lines(f"DROP INDEX {how}IF EXISTS {qualified(index)};"))


def restored(index: Index, every: Sequence[Index] = ()) -> str:
    """Return what builds it again, a statement a line; ``every`` index has those of partitions.

    With tablespace, comment, statistics targets, the extensions it depends on, the mark of
    CLUSTER, and, for an expression, statistics. A dropped index of a partitioned table takes
    with it those of the partitions, whose names are their own.
    """
    found = [line for statement in _builds(index, every) for line in lines(statement)]
    return "\n".join((*found, *_analyses(index)))


def _builds(index: Index, every: Sequence[Index]) -> Iterator[str]:
    created = _placed(index)
    if not index.partitioned:
        yield _CREATE.sub(lambda begin: f"{begin[0]}CONCURRENTLY ", created)
    else:
        yield created  # ON ONLY: the server prints it so
    yield from _marks(index)
    for part in every if index.partitioned else ():
        if part.part_of == (index.schema, index.name):
            yield from _builds(part, every)
            yield f"ALTER INDEX {qualified(index)} ATTACH PARTITION {qualified(part)};"


def _placed(index: Index) -> str:
    """Return the definition with its tablespace, which pg_get_indexdef leaves out."""
    if index.tablespace is None:
        return index.definition
    where = f" TABLESPACE {quoted(index.tablespace)}"
    text, depth = "", 0
    for token in tokenise(index.definition):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.kind == "word" and token.text == "WHERE":
            rest = index.definition[len(text) :]
            return f"{text.rstrip()}{where} {rest}"
        text += token.text
    return f"{text}{where}"


def _marks(index: Index) -> Iterator[str]:
    """Yield what is said of an index outside its definition."""
    name = qualified(index)
    for column, target in index.targets:
        yield f"ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS {target};"
    for extension in index.extensions:
        yield f"ALTER INDEX {name} DEPENDS ON EXTENSION {quoted(extension)};"
    if index.comment is not None:
        yield f"COMMENT ON INDEX {name} IS {literal(index.comment)};"
    if index.clustered:
        yield f"ALTER TABLE {_table(index)} CLUSTER ON {quoted(index.name)};"


def _analyses(index: Index) -> list[str]:
    """Return the statement that gives an expression its statistics back."""
    return lines(f"ANALYZE {_table(index)};") if index.computed else []


def _table(index: Index) -> str:
    return f"{quoted(index.schema)}.{quoted(index.table)}"
