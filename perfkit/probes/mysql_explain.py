"""Ask MariaDB or MySQL for a plan: planned only, or executed and measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.errors import QueryFailed
from perfkit.plans.mysql.aliases import named
from perfkit.plans.mysql.reading import read
from perfkit.probes.explain_run import Asked, Measured
from perfkit.probes.mysql_effects import refuse_effects, refuse_tables
from perfkit.probes.mysql_server import MySQLServer, identify
from perfkit.probes.mysql_session import session
from perfkit.probes.mysql_statement import MySQLStatement, one_statement

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from perfkit.plans.model import Plan

__all__ = ["Asked", "Measured", "MySQLServer", "identify", "measure", "one_statement", "session"]

#: The first MySQL with EXPLAIN ANALYZE, and the first MariaDB with ANALYZE FORMAT=JSON.
_MEASURES = {"MySQL": 80018, "MariaDB": 100100}
_PLAN = "EXPLAIN FORMAT=JSON "
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
    prefix = "ANALYZE FORMAT=JSON " if server.mariadb else "EXPLAIN ANALYZE FORMAT=TREE "
    plans = [
        _executed(connection, statement, asked, prefix, names)
        for _ in range(max(getattr(asked, "runs", 1), 1))
    ]
    best = min(plans[1:] or plans, key=lambda each: each.execution_ms or 0.0)
    times = tuple(each.execution_ms or 0.0 for each in plans)
    return Measured(plan=best, times_ms=times, notes=_notes(statement))


def _executed(
    connection: Connection,
    statement: MySQLStatement,
    asked: Asked,
    prefix: str,
    names: dict[str, tuple[str, str]],
) -> Plan:
    """Execute once; what it writes is undone at once."""
    if not statement.writes:
        return _explained(connection, statement, asked, prefix, names)
    try:
        return _explained(connection, statement, asked, prefix, names)
    finally:
        _begin(connection, "READ WRITE")


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
    from perfkit.plans.mysql.aliases import tables_in

    if statement.writes and server.mariadb:
        return {}
    prefix = "EXPLAIN EXTENDED " if server.mariadb else _PLAN
    connection.execute(statement.bind(asked.values, prefix=prefix)).all()
    rows: list[Any] = list(connection.exec_driver_sql("SHOW WARNINGS"))
    return tables_in(" ".join(str(row[2]) for row in rows if str(row[0]) == "Note"))


def _only_planned(server: MySQLServer, statement: MySQLStatement, asked: Asked) -> str:
    """Say why the statement is not executed, "" if it is."""
    if asked.execute is False:
        return f"Not executed, as asked. {_ESTIMATES}"
    allowed = getattr(asked, "writes", False)
    if statement.writes and not (allowed and server.mariadb):
        why = "." if server.mariadb else ", and MySQL measures statements that read only."
        return f"Not executed: the statement writes{why} {_ESTIMATES}"
    if statement.locks and not allowed:
        return f"Not executed: the statement locks rows. {_ESTIMATES}"
    kind = "MariaDB" if server.mariadb else "MySQL"
    if server.number < _MEASURES[kind]:
        return f"Not executed: {kind} {server.version} cannot measure a plan. {_ESTIMATES}"
    if statement.writes and server.standby:
        return f"Not executed: this server is read-only. {_ESTIMATES}"
    if asked.execute is None and not server.local:
        return (
            "Not executed: nothing proves that this server runs on this machine. "
            f"{_ESTIMATES} analyze=True executes the statement and measures."
        )
    return ""


def _notes(statement: MySQLStatement) -> tuple[str, ...]:
    if not statement.writes:
        return ()
    return (
        "The statement was executed and rolled back. AUTO_INCREMENT values that it took are not "
        "given back, its rows were locked until the rollback, and undo and redo log were written.",
    )
