"""Who holds connections, for how long, and how much of that the database does not work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.pools.usage import Usage
    from perfkit.recording import Recording

__all__ = ["SCHEMA", "Holder", "external", "holders"]

SCHEMA = pa.schema(
    [
        ("pool", pa.string()),
        ("stack", pa.string()),
        ("checkouts", pa.int64()),
        ("hold_share", pa.float64()),
        ("p50_hold_ms", pa.float64()),
        ("max_hold_ms", pa.float64()),
        ("mean_hold_ms", pa.float64()),
        ("mean_busy_ms", pa.float64()),
        ("idle_share", pa.float64()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The checkouts of one pool made from one place (``rows`` index into them)."""

    stack: str
    rows: NDArray[np.int64]
    total_hold_ms: float
    p50_hold_ms: float
    max_hold_ms: float
    mean_hold_ms: float
    mean_busy_ms: float
    p50_idle_ms: float

    @property
    def site(self) -> str:
        """The innermost application frame: ``file:function:line``."""
        return self.stack.rsplit(";", 1)[-1]

    @property
    def mean_idle_ms(self) -> float:
        """Mean time held while the database had nothing to do; NaN when that is unknown."""
        return max(self.mean_hold_ms - self.mean_busy_ms, 0.0)

    @property
    def idle_share(self) -> float:
        """Share of the hold in which the database had nothing to do."""
        return self.mean_idle_ms / self.mean_hold_ms if self.mean_hold_ms > 0 else float("nan")


def holders(usage: Usage) -> list[Holder]:
    """Return the places that take connections, the longest total hold first."""
    checkouts = usage.checkouts
    ended = ~np.isnan(checkouts.hold_ms)
    names = pc.fill_null(checkouts.stack, "")
    codes = names.dictionary_encode()
    keys = codes.indices.to_numpy(zero_copy_only=False)
    found = [
        _holder(usage, str(stack), np.flatnonzero(ended & (keys == code)))
        for code, stack in enumerate(codes.dictionary.to_pylist())
    ]
    return sorted((one for one in found if one.rows.size), key=lambda one: -one.total_hold_ms)


def table(usage: Usage, found: list[Holder]) -> pa.Table:
    """Return the holders as a table."""
    whole = sum(one.total_hold_ms for one in found) or 1.0
    rows = [
        {
            "pool": usage.pool,
            "stack": one.stack or None,
            "checkouts": one.rows.size,
            "hold_share": one.total_hold_ms / whole,
            "p50_hold_ms": one.p50_hold_ms,
            "max_hold_ms": one.max_hold_ms,
            "mean_hold_ms": one.mean_hold_ms,
            "mean_busy_ms": one.mean_busy_ms,
            "idle_share": one.idle_share,
        }
        for one in found
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def external(rec: Recording, usage: Usage, holder: Holder) -> tuple[str, float] | None:
    """Return the call to another service that overlaps the holds most, and its share of them.

    Calls are client spans, other than of databases and pools, in the holder's own traces.
    """
    calls = _calls(rec)
    traces = usage.checkouts.trace_id.take(pa.array(holder.rows))
    calls = calls.filter(pc.is_in(calls["trace_id"], value_set=pc.drop_null(traces.unique())))
    if not calls.num_rows:
        return None
    held = pa.table(
        {
            "trace_id": traces,
            "from": usage.checkouts.acquired[holder.rows],
            "to": usage.checkouts.released[holder.rows],
        }
    )
    both = calls.join(held, keys="trace_id", join_type="inner")
    # what began before the hold is the call that this service answers, not one it makes
    both = both.filter(pc.greater_equal(both["start"], both["from"]))
    if not both.num_rows:
        return None
    start = pc.max_element_wise(both["start"], both["from"])
    end = pc.min_element_wise(both["end"], both["to"])
    overlap = pc.max_element_wise(pc.divide(pc.subtract(end, start), 1e6), 0.0)
    sums = (
        pa.table({"peer": both["peer"], "ms": overlap}).group_by("peer").aggregate([("ms", "sum")])
    )
    peer, ms = max(
        ((row["peer"], row["ms_sum"] or 0.0) for row in sums.to_pylist()), key=lambda p: p[1]
    )
    return (str(peer), ms / holder.total_hold_ms) if ms > 0 else None


def _calls(rec: Recording) -> pa.Table:
    spans = rec.arrow("spans")
    kind, category = (spans[name].cast(pa.string()) for name in ("kind", "category"))
    outward = pc.and_(
        pc.fill_null(pc.equal(kind, "client"), fill_value=False),
        pc.invert(pc.is_in(category, value_set=pa.array(["db", "pool"]))),
    )
    spans = spans.filter(pc.and_(outward, pc.is_valid(spans["trace_id"])))
    start = spans["started_at"].cast(pa.int64()).cast(pa.float64(), safe=False)
    return pa.table(
        {
            "trace_id": spans["trace_id"],
            "start": start,
            "end": pc.add(start, pc.multiply(spans["duration_ms"], 1e6)),
            "peer": pc.coalesce(
                spans["peer"].cast(pa.string()), spans["name"].cast(pa.string()), "another service"
            ),
        }
    )


def _holder(usage: Usage, stack: str, rows: NDArray[np.int64]) -> Holder:
    hold, busy = usage.checkouts.hold_ms[rows], usage.checkouts.busy_ms[rows]
    known = rows.size > 0
    return Holder(
        stack=stack,
        rows=rows,
        total_hold_ms=float(hold.sum()),
        p50_hold_ms=float(np.median(hold)) if known else 0.0,
        max_hold_ms=float(hold.max(initial=0.0)),
        mean_hold_ms=float(hold.mean()) if known else 0.0,
        mean_busy_ms=_mean(busy),
        p50_idle_ms=float(np.median(usage.checkouts.idle_ms[rows])) if known else 0.0,
    )


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
