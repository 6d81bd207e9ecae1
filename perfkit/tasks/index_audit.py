"""Which indexes are missing, which ones could go, and which do their work badly?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import TargetRefused
from perfkit.files import write_whole
from perfkit.probes.catalog import ENOUGH_DAYS
from perfkit.probes.server import identify
from perfkit.probes.session import as_engine, rolled_back
from perfkit.probes.slow_statements import LEAST_MS
from perfkit.results import Result
from perfkit.tasks.audit import report
from perfkit.tasks.audit.judge import judged
from perfkit.tasks.audit.migration import migration, undoing
from perfkit.tasks.audit.missing import Proving
from perfkit.tasks.audit.schemas import seeing_all
from perfkit.tasks.audit.survey import survey
from perfkit.tasks.proofs import Question
from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Engine

    from perfkit.probes.server import Server
    from perfkit.recording import Recording
    from perfkit.tasks.audit.advice import Advice
    from perfkit.tasks.audit.survey import Survey

__all__ = ["IndexAudit", "index_audit"]

_WHERE = "index_audit"
#: A database whose largest table is smaller is one for development: plans say nothing there.
_DEVELOPMENT_ROWS = 10_000


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IndexAudit(Result):
    """A Result whose advices are one migration as well."""

    advices: Sequence[Advice] = ()

    def migration(self) -> str:
        """Return everything as one SQL file: in order, commented, each with what undoes it.

        What is not proven stands in it as a comment.
        """
        return migration(self.advices, title=self.question, facts=self._facts())

    def undo(self) -> str:
        """Return the SQL file that takes back what :meth:`migration` does, the last first."""
        return undoing(self.advices, title=f"Undo of: {self.question}")

    def save_migration(self, path: str | Path) -> Path:
        """Write :meth:`migration` to ``path``, whole or not at all.

        Raises:
            UsageError: it cannot be written there.
        """
        return write_whole(path, self.migration())

    def _facts(self) -> list[str]:
        return [self.headline, *self.caveats]


def index_audit(
    engine: Engine | str,
    *,
    rec: Recording | None = None,
    prove: bool = False,
    expendable: bool = False,
    replicas: Sequence[Engine | str] = (),
    limit: int = 20,
    timeout_s: float = 60.0,
) -> IndexAudit:
    """Audit the indexes of a PostgreSQL database: what to create, drop, replace or rebuild.

    It only reads the catalogue, the statistics and pg_stat_statements, in a READ ONLY
    transaction; an ordinary role will do. Where HypoPG is installed, missing indexes are proven
    by hypothetical ones, which change nothing. With ``prove`` every missing index is built in a
    transaction, measured with an example and rolled back: on the lab, or on a server that you
    call ``expendable``, because building blocks writers and takes the time of a real build.

    Args:
        engine: a SQLAlchemy engine or a URL.
        rec: take the workload from this recording instead of pg_stat_statements.
        prove: build the proposed indexes and measure what they save.
        expendable: this server's data and time are worth nothing: ``prove`` may build there.
        replicas: standbys; an index is unused only if none of them scans it.
        limit: so many statements are looked at, those with most time in all first.
        timeout_s: after this many seconds the server cancels a statement.

    Returns:
        One row per index with action (create, replace, rebuild, drop, keep), schema, table,
        index, columns, proven, saves_ms (per execution), size_bytes, reason, calls,
        before_ms, after_ms, before_cost, after_cost, write_cost, reads and writes of the table
        (scans, rows), kind, confidence and statement. ``keep`` rows look droppable and are not.
        ``.migration()`` is the SQL file.

    Raises:
        TargetRefused: ``prove`` on a server that is neither the lab nor called expendable.
        UsageError: another database than PostgreSQL.
        NotConnected: the server cannot be reached or went away.
        QueryFailed: it refused, cancelled or timed out a statement.

    Example:
        >>> index_audit("postgresql://localhost/shop").table  # doctest: +SKIP
    """
    with as_engine(_WHERE, engine) as given:
        ready = seeing_all(given, timeout_s=timeout_s)
        with rolled_back(_WHERE, ready, timeout_s=timeout_s) as connection:
            server = identify(connection)
            if prove and not (server.lab or expendable):
                raise _not_here(server)
            found = survey(connection, server, rec=rec, limit=limit, replicas=replicas)
        proving = Proving(
            engine=ready,
            methods=None if prove else ("hypopg",),
            expendable=expendable,
            timeout_s=timeout_s,
            updates=[Question(statement=u.text, calls=u.calls) for u in found.load.updates],
        )
        advices, notes = judged(found, proving)
    return _result(server, found, advices, notes)


def _result(
    server: Server, found: Survey, advices: Sequence[Advice], notes: Sequence[str]
) -> IndexAudit:
    droppable = [a for a in advices if a.action == "drop" and a.enough]
    return IndexAudit(
        analysis="index_audit",
        question=f"{server.title}: which indexes are missing, and which could go?",
        headline=_headline(found, advices),
        arrow=report.table(advices, found.states),
        noun="indexes",
        findings=report.findings(advices, found.states),
        caveats=[*_caveats(server, found, advices), *notes],
        checked=_checked(found),
        totals={
            "server": server.title,
            "indexes": found.count,
            "statements": len(found.load.statements),
            **{action: _count(advices, action) for action in ("create", "replace", "rebuild")},
            "drop": _count(advices, "drop"),
            "drop_bytes": sum(advice.size_bytes or 0 for advice in droppable),
            "statistics_days": found.age.days,
        },
        advices=tuple(advices),
    )


def _count(advices: Sequence[Advice], action: str) -> int:
    return sum(advice.action == action for advice in advices)


def _headline(found: Survey, advices: Sequence[Advice]) -> str:
    parts = []
    create = [advice for advice in advices if advice.action in {"create", "replace"}]
    if create:
        parts.append(
            f"{format_count(len(create))} to create ({_proven(create)}), "
            f"first {create[0].table} ({create[0].columns})"
        )
    rebuild = _count(advices, "rebuild")
    if rebuild:
        parts.append(f"{format_count(rebuild)} to rebuild")
    drop = [advice for advice in advices if advice.action == "drop"]
    sure = [advice for advice in drop if advice.enough]
    if sure:
        size = format_bytes(sum(advice.size_bytes or 0 for advice in sure))
        parts.append(f"{format_count(len(sure))} to drop ({size})")
    watched = [advice for advice in advices if advice.action == "keep" and advice.check]
    if watched:
        parts.append(f"{format_count(len(watched))} to watch")
    total = f"{format_count(found.count)} indexes"
    return f"{total}: {'; '.join(parts)}" if parts else f"{total}: none to create, none to drop."


def _proven(advices: Sequence[Advice]) -> str:
    proven = sum(advice.proven for advice in advices)
    if len(advices) == 1:
        return "proven" if proven else "not proven"
    return f"{format_count(proven)} proven" if proven else "none proven"


def _checked(found: Survey) -> Sequence[str]:
    every = (
        f"{found.count:,} indexes: duplicates, prefixes of others, never or rarely scanned, "
        "invalid, bloated; foreign keys without one; statistics and HOT updates of their tables"
    )
    looked = (
        f"{len(found.load.statements):,} statements of {found.load.source}, most time in all first"
        f" (at least {LEAST_MS:.0f} ms and {found.load.least_calls} calls): what an index would "
        "spare them"
    )
    return (every, looked)


def _caveats(server: Server, found: Survey, advices: Sequence[Advice]) -> list[str]:
    notes = list(found.load.caveats)
    if any(advice.kind == "unused-index" for advice in advices):
        notes.append(_on_standbys(found))
    if not found.age.enough:
        notes.append(
            f"Statistics reach back to {found.age.since:%Y-%m-%d %H:%M} only: that an index is "
            f"unused is known after {ENOUGH_DAYS} days that hold the end of a month."
        )
    if any(index.scans is None for index in found.indexes):
        notes.append(
            "Scans of some indexes are not known (hidden from this role, or not on every "
            "replica): GRANT pg_monitor shows them."
        )
    if found.wishes.without_plan:
        notes.append(
            f"{found.wishes.without_plan:,} of {len(found.load.statements):,} slow statements "
            "could not be planned here (other search_path, cut text, or no right to the tables)."
        )
    largest = max((state.rows or 0 for state in found.states.values()), default=0)
    if found.states and largest < _DEVELOPMENT_ROWS:
        notes.append(
            f"The largest table has {format_count(largest)} rows: on so small a database "
            "(development?) plans and scans say little about production."
        )
    if server.standby:
        notes.append("This is a standby: run the statements on the primary.")
    return [*notes, *found.blind_spots]


def _on_standbys(found: Survey) -> str:
    seen = (
        f"{format_count(found.standbys)} standby(s) follow this server. " if found.standbys else ""
    )
    return (
        f"{seen}Scans are counted per server: an index that is never scanned here may be used on "
        "a standby (replicas=[...] adds theirs up). An index may also be younger than the "
        "statistics."
    )


def _not_here(server: Server) -> TargetRefused:
    return TargetRefused(
        f"{_WHERE}: prove=True builds indexes, and nothing says that {server.title} may be used "
        "for that",
        hint="expendable=True, if its data and its users do not matter",
    )
