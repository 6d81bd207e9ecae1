"""What is asked of a proof, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.plans.model import Plan

__all__ = ["Basis", "Method", "Proof", "Question", "Verdict", "WriteCost"]

Method = Literal["hypopg", "sample", "built", "none"]
Verdict = Literal["helps", "tie", "not used", "not proven"]
Basis = Literal["measured", "estimated", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A statement of the workload, and how often it is asked.

    ``statement`` names its values ``:name`` or numbers them ``$1``; ``values`` has them by
    name, those of ``$1`` by ``"1"`` or as a sequence. What is missing is taken from the
    planner's statistics. ``mean_ms`` is the time of one call, ``calls`` how many there were.
    """

    statement: str
    values: Mapping[str, Any] | Sequence[Any] = field(default_factory=dict)
    mean_ms: float | None = None
    calls: int | None = None


@dataclass(frozen=True, kw_only=True)
class WriteCost:
    """What the index adds to writes; None is unknown.

    ``wal_bytes_per_1000_inserts`` and ``insert_ms_per_1000`` are those of the index alone,
    not of the rows. ``hot_share_*`` is the share of updates that touch no index (0 to 1): where
    ``basis`` is "measured" of updates to the columns of the index, else of the table's
    updates. ``hot_columns`` are the columns whose updates stop being HOT. WAL may be
    estimated where the rest was measured: ``wal_basis``.
    """

    wal_bytes_per_1000_inserts: float | None = None
    insert_ms_per_1000: float | None = None
    hot_share_before: float | None = None
    hot_share_after: float | None = None
    hot_columns: tuple[str, ...] = ()
    basis: Basis = "estimated"
    wal_basis: Basis = "estimated"

    @property
    def text(self) -> str:
        """One sentence for a person."""
        from perfkit.units import format_bytes

        wal = self.wal_bytes_per_1000_inserts
        how = "" if self.wal_basis == "measured" else f" ({self.wal_basis})"
        parts = [] if wal is None else [f"{format_bytes(wal)} of WAL per 1,000 inserts{how}"]
        if self.insert_ms_per_1000 is not None:
            parts.append(f"{self.insert_ms_per_1000:.1f} ms per 1,000 inserts")
        if self.hot_columns:
            parts.append(f"updates of {', '.join(self.hot_columns)} stop being HOT")
        return "; ".join(parts) or "unknown"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One statement without and with one index.

    Costs are the planner's for the whole statement, times are ms and the best of three
    executions, blocks of 8 kB are those found in shared buffers and read into them. Times and
    blocks are None where nothing was executed; a sample has no times: they would be those of
    a smaller table. ``share`` is the part of the table's rows that the sample holds.
    ``refused`` says why there is no proof, or none by a better method; ``test`` is what to
    run by hand. ``notes`` limit what was found, a sentence each.
    """

    candidate: Candidate
    question: Question
    method: Method = "none"
    verdict: Verdict = "not proven"
    used: bool = False
    before_cost: float | None = None
    after_cost: float | None = None
    before_ms: float | None = None
    after_ms: float | None = None
    before_blocks: int | None = None
    after_blocks: int | None = None
    plan_before: Plan | None = None
    plan_after: Plan | None = None
    size_bytes: int | None = None
    size_basis: str = "unknown"
    write_cost: WriteCost | None = None
    share: float | None = None
    foreign_key: bool = False  # its first column is the first of a foreign key
    values: Mapping[str, Any] | None = None
    refused: str = ""
    test: str = ""
    notes: tuple[str, ...] = ()

    @property
    def helps(self) -> bool:
        """Whether the index is proven to be worth its while for this statement."""
        return self.verdict == "helps"

    @property
    def ratio(self) -> float | None:
        """What is left with the index, as a share: of the time if measured, else of the cost."""
        for before, after in (
            (self.before_ms, self.after_ms),
            (self.before_blocks, self.after_blocks),
            (self.before_cost, self.after_cost),
        ):
            if before and after is not None:
                return after / before
        return None

    @property
    def saves_ms(self) -> float | None:
        """Time saved per call of the statement in the workload; None when its time is unknown."""
        base = self.before_ms if self.question.mean_ms is None else self.question.mean_ms
        if not self.helps or base is None or self.ratio is None:
            return None
        return base * max(1.0 - self.ratio, 0.0)
