"""Invalid indexes: what a CREATE or REINDEX CONCURRENTLY left that did not come to its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import quoted
from perfkit.tasks.audit.advice import Advice
from perfkit.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfkit.probes.catalog import Index

__all__ = ["invalid_indexes"]

#: What REINDEX CONCURRENTLY names the new index, and the old one after the swap.
_TRANSIENT = re.compile(r"_cc(?:new|old)\d*\Z")
_REFERENCE = "PostgreSQL documentation: CREATE INDEX, Building Indexes Concurrently"
_RUNNING = "SELECT pid, phase, index_relid::regclass FROM pg_stat_progress_create_index;"


def invalid_indexes(found: Iterable[Index]) -> list[Advice]:
    """Return the leftovers: transient ones to drop, others to rebuild.

    A partitioned index is invalid until each partition has its own: nothing went wrong.
    """
    return [_advice(index) for index in found if not index.valid and not index.partitioned]


def _advice(index: Index) -> Advice:
    name = f"{quoted(index.schema)}.{quoted(index.name)}"
    leftover = _TRANSIENT.search(index.name) is not None
    what = "what a REINDEX CONCURRENTLY left" if leftover else "no query uses it"
    reason = f"it is invalid: {what}, yet every write goes into it"
    do = f"DROP INDEX CONCURRENTLY {name};" if leftover else f"REINDEX INDEX CONCURRENTLY {name};"
    return Advice(
        action="drop" if leftover else "rebuild",
        kind="invalid-index",
        schema=index.schema,
        table=index.table,
        index=index.name,
        columns=index.columns,
        title=f"{index.name} on {index.table} ({format_bytes(index.size_bytes)}): {reason}",
        reason=reason,
        fix="First make sure that nobody is building it at this moment. "
        + (
            "Then drop it: the index it was to replace is still there."
            if leftover
            else "Then build it again, or drop it if a valid twin exists; a unique index that "
            "failed for duplicates needs those removed first."
        ),
        do=do,
        undo=f"{' '.join(index.definition.split())};" if leftover else "",
        test=_RUNNING,
        check="nobody is building it now",
        proven=True,
        severity="warning",
        confidence="high",
        size_bytes=index.size_bytes,
        reference=_REFERENCE,
        evidence=[{"index": index.name, "columns": index.columns, "size_bytes": index.size_bytes}],
    )
