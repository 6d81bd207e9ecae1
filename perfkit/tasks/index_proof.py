"""Prove an index by building it in a transaction, measuring, and rolling back.

CREATE INDEX blocks writes to the table until the rollback and does all the work of a real
build: only for servers whose data and time are worth nothing, such as the lab.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.errors import PerfkitError
from perfkit.plans.conditions import predicates
from perfkit.plans.postgres_sql import code
from perfkit.plans.read import read_plan
from perfkit.probes.column_stats import column_stats
from perfkit.probes.effects import effects, named_in
from perfkit.probes.session import rolled_back
from perfkit.probes.statement import Statement, one_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Engine

    from perfkit.plans.conditions import Predicate
    from perfkit.plans.model import Plan
    from perfkit.probes.column_stats import ColumnStats
    from perfkit.tasks.index_creates import Proposal

__all__ = ["Proof", "prove"]

_WHERE = "index_audit"
#: The statement has to get this much faster, and may not touch more blocks.
ENOUGH_FASTER = 0.7
_EXAMPLE_LIMIT, _EXAMPLE_OFFSET = "20", "0"
_RUNS = 2  # the first warms the cache
_BUILT = """
select pg_catalog.pg_relation_size(c.oid), i.indcheckxmin
from pg_catalog.pg_class c join pg_catalog.pg_index i on i.indexrelid = c.oid
where c.oid = cast(:name as regclass)
"""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One statement with and without the index; ``refused`` says why there is no measurement."""

    before_ms: float = 0.0
    after_ms: float = 0.0
    before_blocks: int = 0
    after_blocks: int = 0
    size_bytes: int = 0
    used: bool = False
    refused: str = ""

    @property
    def helps(self) -> bool:
        """Whether the index was used, saved time and touched no more blocks."""
        faster = self.after_ms <= ENOUGH_FASTER * self.before_ms
        return self.used and faster and self.after_blocks <= self.before_blocks


def prove(engine: Engine, proposal: Proposal, *, timeout_s: float) -> Proof:
    """Build the index of ``proposal`` in a transaction that is rolled back, and measure."""
    try:
        with rolled_back(_WHERE, engine, timeout_s=timeout_s, read_only=False) as connection:
            return _measured(connection, proposal)
    except PerfkitError as error:
        return Proof(refused=error.message)


def _measured(connection: Connection, proposal: Proposal) -> Proof:
    from sqlalchemy import text

    if any(node.kind in {"ModifyTable", "LockRows"} for node in proposal.plan.tree):
        return Proof(refused="the statement writes")
    statement = _named(proposal.statement.text)
    dangerous = effects(connection, statement.names | named_in(proposal.plan))
    values = _example(connection, proposal.plan, statement)
    if dangerous or values is None:
        why = f"{dangerous[0].name}() may have effects" if dangerous else "no example values"
        return Proof(refused=why)
    before = _run(connection, statement, values)
    wanted = proposal.candidate
    connection.exec_driver_sql(
        wanted.sql(concurrently=False), execution_options={"no_parameters": True}
    )
    name = wanted.qualified_name
    size, hidden = connection.execute(text(_BUILT), {"name": name}).one()
    if hidden:
        return Proof(refused="rows changed too recently for a new index to be used")
    after = _run(connection, statement, values)
    return Proof(
        before_ms=before.execution_ms or 0.0,
        after_ms=after.execution_ms or 0.0,
        before_blocks=_blocks(before),
        after_blocks=_blocks(after),
        size_bytes=size,
        used=any(node.text("Index Name") == wanted.name for node in after.tree),
    )


def _named(sql: str) -> Statement:
    """Return the statement with ``:p1`` for ``$1``."""
    statement = one_statement(sql)
    parts = [f" :p{t.text[1:]}" if t.kind == "param" else t.text for t in statement.tokens]
    return Statement("".join(parts))


def _example(connection: Connection, plan: Plan, statement: Statement) -> dict[str, str] | None:
    """Return a value for every parameter, from the statistics; None when one is unknown."""
    values = dict(_from_limits(statement)) | dict(_from_conditions(connection, plan))
    wanted = statement.parameters
    return {name: values[name] for name in wanted} if values.keys() >= set(wanted) else None


def _from_limits(statement: Statement) -> Iterator[tuple[str, str]]:
    tokens = code(statement.text)
    for at, token in enumerate(tokens[:-2]):
        word, name = token.text.upper(), tokens[at + 2].text
        if word in {"LIMIT", "OFFSET"} and tokens[at + 1].text == ":":
            yield name, _EXAMPLE_LIMIT if word == "LIMIT" else _EXAMPLE_OFFSET


def _from_conditions(connection: Connection, plan: Plan) -> Iterator[tuple[str, str]]:
    for node in plan.tree:
        schema, table = node.text("Schema"), node.relation
        if schema is None or table is None:
            continue
        known = column_stats(connection, schema, table)
        for key in ("Index Cond", "Filter"):
            for found in predicates(node.text(key), node.text("Alias")):
                parameter, value = _only_parameter(found.value), _value(found, known)
                if parameter is not None and value is not None:
                    yield parameter, value


def _value(found: Predicate, known: Mapping[str, ColumnStats]) -> str | None:
    """Return a value that the comparison is likely to be made with."""
    stats = known.get(found.column)
    if stats is None or found.kind == "any":
        return None
    return stats.typical() if found.kind == "equality" else stats.middle()


def _only_parameter(value: str) -> str | None:
    """Return ``p1`` for ``$1`` and ``$1::bigint``."""
    tokens = [token for token in code(value) if token.text not in {"(", ")"}]
    if not tokens or tokens[0].kind != "param" or (len(tokens) > 1 and tokens[1].text != "::"):
        return None
    return f"p{tokens[0].text[1:]}"


def _run(connection: Connection, statement: Statement, values: dict[str, str]) -> Plan:
    """Execute the statement and return the plan of the last run."""
    bound = statement.bind(values, prefix="EXPLAIN (ANALYZE, BUFFERS, VERBOSE, FORMAT JSON) ")
    runs = [connection.execute(bound).scalar_one() for _ in range(_RUNS)]
    return read_plan(runs[-1])


def _blocks(plan: Plan) -> int:
    return round(sum(plan.root.number(f"Shared {how} Blocks") or 0.0 for how in ("Hit", "Read")))
