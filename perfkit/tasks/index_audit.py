"""Which indexes are missing, and which ones could go?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.errors import TargetRefused
from perfkit.probes import catalog
from perfkit.probes.server import identify
from perfkit.probes.session import as_engine, rolled_back
from perfkit.probes.slow_statements import LEAST_CALLS, LEAST_MS, workload
from perfkit.results import Result
from perfkit.tasks import audit_report
from perfkit.tasks.index_creates import Catalogue, proposals
from perfkit.tasks.audit.drops import drops
from perfkit.tasks.index_proof import prove as prove_one
from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from perfkit.probes.server import Server
    from perfkit.tasks.audit_report import Survey

__all__ = ["index_audit"]

_WHERE = "index_audit"


def index_audit(
    engine: Engine | str,
    *,
    prove: bool = False,
    expendable: bool = False,
    limit: int = 20,
    timeout_s: float = 60.0,
) -> Result:
    """Audit the indexes of a PostgreSQL database: duplicate, redundant, unused, missing.

    It only reads the catalogue, the statistics and pg_stat_statements, in a READ ONLY
    transaction; an ordinary role will do. With ``prove`` every missing index is built in a
    transaction, measured with an example and rolled back: on the lab, or on a server that you
    call ``expendable``, because building blocks writers and takes the time of a real build.

    Args:
        engine: a SQLAlchemy engine or a URL.
        prove: build the proposed indexes and measure what they save.
        expendable: this server's data and time are worth nothing: ``prove`` may build there.
        limit: so many slow statements are looked at, those with most time in all first.
        timeout_s: after this many seconds the server cancels a statement.

    Returns:
        One row per index with action (create, drop), schema, table, index, columns, proven,
        saves_ms (per execution), calls, size_bytes, reason and confidence.

    Raises:
        TargetRefused: ``prove`` on a server that is neither the lab nor called expendable.
        UsageError: another database than PostgreSQL.
        NotConnected: the server cannot be reached or went away.
        QueryFailed: it refused, cancelled or timed out a statement.

    Example:
        >>> index_audit("postgresql://localhost/shop").table  # doctest: +SKIP
    """
    with as_engine(_WHERE, engine) as ready:
        with rolled_back(_WHERE, ready, timeout_s=timeout_s) as connection:
            server = identify(connection)
            if prove and not (server.lab or expendable):
                raise _not_here(server)
            survey = _survey(connection, server, limit=limit)
        if prove:
            survey = _proven(ready, survey, timeout_s=timeout_s)
    return _result(server, survey, limit=limit)


def _survey(connection: Any, server: Server, *, limit: int) -> Survey:
    existing = Catalogue(
        indexes=catalog.indexes(connection, server), tables=catalog.tables(connection)
    )
    age = catalog.statistics_age(connection)
    load = workload(connection, limit=limit)
    found, without_plan = proposals(connection, server, load.statements, existing)
    return audit_report.Survey(
        indexes=existing.indexes,
        age=age,
        drops=drops(existing.indexes, age),
        creates=audit_report.joined(found),
        statements=len(load.statements),
        without_plan=without_plan,
        caveats=tuple(load.caveats),
    )


def _proven(engine: Engine, survey: Survey, *, timeout_s: float) -> Survey:
    proofs = {
        create.candidate.name: prove_one(engine, create.main, timeout_s=timeout_s)
        for create in survey.creates
    }
    return audit_report.with_proofs(survey, proofs)


def _result(server: Server, survey: Survey, *, limit: int) -> Result:
    table = audit_report.table(survey)
    return Result(
        analysis="index_audit",
        question=f"{server.title}: which indexes are missing, and which could go?",
        headline=_headline(survey),
        arrow=table,
        noun="indexes",
        findings=audit_report.findings(survey),
        caveats=audit_report.caveats(server, survey),
        checked=_checked(survey, limit),
        totals={
            "server": server.title,
            "indexes": len(survey.indexes),
            "statements": survey.statements,
            "create": len(survey.creates),
            "drop": len(survey.drops),
            "drop_bytes": _droppable_bytes(survey),
            "statistics_days": survey.age.days,
        },
    )


def _headline(survey: Survey) -> str:
    if not survey.creates and not survey.drops:
        return f"{format_count(len(survey.indexes))} indexes: none to create, none to drop."
    parts = []
    if survey.creates:
        main = survey.creates[0]
        measured = "measured" if main.proof else "estimated, not proven"
        parts.append(
            f"{format_count(len(survey.creates))} to create, first "
            f"{main.candidate.table} ({main.candidate.key_list}) ({measured})"
        )
    if survey.drops:
        size = format_bytes(_droppable_bytes(survey))
        parts.append(f"{format_count(len(survey.drops))} to look at for dropping ({size})")
    return f"{format_count(len(survey.indexes))} indexes: {'; '.join(parts)}"


def _droppable_bytes(survey: Survey) -> int:
    return sum(drop.index.size_bytes for drop in survey.drops)


def _checked(survey: Survey, limit: int) -> Sequence[str]:
    looked = (
        f"{survey.statements:,} statements of at least {LEAST_MS:.0f} ms and {LEAST_CALLS} calls "
        f"(at most {limit}): sequential scans that keep few rows"
    )
    every = f"{len(survey.indexes):,} indexes: duplicates, prefixes of others, never scanned"
    return (every, looked)


def _not_here(server: Server) -> TargetRefused:
    return TargetRefused(
        f"{_WHERE}: prove=True builds indexes, and nothing says that {server.title} may be used "
        "for that",
        hint="expendable=True, if its data and its users do not matter",
    )
