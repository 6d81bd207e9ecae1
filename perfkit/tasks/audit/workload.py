"""The statements an audit judges by: from the server's own counters, or from a recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfkit.analyses.recorded_statements import recorded
from perfkit.plans.postgres_sql import code, identifier
from perfkit.probes.slow_statements import Write, workload, writes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from perfkit.recording import Recording

__all__ = ["Asked", "Load", "load"]

_HEAD, _INTO = 1000, 3  # characters that hold the table's name; INSERT INTO name
_READS = ("select", "with", "update", "delete", "merge", "(", "insert")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One statement with ``$1`` for its values; ``values`` has those that were recorded."""

    text: str
    calls: int
    mean_ms: float
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def total_ms(self) -> float:
        """Time of all calls."""
        return self.calls * self.mean_ms


@dataclass(frozen=True, kw_only=True)
class Load:
    """Statements, most time in all first; ``source`` says whose they are."""

    statements: Sequence[Asked]
    caveats: Sequence[str]
    source: str
    writes: Sequence[Write] = ()

    @property
    def inserted(self) -> dict[str, int]:
        """Rows that the workload inserted, by the table's name without its schema."""
        rows: dict[str, int] = {}
        for write in self.writes:
            table = _inserts_into(write.text)
            if table is not None:
                rows[table] = rows.get(table, 0) + write.rows
        return rows

    @property
    def updates(self) -> list[Write]:
        """Its UPDATE statements."""
        return [write for write in self.writes if write.text.lstrip()[:6].lower() == "update"]


def load(connection: Connection, rec: Recording | None, *, limit: int) -> Load:
    """Return the ``limit`` statements that took most time, of ``rec`` or else of the server."""
    if rec is not None:
        return _of_recording(rec, limit=limit)
    found = workload(connection, limit=limit)
    statements = [Asked(text=s.text, calls=s.calls, mean_ms=s.mean_ms) for s in found.statements]
    return Load(
        statements=statements,
        caveats=found.caveats,
        source="pg_stat_statements",
        writes=writes(connection),
    )


def _of_recording(rec: Recording, *, limit: int) -> Load:
    found = recorded(rec, limit=limit)
    statements = [
        Asked(text=one.statement, calls=one.calls, mean_ms=one.mean_ms, values=one.values or {})
        for one in found
        if one.statement.lstrip().lower().startswith(_READS) and one.calls
    ]
    written = [
        Write(one.statement, one.calls, one.calls)
        for one in found
        if one.statement.lstrip()[:6].lower() in {"insert", "update"}
    ]
    return Load(statements=statements, caveats=(), source="the recording", writes=written)


def _inserts_into(sql: str) -> str | None:
    """Return the table's name of an INSERT, without its schema."""
    tokens = code(sql[:_HEAD])
    if len(tokens) < _INTO or identifier(tokens[0]) != "insert":
        return None
    dotted = len(tokens) > _INTO + 1 and tokens[_INTO].text == "."
    return identifier(tokens[_INTO + 1 if dotted else _INTO - 1])
