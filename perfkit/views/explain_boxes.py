"""The nodes of a plan as boxes: as many as can be drawn, small subtrees folded into one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perfkit.units import format_bytes, format_count, format_ms, format_share
from perfkit.views import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

__all__ = ["MOST_BOXES", "Box", "boxes", "measured"]

#: More boxes than this are neither readable nor fluid.
MOST_BOXES = 400
_FACTOR = 10.0  # of a row estimate that is worth a word
_SKEW = 2.0


@dataclass(frozen=True, kw_only=True)
class Box:
    """One box: ``value`` with everything below it, ``own`` alone; ``parent`` "" for the root."""

    id: str
    parent: str
    label: str
    text: str
    hover: str
    value: float
    own: float
    marked: bool = False


def measured(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the widths can be times; otherwise they are estimated costs."""
    return any(row["self_ms"] for row in rows)


def boxes(
    rows: Sequence[Mapping[str, Any]], found: Mapping[int, Sequence[str]], *, timed: bool
) -> list[Box]:
    """Return at most some 400 boxes of the node table ``rows``.

    ``found`` are the titles of findings by node: these nodes are always drawn, and marked.
    """
    own = [(row["self_ms"] if timed else row["self_cost"]) or 0.0 for row in rows]
    whole, counts = _sums(rows, own)
    drawn = _drawn(rows, whole, set(found))
    shown = [
        _box(row, own[n], whole, found.get(n, ()), timed=timed)
        for n, row in enumerate(rows)
        if n in drawn
    ]
    return shown + _folded(rows, drawn, whole, counts, timed=timed)


def _sums(rows: Sequence[Mapping[str, Any]], own: Sequence[float]) -> tuple[list[float], list[int]]:
    """Return value and number of nodes of every subtree: no box is wider than its parent."""
    sums, counts = list(own), [1] * len(rows)
    for n in range(len(rows) - 1, 0, -1):
        parent = rows[n]["parent_id"]
        if parent is not None:
            sums[parent] += sums[n]
            counts[parent] += counts[n]
    return sums, counts


def _drawn(
    rows: Sequence[Mapping[str, Any]], whole: Sequence[float], marked: AbstractSet[int]
) -> set[int]:
    """Choose the widest boxes; whoever is drawn has all its ancestors drawn."""
    if len(rows) <= MOST_BOXES:
        return set(range(len(rows)))
    widest = sorted(range(len(rows)), key=lambda n: (-whole[n], n))[:MOST_BOXES]
    drawn: set[int] = set()
    for n in (*sorted(marked), *widest):
        here: int | None = n
        while here is not None and here not in drawn and here < len(rows):
            drawn.add(here)
            here = rows[here]["parent_id"]
    return drawn


def _folded(
    rows: Sequence[Mapping[str, Any]],
    drawn: set[int],
    whole: Sequence[float],
    counts: Sequence[int],
    *,
    timed: bool,
) -> list[Box]:
    """Return one box for all that is not drawn below a node."""
    below: dict[int, tuple[float, int]] = {}
    for n, row in enumerate(rows):
        parent = row["parent_id"]
        if n not in drawn and parent in drawn:
            value, count = below.get(parent, (0.0, 0))
            below[parent] = value + whole[n], count + counts[n]
    return [
        Box(
            id=f"{parent}+", parent=str(parent), label=f"{format_count(count)} more nodes",
            text=_amount(value, timed=timed), hover=f"{format_count(count)} nodes not drawn",
            value=value, own=0.0,
        )
        for parent, (value, count) in below.items()
    ]  # fmt: skip


def _box(
    row: Mapping[str, Any],
    own: float,
    whole: Sequence[float],
    found: Sequence[str],
    *,
    timed: bool,
) -> Box:
    share = own / whole[0] if whole[0] else 0.0
    label = _label(row)
    box = Box(
        id=str(row["node_id"]),
        parent="" if row["parent_id"] is None else str(row["parent_id"]),
        label=theme.safe(f"\u25b2 {label}" if found else label, 60),
        text="<br>".join(
            theme.safe(line, 60)
            for line in (f"{_amount(own, timed=timed)}, {format_share(share)}", *_said(row))
            if line
        ),
        hover="",
        value=whole[row["node_id"]],
        own=share,
        marked=bool(found),
    )
    return replace(box, hover=_hover(row, own, share, found, timed=timed))


def _label(row: Mapping[str, Any]) -> str:
    on = f" on {row['relation']}" if row["relation"] else ""
    return f"{row['node_type']}{on}"


def _amount(value: float, *, timed: bool) -> str:
    return format_ms(value) if timed else f"cost {format_count(round(value))}"


def _said(row: Mapping[str, Any]) -> list[str]:
    """Return what a person looks for in a plan, in a few words each."""
    if row["never_executed"]:
        return ["never executed"]
    rows = row["total_rows"] if row["total_rows"] is not None else row["plan_rows"]
    counted = "" if rows is None else f"{format_count(rows)} rows"
    factor = row["row_factor"]
    if factor is not None and factor >= _FACTOR:
        # too few rows may have come only because nobody asked for more
        counted += f", {format_count(factor)}x as many as expected"
    spilled = row.get("spilled_bytes")
    skew = row.get("skew")
    return [
        counted,
        f"{format_count(row['loops'])} loops" if (row["loops"] or 0) > 1 else "",
        f"{format_bytes(spilled)} on disk" if spilled else "",
        f"slowest worker {skew:.1f}x" if skew and skew >= _SKEW else "",
    ]


def _hover(
    row: Mapping[str, Any], own: float, share: float, found: Sequence[str], *, timed: bool
) -> str:
    lines = [_label(row), *(f"\u25b2 {title}" for title in found)]
    lines.append(f"alone: {_amount(own, timed=timed)}, {format_share(share)}")
    lines += _said(row)
    if row["plan_rows"] is not None:
        lines.append(f"expected per loop: {format_count(row['plan_rows'])} rows")
    if row["self_hit_blocks"] is not None:
        read = row["self_read_blocks"] or 0
        lines.append(f"blocks: {row['self_hit_blocks']:,} hit, {read:,} read")
    if row["rows_removed"]:
        lines.append(f"rows thrown away: {format_count(row['rows_removed'])}")
    lines += [f"index: {row['index']}" if row["index"] else "", row["condition"] or ""]
    return "<br>".join(theme.safe(line, 160) for line in lines if line)
