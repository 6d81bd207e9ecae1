"""The statements an audit judges by: from the server's own counters, or from a recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from perfkit.analyses.recorded_statements import recorded
from perfkit.plans.postgres_sql import code, identifier
from perfkit.probes import slow_statements
from perfkit.probes.slow_statements import Write, workload, writes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from perfkit.recording import Recording

__all__ = ["Asked", "Load", "load"]

_HEAD, _INTO = 1000, 3  # characters that hold the table's name; INSERT INTO name
_PLANNED = {"select", "with", "update", "delete", "merge", "insert"}
#: One execution is no workload; logs of slow statements hold few of each.
_LEAST_CALLS = 2
_READ_TIMES = 5


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One statement with ``$1`` for its values; ``values`` has those that were recorded.

    ``example``: the text is one execution's, constants in it may differ in others.
    """

    text: str
    calls: int
    mean_ms: float
    values: Mapping[str, Any] = field(default_factory=dict)
    example: bool = False

    @property
    def total_ms(self) -> float:
        """Time of all calls."""
        return self.calls * self.mean_ms


@dataclass(frozen=True, kw_only=True)
class Load:
    """Statements, most time in all first; ``source`` says whose they are.

    Those with fewer than ``least_calls`` calls were left out.
    """

    statements: Sequence[Asked]
    caveats: Sequence[str]
    source: str
    writes: Sequence[Write] = ()
    least_calls: int = slow_statements.LEAST_CALLS

    def inserted(self, schema: str | None, table: str) -> int:
        """Rows that the workload inserted into the table, named with or without its schema."""
        names = {(schema, table), (None, table)}
        return sum(write.rows for write in self.writes if _inserts_into(write.text) in names)

    @property
    def updates(self) -> list[Write]:
        """Its UPDATE statements."""
        return [write for write in self.writes if _verb(write.text) == "update"]


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
    """Read more than ``limit``: of the statements that take most time many are no queries."""
    found = recorded(rec, limit=_READ_TIMES * limit)
    statements = [
        Asked(
            text=one.statement,
            calls=one.calls,
            mean_ms=one.mean_ms,
            values=one.values or {},
            example=True,
        )
        for one in found
        if _verb(one.statement) in _PLANNED
        and one.calls >= _LEAST_CALLS
        and one.mean_ms >= slow_statements.LEAST_MS
    ]
    written = [
        Write(one.statement, one.calls, one.calls)
        for one in found
        if _verb(one.statement) in {"insert", "update"}
    ]
    return Load(
        statements=statements[:limit],
        caveats=(),
        source="the recording",
        writes=written,
        least_calls=_LEAST_CALLS,
    )


def _verb(sql: str) -> str | None:
    """Return the statement's first word, behind comments and brackets."""
    words = (token for token in code(sql[:_HEAD]) if token.text != "(")
    first = next(words, None)
    return None if first is None else identifier(first)


@lru_cache(maxsize=1000)
def _inserts_into(sql: str) -> tuple[str | None, str] | None:
    """Return schema, if it is named, and table of an INSERT."""
    tokens = code(sql[:_HEAD])
    if len(tokens) < _INTO or identifier(tokens[0]) != "insert":
        return None
    name = identifier(tokens[_INTO - 1])
    if len(tokens) > _INTO + 1 and tokens[_INTO].text == ".":
        own = identifier(tokens[_INTO + 1])
        return None if own is None else (name, own)
    return None if name is None else (None, name)
