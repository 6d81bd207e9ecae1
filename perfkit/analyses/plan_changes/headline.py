"""What made the difference, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.analyses.plan_changes.noise import factor
from perfkit.analyses.plan_changes.wording import amount, flip, times
from perfkit.units import format_share

if TYPE_CHECKING:
    from perfkit.analyses.plan_changes.changed import Changed

__all__ = ["headline"]


def headline(change: Changed) -> str:
    """Return the conclusion; times within the noise of single executions are no difference."""
    a, b = change.totals
    if a is None or b is None:
        return f"{_shape(change)}; a plan without times and costs says no more."
    if not change.differ(a, b):
        what = "time" if change.measure == "time" else "estimated cost"
        return (
            f"No difference in {what} beyond noise: {amount(a, change.measure)} in "
            f"{change.a.name}, {amount(b, change.measure)} in {change.b.name}. {_shape(change)}."
        )
    return f"{_whole(change, a, b)}{_because(change)}"


def _shape(change: Changed) -> str:
    if change.a.plan.shape_id == change.b.plan.shape_id:
        return "The plans have the same shape"
    flipped = next((pair for pair in change.both if pair.flipped), None)
    return "The shape differs" + (
        f" ({flipped.what}: {flip(change, flipped)})" if flipped is not None else ""
    )


def _whole(change: Changed, a: float, b: float) -> str:
    unit = change.measure
    more = times(max(a, b) / max(min(a, b), 1e-6))
    if unit == "cost":
        word = "more" if b > a else "less"
        return (
            f"{change.b.name} is estimated at {amount(b, unit)}, {change.a.name} at "
            f"{amount(a, unit)}: {more} {word}"
        )
    word = "slower" if b > a else "faster"
    return (
        f"{change.b.name} takes {amount(b, unit)}, {change.a.name} {amount(a, unit)}: {more} {word}"
    )


def _because(change: Changed) -> str:
    pair = change.reason
    if pair is None:
        return ""
    share = min(1.0, abs(pair.delta) / max(abs(change.delta or 0.0), 1e-9))
    return f"; {format_share(share)} of it by {pair.what} ({flip(change, pair)}{_rows(change)})"


def _rows(change: Changed) -> str:
    """Add the rows where these are what differs."""
    pair = change.reason
    if pair is None or pair.a is None or pair.b is None or pair.flipped:
        return ""
    a, b = (row.get("total_rows") for row in change.rows(pair))
    ratio = factor(a, b)
    if ratio is None or 1 / 2 < ratio < 2:  # noqa: PLR2004 - twice as many, or half
        return ""
    return f", {times(max(ratio, 1 / ratio))} {'more' if ratio > 1 else 'fewer'} rows"
