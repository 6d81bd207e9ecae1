"""What a proof found, in the words of a headline, a finding and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.units import format_bytes, format_count, format_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.plans.candidates import Candidate
    from perfkit.tasks.proofs import Proof

__all__ = ["figures", "headline", "index_text", "method", "tried", "why_not"]

_METHODS = {
    "hypopg": "HypoPG",
    "sample": "on a sample, rolled back",
    "built": "built, rolled back",
    "none": "not tried",
}
_TRIED = pa.schema([
    ("verdict", pa.string()), ("before_cost", pa.float64()), ("after_cost", pa.float64()),
    ("before_blocks", pa.int64()), ("after_blocks", pa.int64()), ("size_bytes", pa.int64()),
    ("index", pa.string()), ("method", pa.string()),
    ("before_ms", pa.float64()), ("after_ms", pa.float64()), ("write_cost", pa.string()),
])  # fmt: skip


def index_text(candidate: Candidate) -> str:
    """Return ``orders (user_id, created_at DESC) WHERE ...``, with all that belong together."""
    together = (candidate, *candidate.companions)
    return " and ".join(f"{one.qualified_table} {one.body}" for one in together)


def method(proof: Proof) -> str:
    """Return how it was found out: ``HypoPG``, ``built, rolled back``."""
    return _METHODS[proof.method]


def headline(proof: Proof) -> str:
    """Return ``With orders (user_id): cost 12,325 -> 82, 19 MB (HypoPG)`` or why it is unknown."""
    index = index_text(proof.candidate)
    if proof.plan_after is None:
        return f"With {index}: not proven; {why_not(proof)}"
    if not proof.used:
        return f"With {index}: the planner does not use it ({method(proof)})"
    said = "" if proof.helps else ", which makes no difference" if proof.verdict == "tie" else ""
    return f"With {index}: {figures(proof)}{said}"


def figures(proof: Proof) -> str:
    """Return before and after, size and what writes pay, with how it was found out."""
    return f"{', '.join(_figures(proof))} ({method(proof)})"


def why_not(proof: Proof) -> str:
    """Return why there is no proof, as the end of a sentence."""
    return proof.refused.rstrip(".") or "no method is available here"


def tried(proofs: Sequence[Proof]) -> pa.Table:
    """Return one row per index that was tried; costs are the planner's, times ms."""
    rows = [_row(proof) for proof in proofs]
    return pa.Table.from_pylist(rows, schema=_TRIED)


def _figures(proof: Proof) -> Iterator[str]:
    if proof.before_cost is not None and proof.after_cost is not None:
        yield f"cost {_cost(proof.before_cost)} -> {_cost(proof.after_cost)}"
    if proof.before_blocks is not None and proof.after_blocks is not None:
        yield f"{proof.before_blocks:,} -> {proof.after_blocks:,} blocks"
    if proof.before_ms is not None and proof.after_ms is not None:
        yield f"{format_ms(proof.before_ms)} -> {format_ms(proof.after_ms)}"
    if proof.size_bytes is not None:
        about = "about " if proof.size_basis == "estimated" else ""
        yield f"{about}{format_bytes(proof.size_bytes)}"
    cost = proof.write_cost
    if cost is not None and cost.wal_bytes_per_1000_inserts is not None:
        yield f"+{format_bytes(cost.wal_bytes_per_1000_inserts)} of WAL per 1,000 inserts"
    if cost is not None and cost.hot_columns:
        yield f"updates of {', '.join(cost.hot_columns)} stop being HOT"


def _cost(value: float) -> str:
    return format_count(round(value)) if value >= 1 else f"{value:.2g}"


def _row(proof: Proof) -> dict[str, Any]:
    names = ("before_cost", "after_cost", "before_blocks", "after_blocks", "before_ms", "after_ms")
    return {
        "index": index_text(proof.candidate),
        "verdict": proof.verdict,
        "method": method(proof),
        **{name: getattr(proof, name) for name in (*names, "size_bytes")},
        "write_cost": proof.write_cost.text if proof.write_cost else None,
    }
