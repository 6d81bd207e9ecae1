"""Ask MariaDB or MySQL for a plan: planned only, or executed and measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.errors import QueryFailed
from perfkit.plans.mysql.aliases import named, tables_in, tables_written
from perfkit.plans.mysql.reading import read
from perfkit.probes.explain_run import Asked, Measured
from perfkit.probes.mysql_effects import refuse_effects
from perfkit.probes.mysql_server import MySQLServer, identify
from perfkit.probes.mysql_session import session
from perfkit.probes.mysql_statement import MySQLStatement, one_statement
from perfkit.probes.mysql_tables import existing_tables, refuse_tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from perfkit.plans.model import Plan

__all__ = ["Asked", "Measured", "MySQLServer", "identify", "measure", "one_statement", "session"]

#: The first MySQL with EXPLAIN ANALYZE, and the first MariaDB with ANALYZE FORMAT=JSON.
_MEASURES = {"MySQL": 80018, "MariaDB": 100100}
_WITH_FORMAT = 80021
_PLAN = "EXPLAIN FORMAT=JSON "
_NOT_LOCAL = (
    "nothing proves that this server runs on this machine; analyze=True executes the statement "
    "and measures."
)
_AS_UNDERSTOOD = 1003  # ER_YES: the note that holds the rewritten statement
_ESTIMATES = "These are the planner's estimates."


def measure(connection: Connection, server: MySQLServer, asked: Asked) -> Measured:
    """Plan the statement and execute it where that is asked for and changes nothing.

    Raises:
        UsageError: under the modes of this server it is not one statement.
        TargetRefused: it has effects that no rollback undoes.
    """
    typed = getattr(asked.statement, "typed", "") or asked.statement.text
    statement = one_statement(typed, server.dialect)
    statement.check(asked.values)
    if statement.writes or statement.locks:
        _begin(connection, "READ WRITE")  # the servers do not even plan it in a READ ONLY one
    refuse_effects(connection, statement, tuple(getattr(asked, "allowed", ())))
    names = _names(connection, server, statement, asked)
    plan = _explained(connection, statement, asked, _PLAN, names)
    reason = _only_planned(server, statement, asked)
    if reason:
        return Measured(plan=plan, not_executed=reason)
    if statement.writes:
        refuse_tables(connection, statement)
    prefix = _measuring(server)
    plans = [
        _executed(connection, statement, asked, prefix, names)
        for _ in range(max(getattr(asked, "runs", 1), 1))
    ]
    best = min(plans[1:] or plans, key=lambda each: each.execution_ms or 0.0)
    times = tuple(each.execution_ms or 0.0 for each in plans)
    return Measured(plan=best, times_ms=times, notes=_notes(statement))


def _measuring(server: MySQLServer) -> str:
    """Return the words that execute and measure: MySQL takes a format with them since 8.0.21."""
    if server.mariadb:
        return "ANALYZE FORMAT=JSON "
    return "EXPLAIN ANALYZE FORMAT=TREE " if server.number >= _WITH_FORMAT else "EXPLAIN ANALYZE "


def _executed(
    connection: Connection,
    statement: MySQLStatement,
    asked: Asked,
    prefix: str,
    names: dict[str, tuple[str, str]],
) -> Plan:
    """Execute once; what it writes is undone at once."""
    before = _disk_tables(connection)
    try:
        plan = _explained(connection, statement, asked, prefix, names)
    finally:
        if statement.writes:
            _begin(connection, "READ WRITE")
    made = {"Created_tmp_disk_tables": _disk_tables(connection) - before}
    return replace(plan, document={**plan.document, **made})


def _disk_tables(connection: Connection) -> int:
    """Return how many temporary tables of this session went to disk."""
    rows = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Created_tmp_disk_tables'").all()
    return int(rows[0][1]) if rows else 0


def _begin(connection: Connection, mode: str) -> None:
    """Undo what the transaction wrote and begin a new one."""
    connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql(f"START TRANSACTION {mode}")


def _explained(
    connection: Connection,
    statement: MySQLStatement,
    asked: Asked,
    prefix: str,
    names: dict[str, tuple[str, str]],
) -> Plan:
    text = connection.execute(statement.bind(asked.values, prefix=prefix)).scalar_one()
    if not text:
        raise QueryFailed("explain: the server returned no plan for this statement")
    return replace(named(read(text), names), statement=statement.text)


def _names(
    connection: Connection, server: MySQLServer, statement: MySQLStatement, asked: Asked
) -> dict[str, tuple[str, str]]:
    """Return schema and table of every alias: the plan prints aliases only.

    The servers print the statement as they understand it, with every table's database, as a
    warning of EXPLAIN: MariaDB of EXPLAIN EXTENDED, MySQL of any.
    """
    if statement.writes and server.mariadb:  # which prints no such warning
        return tables_written(statement.code, existing_tables(connection, statement))
    prefix = "EXPLAIN EXTENDED " if server.mariadb else _PLAN
    connection.execute(statement.bind(asked.values, prefix=prefix)).all()
    rows: list[Any] = list(connection.exec_driver_sql("SHOW WARNINGS"))
    return tables_in("\n".join(str(row[2]) for row in rows if int(row[1]) == _AS_UNDERSTOOD))


def _only_planned(server: MySQLServer, statement: MySQLStatement, asked: Asked) -> str:
    """Say why the statement is not executed, "" if it is."""
    kind = "MariaDB" if server.mariadb else "MySQL"
    writes, allowed = statement.writes, getattr(asked, "writes", False)
    reasons = (
        (asked.execute is False, "as asked."),
        (writes and not server.mariadb, "MySQL measures statements that read only."),
        (writes and not allowed, "the statement writes."),
        (statement.locks and not allowed, "the statement locks rows."),
        (server.number < _MEASURES[kind], f"{kind} {server.version} cannot measure a plan."),
        (writes and server.standby, "this server is read-only."),
        (
            asked.execute is None and not server.local,
            _NOT_LOCAL,
        ),
    )
    reason = next((text for holds, text in reasons if holds), "")
    separator = ", " if reason == "as asked." else ": "
    return f"Not executed{separator}{reason} {_ESTIMATES}" if reason else ""


def _notes(statement: MySQLStatement) -> tuple[str, ...]:
    """Return what a rollback leaves behind."""
    left = (
        "The statement was executed and rolled back. Values that it took from AUTO_INCREMENT or a "
        "sequence are not given back, its rows were locked until the rollback, and undo and redo "
        "log were written."
    )
    return (left,) if statement.writes else ()
