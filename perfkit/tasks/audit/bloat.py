"""B-trees that are mostly air: a rebuild frees the space, and scans read fewer pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.plans.postgres_sql import literal
from perfkit.probes.failures import sqlstate
from perfkit.probes.index_bloat import Density, Packing, density_function, leaf_density, packings
from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.one_line import lines
from perfkit.units import format_bytes, format_count, format_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from perfkit.probes.server import Server

__all__ = ["AIR", "LEAST_BYTES", "MOST_BYTES", "bloated"]

#: PgHero's bar for indexes worth a rebuild; b-trees settle near 70 % full by themselves.
AIR, LEAST_BYTES = 0.50, 100 << 20
#: pgstatindex reads the index from end to end: larger ones are left to the user.
MOST_BYTES = 2 << 30
_GIVES_UP = {"57014", "55P03"}  # query_canceled, lock_not_available
_TOO_SLOW = (
    "pgstatindex did not come to its end in the time of a statement: other indexes were not "
    "measured (timeout_s=600 allows it ten minutes)."
)
_REFERENCE = "PostgreSQL documentation: 24.2 Routine Reindexing"


def bloated(
    connection: Connection, server: Server, *, least_bytes: int = LEAST_BYTES
) -> tuple[list[Advice], list[str]]:
    """Return indexes to rebuild, and sentences about those that nothing here can judge."""
    found = packings(connection, server, least_bytes=least_bytes)
    function = density_function(connection)
    advices, unjudged = [], []
    slow = False  # one that took too long is enough: the others wait for the same disks
    for packing in found:
        suspected = packing.air is None or packing.air >= AIR
        measured = None
        if suspected and function and packing.size_bytes <= MOST_BYTES and not slow:
            measured = _measured(connection, function, packing)
            slow = measured is None
        air = measured.air(packing.fillfactor) if measured else packing.air
        if air is None:
            unjudged.append(packing)
        elif air >= AIR:
            advices.append(_advice(packing, measured, air))
    notes = [_TOO_SLOW] if slow else []
    return advices, [*notes, *_blind_spots(unjudged, function)]


def _measured(connection: Connection, function: str, packing: Packing) -> Density | None:
    """Read the index; None if that takes longer than a statement may, or it is locked."""
    from sqlalchemy.exc import DBAPIError

    try:
        with connection.begin_nested():
            return leaf_density(connection, function, packing)
    except DBAPIError as error:
        if "timeout" not in str(error.orig) or sqlstate(error) not in _GIVES_UP:
            raise
        return None


def _advice(packing: Packing, measured: Density | None, air: float) -> Advice:
    freed = round(packing.size_bytes * air)
    how = "measured by pgstatindex" if measured else "estimated from statistics, not measured"
    reason = (
        f"{format_share(air)} of its {format_bytes(packing.size_bytes)} is air ({how}): a rebuild "
        f"frees about {format_bytes(freed)}"
    )
    return Advice(
        action="rebuild",
        kind="bloated-index",
        schema=packing.schema,
        table=packing.table,
        index=packing.name,
        title=f"{packing.name} on {packing.table}: {reason}",
        reason=reason,
        fix="Rebuild it beside the old one: writes go on, twice the space is needed meanwhile. "
        "Run it outside a transaction; if it fails it leaves an invalid index named _ccnew.",
        do="\n".join(lines(f"REINDEX INDEX CONCURRENTLY {packing.qualified};")),
        test="CREATE EXTENSION IF NOT EXISTS pgstattuple;\n"
        f"SELECT avg_leaf_density FROM pgstatindex({literal(packing.qualified)});",
        proven=measured is not None,
        enough=measured is not None,
        check="the size is estimated: ask pgstatindex first",
        severity="info",
        confidence="high" if measured else "low",
        size_bytes=packing.size_bytes,
        reference=_REFERENCE,
        evidence=[
            {
                "index": packing.name,
                "size_bytes": packing.size_bytes,
                "packed_bytes": packing.packed_bytes,
                "leaf_density": measured.leaf_share if measured else None,
                "empty_pages": measured.empty_pages if measured else None,
            }
        ],
    )


def _blind_spots(unjudged: Sequence[Packing], function: str | None) -> list[str]:
    if not unjudged:
        return []
    names = ", ".join(packing.name for packing in unjudged[:3])
    names += " and others" if len(unjudged) > 3 else ""  # noqa: PLR2004 - three names will do
    hint = (
        f"they are larger than {format_bytes(MOST_BYTES)}, which pgstatindex would read whole"
        if function
        else "CREATE EXTENSION pgstattuple and GRANT pg_stat_scan_tables let the audit measure"
    )
    said = (
        f"How full {format_count(len(unjudged))} large index(es) are cannot be estimated "
        f"({names}: statistics are missing, or equal keys are stored once): {hint}."
    )
    return [said]
