"""Invalid indexes: what a CREATE or REINDEX CONCURRENTLY left that did not come to its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.probes.index_builds import NO_BUILDS, Builds
from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.drops import meaning
from perfkit.tasks.audit.one_line import lines
from perfkit.tasks.audit.restoring import drop_statement, qualified, restored
from perfkit.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.probes.catalog import Index

__all__ = ["invalid_indexes"]

#: What REINDEX CONCURRENTLY names the new index, and the old one after the swap.
_TRANSIENT = re.compile(r"_cc(?:new|old)\d*\Z")
_REFERENCE = "PostgreSQL documentation: CREATE INDEX, Building Indexes Concurrently"
_RUNNING = "SELECT pid, phase, index_relid::regclass FROM pg_stat_progress_create_index;"


def invalid_indexes(found: Sequence[Index], builds: Builds = NO_BUILDS) -> list[Advice]:
    """Return the leftovers: those with a valid twin to drop, the others to rebuild.

    A partitioned index is invalid until each partition has its own: nothing went wrong. Nor
    with one that somebody is building at this moment.
    """
    twins = {meaning(index): index for index in found if index.valid}
    return [
        _advice(index, twins.get(meaning(index)), builds)
        for index in found
        if not index.valid and not index.partitioned and index.oid not in builds.running
    ]


def _advice(index: Index, twin: Index | None, builds: Builds) -> Advice:
    transient = _TRANSIENT.search(index.name) is not None
    if twin is not None and not index.unique <= twin.unique:
        twin = None
    going = transient or twin is not None
    reason = f"it is invalid: {_what(transient, twin)}, yet every write goes into it"
    doubts = [*_doubts(index, going=going, twin=twin, builds=builds)]
    return Advice(
        action="drop" if going else "rebuild",
        kind="invalid-index",
        schema=index.schema,
        table=index.table,
        index=index.name,
        columns=index.columns,
        title=f"{index.name} on {index.table} ({format_bytes(index.size_bytes)}): {reason}",
        reason=reason,
        fix=_fix(index, going=going, twin=twin),
        do=drop_statement(index) if going else _rebuild(index),
        undo=restored(index) if going else "",
        test=_RUNNING,
        check="; ".join(doubts) or "nobody is building it now",
        proven=True,
        enough=not doubts,
        severity="warning",
        confidence="medium" if doubts else "high",
        size_bytes=index.size_bytes,
        reference=_REFERENCE,
        evidence=[{"index": index.name, "columns": index.columns, "size_bytes": index.size_bytes}],
    )


def _rebuild(index: Index) -> str:
    return "\n".join(lines(f"REINDEX INDEX CONCURRENTLY {qualified(index)};"))


def _what(transient: bool, twin: Index | None) -> str:  # noqa: FBT001 - of two words the first
    if twin is not None:
        return f"{twin.name} is the same and valid"
    return "what a REINDEX CONCURRENTLY left" if transient else "no query uses it"


def _doubts(index: Index, *, going: bool, twin: Index | None, builds: Builds) -> Iterator[str]:
    """Yield what may make the statement fail or do harm."""
    if builds.hidden:
        yield "nobody is building it now (what others build is hidden from this role)"
    if index.unique and not going:
        yield f"the table has no duplicates in ({index.columns}): they make the rebuild fail"
    if going and twin is None:
        yield f"the index on ({index.columns}) that it was to replace is there"


def _fix(index: Index, *, going: bool, twin: Index | None) -> str:
    if twin is not None:
        return f"Drop it: {twin.name} does its work."
    if going:
        return "Drop it if the index is there that it was to replace."
    duplicates = " Remove the duplicates first: they made it fail." if index.unique else ""
    return f"Build it again, or drop it if nobody needs it.{duplicates}"
