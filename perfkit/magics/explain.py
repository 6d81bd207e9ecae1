"""``%%explain``: run a query, read its plan, say what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.errors import UsageError
from perfkit.magics import values
from perfkit.magics.options import Command, Line, Option

if TYPE_CHECKING:
    from perfkit.magics.state import Session
    from perfkit.results import Result

__all__ = ["COMMAND", "run"]

SILENCED_BY_SEMICOLON = False  # SQL ends with one

COMMAND = Command(
    name="explain",
    summary="Explain a statement on PostgreSQL: where its time goes, and what to change.",
    usage="%%explain [NAME] [options]      SQL in the cell's body\n%explain [options] SQL",
    options=(
        Option("--db", "connection alias or engine variable (line form)", "NAME"),
        Option("--analyze", "execute a query (never a write), read-only and rolled back"),
        Option("--no-analyze", "only estimate, execute nothing"),
        Option(
            "-p", "value of a :name in the SQL, instead of the notebook's", "NAME=VALUE", many=True
        ),
        Option("--timeout", "give up after this time (default 30s)", "TIME"),
        Option("-o", "store the result in this variable as well", "NAME"),
    ),
    examples=(
        "%%explain shop\nSELECT * FROM orders WHERE user_id = :user_id ORDER BY created_at DESC",
        "%explain --no-analyze SELECT count(*) FROM orders",
    ),
)


def run(session: Session, line: Line, body: str | None) -> Result:
    """Explain ``body`` on the named database and return the result."""
    from perfkit.tasks.explain import explain
    from perfkit.units import parse_duration_ms

    line, named = (line, "") if body is None else _with_name(line)
    sql = line.rest if body is None else body
    if not sql.strip():
        raise UsageError("%%explain has no statement", hint="put the SQL into the cell's body")
    _, engine = session.connections.find(line.get("db") or named, session.namespace)
    given = values.overrides(line.all("p"))
    return session.keep(
        line.get("o"),
        explain(
            sql,
            engine,
            params=values.sql_parameters(sql, session.namespace, given),
            analyze=_analyze(line),
            timeout_s=parse_duration_ms(line.get("timeout", "30s")) / 1000,
        ),
    )


def _with_name(line: Line) -> tuple[Line, str]:
    """Return all options of a cell's first line, before and behind the name, and the name."""
    name, _, behind = line.rest.partition(" ")
    more = COMMAND.parse(behind)
    if more.rest:
        raise UsageError(
            f"%%explain takes one name, not {line.rest!r}", hint="the SQL stands in the cell's body"
        )
    return Line({**line.values, **more.values}, ""), name


def _analyze(line: Line) -> bool | None:
    if line.has("analyze") and line.has("no-analyze"):
        raise UsageError("--analyze and --no-analyze exclude each other", hint="keep one of them")
    if line.has("analyze"):
        return True
    return False if line.has("no-analyze") else None
