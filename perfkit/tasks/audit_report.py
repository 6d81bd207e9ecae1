"""What an index audit found, as rows and findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.plans.advice import CREATE_NOTE, index_fix
from perfkit.plans.postgres_sql import quoted
from perfkit.results import Finding, Fix
from perfkit.probes.catalog import ENOUGH_DAYS
from perfkit.units import format_bytes, format_count, format_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.probes.catalog import Index, StatisticsAge
    from perfkit.probes.server import Server
    from perfkit.tasks.index_creates import Proposal
    from perfkit.tasks.audit.drops import Drop
    from perfkit.tasks.index_proof import Proof

__all__ = ["Create", "Survey", "caveats", "findings", "joined", "table", "with_proofs"]

_SCHEMA = pa.schema(
    [
        ("action", pa.string()),
        ("schema", pa.string()),
        ("table", pa.string()),
        ("index", pa.string()),
        ("columns", pa.string()),
        ("proven", pa.bool_()),
        ("saves_ms", pa.float64()),
        ("size_bytes", pa.int64()),
        ("reason", pa.string()),
        ("calls", pa.int64()),
        ("before_ms", pa.float64()),
        ("after_ms", pa.float64()),
        ("confidence", pa.string()),
        ("statement", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Create:
    """One index to create, for all statements that ask for it; ``main`` gains most."""

    proposals: Sequence[Proposal]
    proof: Proof | None = None

    @property
    def main(self) -> Proposal:
        """The proposal whose statement took most time in all."""
        return max(self.proposals, key=lambda p: p.saves_ms * p.statement.calls)

    @property
    def candidate(self) -> Candidate:
        """The index itself."""
        return self.main.candidate

    @property
    def calls(self) -> int:
        """Calls of all statements that ask for it."""
        return sum(p.statement.calls for p in self.proposals)

    @property
    def saves_ms(self) -> float:
        """Time saved per execution: measured, or what the planner's costs suggest."""
        if self.proof:
            return self.proof.before_ms - self.proof.after_ms
        return sum(p.saves_ms * p.statement.calls for p in self.proposals) / max(self.calls, 1)


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Everything that one audit found."""

    indexes: Sequence[Index]
    age: StatisticsAge
    drops: Sequence[Drop]
    creates: Sequence[Create]
    statements: int
    without_plan: int
    caveats: tuple[str, ...] = ()


def joined(found: Sequence[Proposal]) -> list[Create]:
    """Join proposals for the same index; those that save most come first."""
    by_index: dict[tuple[str | None, str, str], list[Proposal]] = {}
    for proposal in found:
        wanted = proposal.candidate
        key = (wanted.schema, wanted.table, wanted.key_list)
        by_index.setdefault(key, []).append(proposal)
    creates = [Create(proposals=group) for group in by_index.values()]
    return sorted(creates, key=lambda create: -create.saves_ms * create.calls)


def with_proofs(survey: Survey, proofs: Mapping[str, Proof]) -> Survey:
    """Keep what was measured to help or could not be measured; say what did not help."""
    kept, notes = [], []
    for create in survey.creates:
        proof, name = proofs[create.candidate.name], create.candidate.name
        if proof.refused:
            notes.append(f"{name} could not be proven: {proof.refused}.")
            kept.append(create)
        elif proof.helps:
            kept.append(replace(create, proof=proof))
        else:
            notes.append(
                f"{name} was built and did not help ({format_ms(proof.before_ms)} before, "
                f"{format_ms(proof.after_ms)} after): not proposed."
            )
    return replace(survey, creates=kept, caveats=(*survey.caveats, *notes))


def table(survey: Survey) -> pa.Table:
    """Return one row per index to create or to drop."""
    rows = [_create_row(create) for create in survey.creates]
    rows += [_drop_row(drop) for drop in survey.drops]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def findings(survey: Survey) -> list[Finding]:
    """Return one finding per index to create or to drop."""
    return [
        *(_create_finding(create) for create in survey.creates),
        *(_drop_finding(drop) for drop in survey.drops),
    ]


def caveats(server: Server, survey: Survey) -> list[str]:
    """Return what limits the conclusions."""
    notes = list(survey.caveats)
    if any(drop.kind == "unused" for drop in survey.drops):
        notes.append(
            "Scans are counted per server: an index that is never scanned here may be used on a "
            "standby. An index may also be younger than the statistics."
        )
    if survey.age.days < ENOUGH_DAYS:
        notes.append(
            f"Statistics reach back to {survey.age.since:%Y-%m-%d %H:%M} only: that an index is "
            f"unused is known after {ENOUGH_DAYS} days that hold the end of a month."
        )
    if any(index.scans is None for index in survey.indexes):
        notes.append("Statistics of some indexes are hidden from this role: GRANT pg_monitor.")
    if survey.without_plan:
        notes.append(
            f"{survey.without_plan:,} of {survey.statements:,} slow statements could not be "
            "planned here (other search_path, cut text, or no right to the tables)."
        )
    if server.standby:
        notes.append("This is a standby: run the statements on the primary.")
    return notes


def _create_row(create: Create) -> dict[str, Any]:
    wanted, proof = create.candidate, create.proof
    return {
        "action": "create",
        "schema": wanted.schema,
        "table": wanted.table,
        "index": wanted.name,
        "columns": wanted.key_list,
        "proven": proof is not None,
        "saves_ms": create.saves_ms,
        "calls": create.calls,
        "before_ms": proof.before_ms if proof else create.main.statement.mean_ms,
        "after_ms": proof.after_ms if proof else None,
        "size_bytes": proof.size_bytes if proof else None,
        "reason": _why(create),
        "confidence": "high" if proof else "medium",
        "statement": create.main.statement.text,
    }


def _why(create: Create) -> str:
    proof = create.proof
    if proof is None:
        return (
            f"{format_count(len(create.proposals))} slow statement(s) scan the whole table; "
            "the saving is estimated from the planner's costs"
        )
    return (
        f"built and measured: {format_ms(proof.before_ms)} and "
        f"{format_count(proof.before_blocks)} blocks before, {format_ms(proof.after_ms)} and "
        f"{format_count(proof.after_blocks)} after"
    )


def _create_finding(create: Create) -> Finding:
    row = _create_row(create)
    shown = ("statement", "calls", "before_ms", "after_ms", "size_bytes")
    return Finding(
        rule="missing-index",
        severity="warning",
        title=f"{row['table']} has no index on ({row['columns']}): {row['reason']}",
        evidence=[{name: row[name] for name in shown}],
        fix=_create_fix(create),
        saves_ms=create.saves_ms,
        saves_basis="per execution",
        saves_times=create.calls,
        effort="low",
        confidence="high" if create.proof else "medium",
        keys={"table": row["table"]},
    )


def _create_fix(create: Create) -> Fix:
    if create.proof is None:
        return index_fix(create.candidate)
    return Fix(
        text=f"Proven by building it. {CREATE_NOTE} Every write to the table will also write "
        "to the index.",
        snippet=create.candidate.sql(),
        language="sql",
    )


def _drop_row(drop: Drop) -> dict[str, Any]:
    index = drop.index
    return {
        "action": "drop",
        "schema": index.schema,
        "table": index.table,
        "index": index.name,
        "columns": index.columns,
        "proven": drop.proven,
        "size_bytes": index.size_bytes,
        "reason": drop.reason,
        "confidence": _confidence(drop),
    }


def _confidence(drop: Drop) -> Any:
    if not drop.enough:
        return "low"
    return "high" if drop.proven else "medium"


def _drop_finding(drop: Drop) -> Finding:
    index = drop.index
    name = f"{quoted(index.schema)}.{quoted(index.name)}"
    return Finding(
        rule=f"{drop.kind}-index",
        severity="warning" if drop.enough and drop.kind != "unused" else "info",
        title=f"{index.name} on {index.table} ({format_bytes(index.size_bytes)}): {drop.reason}",
        evidence=[
            {
                "index": index.name,
                "columns": index.columns,
                "size_bytes": index.size_bytes,
                "scans": index.scans,
            }
        ],
        fix=Fix(
            text=_advice(drop),
            snippet=f"DROP INDEX CONCURRENTLY {name};\n-- to bring it back: {_one_line(index)};",
            language="sql",
        ),
        effort="low",
        confidence=_confidence(drop),
        keys={"table": index.table},
    )


def _advice(drop: Drop) -> str:
    if drop.kind == "unused" and not drop.enough:
        return "Do not drop it yet: look again when the statistics are older, on every standby too."
    if drop.kind == "unused":
        return "Drop it if no standby uses it: every write to the table also writes to it."
    return "Drop it: the other index answers the same questions, and writes get cheaper."


def _one_line(index: Index) -> str:
    """Return the definition on one line: it stands behind a comment mark."""
    return " ".join(index.definition.split())
