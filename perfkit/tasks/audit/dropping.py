"""Indexes that could go, as advices; and what the workload would do without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.drops import LEAST_BYTES
from perfkit.tasks.audit.restoring import drop_statement, restored
from perfkit.units import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from perfkit.probes.catalog import Index, StatisticsAge
    from perfkit.probes.table_states import TableState
    from perfkit.results import Level
    from perfkit.tasks.audit.drops import Drop
    from perfkit.tasks.proofs import DropProof

__all__ = ["dropping", "rarely_used"]

#: Fewer scans than this, each paid with over a thousand rows written: worth a look.
RARE_SCANS, WRITES_PER_SCAN = 50, 1000
#: From here on a scan of many entries may cost more than the planner's tie of a third.
MUCH_LARGER = 3.0
_DEARER = 1.05  # below, the planner's costs are the same
_REFERENCE = "PostgreSQL documentation: 11. Indexes; pg_stat_user_indexes"


def dropping(
    found: Iterable[Drop],
    tested: Mapping[tuple[str, str], DropProof],
    every: Sequence[Index] = (),
) -> list[Advice]:
    """Return one advice per index; one that statements need after all is no longer advised.

    ``every`` index of the database has those of partitions, for taking it back.
    """
    return [
        _advice(drop, tested.get((drop.index.schema, drop.index.name)), every) for drop in found
    ]


def _advice(drop: Drop, proof: DropProof | None, every: Sequence[Index]) -> Advice:
    index = drop.index
    hurts = proof is not None and proof.verdict == "hurts"
    enough = drop.enough and not hurts
    reason = drop.reason + (f"; {_tested(proof)}" if proof is not None else "")
    return Advice(
        action="drop" if enough else "keep",
        kind=f"{drop.kind}-index",
        schema=index.schema,
        table=index.table,
        index=index.name,
        columns=index.columns,
        title=f"{index.name} on {index.table} ({format_bytes(index.size_bytes)}): {reason}",
        reason=reason,
        fix=_fix(drop),
        do=drop_statement(index),
        undo=restored(index, every),
        check=_check(drop),
        proven=drop.proven and not hurts,
        enough=enough,
        severity="warning" if _matters(drop) and enough else "info",
        confidence=_confidence(drop),
        size_bytes=index.size_bytes,
        reference=_REFERENCE,
        evidence=[
            {
                "index": index.name,
                "columns": index.columns,
                "size_bytes": index.size_bytes,
                "scans": index.scans,
                "kept": drop.kept.name if drop.kept else None,
            }
        ],
    )


def rarely_used(
    found: Sequence[Index],
    states: Mapping[tuple[str, str], TableState],
    age: StatisticsAge,
    gone: Collection[tuple[str, str]] = (),
) -> list[Advice]:
    """Return indexes with a few scans in a month, each paid with over a thousand rows written.

    ``gone`` are those (schema, name) that something else is advised for. Younger statistics
    show how the tables were filled, not how they are used.
    """
    if not age.enough:
        return []
    advices = []
    for index in found:
        state = states.get((index.schema, index.table))
        scans = index.scans or 0
        writes = (state.inserts or 0) + (state.updates or 0) if state else 0
        rare = 0 < scans < RARE_SCANS and writes > WRITES_PER_SCAN * scans
        free = index.valid and not index.needed and not index.supports_foreign_key
        large = index.size_bytes >= LEAST_BYTES
        if rare and free and large and (index.schema, index.name) not in gone:
            advices.append(_rare(index, scans, writes, found))
    return advices


def _rare(index: Index, scans: int, writes: int, every: Sequence[Index]) -> Advice:
    reason = f"{format_count(scans)} scans for {format_count(writes)} rows written"
    return Advice(
        action="keep",
        kind="rarely-used-index",
        schema=index.schema,
        table=index.table,
        index=index.name,
        columns=index.columns,
        title=f"{index.name} on {index.table} ({format_bytes(index.size_bytes)}): {reason}",
        reason=reason,
        fix="See who scans it before anything else: a report that runs once a month may need it.",
        do=drop_statement(index),
        undo=restored(index, every),
        check="who scans it, and what that statement would take without it",
        enough=False,
        severity="info",
        confidence="low",
        size_bytes=index.size_bytes,
        reference=_REFERENCE,
        evidence=[{"index": index.name, "scans": scans, "writes": writes}],
    )


def _matters(drop: Drop) -> bool:
    return drop.kind != "unused" and drop.index.size_bytes >= LEAST_BYTES


def _confidence(drop: Drop) -> Level:
    if not drop.enough:
        return "low"
    return "high" if drop.proven else "medium"


def _fix(drop: Drop) -> str:
    if drop.kind == "unused" and not drop.enough:
        return "Do not drop it yet: look again when the statistics are older, on every standby too."
    if drop.kind == "unused":
        computed = (
            " Its expression has statistics of its own, which estimates may rest on: compare "
            "plans after the drop." if drop.index.computed else ""
        )  # fmt: skip
        return (
            f"Drop it if no standby uses it: every write to the table also writes to it.{computed}"
        )
    clustered = " CLUSTER uses it." if drop.index.clustered else ""
    return (
        f"Drop it: the other index answers the same questions, and writes get cheaper.{clustered}"
    )


def _check(drop: Drop) -> str:
    if drop.enough and drop.kind != "unused":
        return _larger(drop)
    month = "" if drop.enough else " once the statistics hold a month and its end"
    return f"no standby scans it{month}"


def _larger(drop: Drop) -> str:
    """Say what the other index costs where it is much larger: long keys are not folded."""
    if drop.kept is None or not drop.index.scans or drop.index.size_bytes < LEAST_BYTES:
        return ""
    times = drop.kept.size_bytes / drop.index.size_bytes
    if times < MUCH_LARGER:
        return ""
    return (
        f"{drop.kept.name} is {times:.0f} times as large: what scans much of {drop.index.name} "
        "reads so much more"
    )


def _tested(proof: DropProof) -> str:
    if proof.verdict == "cannot test":
        return f"not tested: {proof.refused}"
    plural = "" if proof.tested == 1 else "s"
    count = f"{format_count(proof.tested)} statement{plural} planned without it"
    if proof.verdict == "no change":
        return f"{count}: no plan changes"
    worst = max((change.ratio for change in proof.changes), default=1.0)
    if worst < _DEARER:
        return f"{count}: none gets dearer"
    changed = f"{format_count(len(proof.changes))} of {count} get another plan"
    return f"{changed}, the worst at {worst:.1f} times the cost"
