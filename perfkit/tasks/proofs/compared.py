"""One statement, planned or executed, before and after something is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.tasks.proofs.asked import executed, planned

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from sqlalchemy import Connection

    from perfkit.plans.model import Plan
    from perfkit.probes.server import Server
    from perfkit.tasks.proofs.asked import Asked
    from perfkit.tasks.proofs.model import WriteCost

__all__ = ["Compared", "Job", "names_indexes"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A statement on a server: where it runs, and how long it may take there."""

    connection: Connection
    server: Server
    asked: Asked
    timeout_s: float

    def plan(self) -> Plan:
        """Execute the statement where it may be, else plan it."""
        if self.asked.not_run:
            return planned(self.connection, self.server, self.asked)
        return executed(self.connection, self.asked, timeout_s=self.timeout_s)

    def ddl(self, sql: str) -> None:
        """Send a statement of our own making as it is."""
        self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})

    def row(self, sql: str, values: Mapping[str, Any] | None = None) -> Any:
        """Return the one row that a query of our own making finds."""
        from sqlalchemy import text

        return self.connection.execute(text(sql), values or {}).one()

    def scalar(self, sql: str, values: Mapping[str, Any] | None = None) -> Any:
        """Return the first value of that row."""
        return self.row(sql, values)[0]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The plans without and with an index, and what else was learned about it."""

    before: Plan
    after: Plan
    used: bool
    size_bytes: int | None
    size_basis: str
    write_cost: WriteCost | None = None
    share: float | None = None
    notes: tuple[str, ...] = ()


def names_indexes(plan: Plan, wanted: Iterable[Collection[str]]) -> bool:
    """Whether the plan scans every index of ``wanted``: one of its names, those of its parts."""
    scanned = {node.text("Index Name") for node in plan.tree}
    return all(scanned & set(names) for names in wanted)
