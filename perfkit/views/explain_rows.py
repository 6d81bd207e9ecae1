"""The nodes of a plan as rows of a picture: those that matter, runs of the others folded."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit.units import format_bytes, format_count, format_ms, format_share
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    Node = Mapping[str, Any]
    Found = Mapping[int, Sequence[str]]

__all__ = ["COLUMNS", "MOST_ROWS", "Row", "label", "measured", "percent", "rows"]

#: A plan with more nodes than this is folded: more rows are no picture but a list.
MOST_ROWS = 40
#: What stands beside every bar.
COLUMNS = ("alone", "%", "rows", "est.", "blocks")
_LONGEST = 42  # characters of a name, its number and indentation included
_DEEPEST = 12  # levels that are indented
_FOUND_FIRST = 5  # nodes with findings that are drawn however little they take
_FOLDS = 10  # rows less where some say how many more there are
_FACTOR = 10.0  # of a row estimate that is worth a word
_SKEW = 2.0
_MOST_REMOVED = 0.9  # of the rows read: what rules of scans begin with
_LINE, _LINES = 90, 4  # of a condition shown on demand
#: A node below these may have few rows because nobody asked for more.
_STOPS = frozenset({"Limit", "Nested Loop", "Merge Join", "Result"})


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: ``own`` of the node alone, ``whole`` with all below; plain text, not escaped."""

    name: str
    own: float
    whole: float
    cells: tuple[str, ...] = ("",) * len(COLUMNS)
    note: str = ""
    hover: str = ""
    found: bool = False
    folded: bool = False


def measured(nodes: Sequence[Node]) -> bool:
    """Whether bars can be times; otherwise they are estimated costs."""
    return any(node["self_ms"] for node in nodes)


def rows(
    nodes: Sequence[Node], found: Found, *, timed: bool, most: int = MOST_ROWS, mark: str = ""
) -> list[Row]:
    """Return the rows of a node table, depth first: at most ``most`` nodes, the others folded.

    Where not all can be drawn these are five of the nodes in ``found`` (titles of findings by
    node), then those that take most by themselves, with their ancestors where there is room.
    ``mark`` stands before every number.
    """
    own = [(node["self_ms"] if timed else node["self_cost"]) or 0.0 for node in nodes]
    whole = [node["inclusive_ms"] or 0.0 for node in nodes] if timed else _sums(nodes, own)
    drawn = _without_gaps_of_one(_drawn(nodes, own, found, most), len(nodes))
    named = _Named(nodes, drawn, mark)
    all_of_it = _execution(nodes) if timed else whole[0] or 1.0
    shown, before = [], -1
    for n in drawn:
        shown += _folded(own[before + 1 : n], before + 1, all_of_it, timed=timed)
        shown.append(
            Row(
                name=named(n, marked=n in found),
                own=own[n],
                whole=whole[n],
                cells=_cells(nodes, n, own[n], all_of_it, timed=timed),
                note=", ".join(_notes(nodes[n])),
                hover="\n".join(_hover(nodes, n, own[n], whole[n], found, timed=timed)),
                found=n in found,
            )
        )
        before = n
    return shown + _folded(own[before + 1 :], before + 1, all_of_it, timed=timed)


def _sums(nodes: Sequence[Node], own: Sequence[float]) -> list[float]:
    """Return the value of every subtree."""
    sums = list(own)
    for n in range(len(nodes) - 1, 0, -1):
        sums[nodes[n]["parent_id"] or 0] += sums[n]
    return sums


def _drawn(nodes: Sequence[Node], own: Sequence[float], found: Found, most: int) -> set[int]:
    """Choose some nodes with findings, then those with the largest values."""
    if len(nodes) <= most:
        return set(range(len(nodes)))
    drawn, by_value = {0}, sorted(range(len(nodes)), key=lambda n: (-own[n], n))
    drawn.update([n for n in by_value if n in found][:_FOUND_FIRST])
    most -= _FOLDS
    for n in by_value:
        if len(drawn) >= most:
            break
        path = list(_up(nodes, n))
        drawn.update(path if len(drawn | set(path)) <= most else (n,))
    return drawn


def _without_gaps_of_one(drawn: AbstractSet[int], count: int) -> list[int]:
    """Return the nodes to draw in order: a row that says "1 more" could as well be the node."""
    ends = {*drawn, count}
    return [n for n in range(count) if n in drawn or {n - 1, n + 1} <= ends]


def _up(nodes: Sequence[Node], n: int) -> Iterator[int]:
    """Yield a node and its ancestors, no more than could be drawn."""
    here: int | None = n
    for _ in range(MOST_ROWS + 1):
        if here is None:
            return
        yield here
        here = nodes[here]["parent_id"]


def _execution(nodes: Sequence[Node]) -> float:
    """Return the time that shares are shares of."""
    known = (node["self_ms"] / node["self_share"] for node in nodes if node["self_share"])
    return next(known, nodes[0]["inclusive_ms"] or 1.0)


def _folded(own: Sequence[float], first: int, all_of_it: float, *, timed: bool) -> list[Row]:
    """Return one row for nodes that are not drawn, none for none."""
    if not own:
        return []
    total, count = sum(own), format_count(len(own))
    numbers = f"{first}" if len(own) == 1 else f"{first} to {first + len(own) - 1}"
    return [
        Row(
            name=f"  \u2026 {count} more: {numbers}",
            own=total,
            whole=total,
            cells=(_amount(total, timed=timed), percent(total / all_of_it), "", "", ""),
            hover=f"{count} nodes that take little, together: {_amount(total, timed=timed)}",
            folded=True,
        )
    ]


class _Named:
    """Names with the node's number, indented as far as the drawn nodes need it."""

    def __init__(self, nodes: Sequence[Node], drawn: Sequence[int], mark: str) -> None:
        self._nodes, self._mark = nodes, mark
        self._width = len(str(drawn[-1]))
        depths = sorted({nodes[n]["depth"] for n in drawn})
        self._indent = {depth: min(at, _DEEPEST) for at, depth in enumerate(depths)}

    def __call__(self, n: int, *, marked: bool) -> str:
        indent = " " * self._indent[self._nodes[n]["depth"]]
        sign = "\u25b2 " if marked else ""
        number = f"{self._mark}{n:>{self._width}}"
        return visible(f"{number} {indent}{sign}{label(self._nodes[n])}", _LONGEST)


def label(node: Node) -> str:
    """Return ``Index Scan on orders o (orders_pkey)``; a CTE is known by its alias."""
    on = dict.fromkeys(name for name in (node["relation"], node["alias"]) if name)
    index = f" ({node['index']})" if node["index"] else ""
    return f"{node['node_type']}{' on ' if on else ''}{' '.join(on)}{index}"


def _amount(value: float, *, timed: bool) -> str:
    return format_ms(value) if timed else format_count(round(value))


def _cells(
    nodes: Sequence[Node], n: int, own: float, all_of_it: float, *, timed: bool
) -> tuple[str, ...]:
    node = nodes[n]
    skipped = bool(node["never_executed"])
    hit, read = node["self_hit_blocks"], node["self_read_blocks"]
    blocks = None if hit is None and read is None else (hit or 0) + (read or 0)
    counted = node["plan_rows"] if node["total_rows"] is None else node["total_rows"]
    return (
        "" if skipped else _amount(own, timed=timed),
        "" if skipped else percent(own / all_of_it),
        "" if skipped or counted is None else format_count(counted),
        _estimate(nodes, n),
        format_count(blocks) if blocks else "",
    )


def percent(share: float | None) -> str:
    """Return a share as the column ``%`` shows it."""
    return "" if share is None else format_share(share).removesuffix(" %")


def _estimate(nodes: Sequence[Node], n: int) -> str:
    """Say how many times more or fewer rows came than were expected, from 10 times on.

    Fewer rows below a Limit or a join may only be those that somebody asked for.
    """
    factor = nodes[n]["row_factor"]
    if factor is None or nodes[n]["never_executed"]:
        return ""
    if factor >= _FACTOR:
        return f"\u00d7{format_count(round(factor))}"
    if factor > 1 / _FACTOR or _may_stop(nodes, n):
        return ""
    return f"\u00f7{format_count(round(1 / factor))}"


def _may_stop(nodes: Sequence[Node], n: int) -> bool:
    return any(nodes[up]["node_type"] in _STOPS for up in _up(nodes, n) if up != n)


def _notes(node: Node) -> Iterator[str]:
    """Yield what a person looks for in a plan, in a few words each."""
    if node["never_executed"]:
        yield "never executed"
        return
    removed, kept = node["rows_removed"] or 0.0, node["total_rows"] or 0.0
    if removed and removed / (removed + kept) >= _MOST_REMOVED:
        yield f"{format_count(round(removed))} rows removed"
    if node.get("spilled_bytes"):
        yield f"{format_bytes(node['spilled_bytes'])} on disk"
    if (node["loops"] or 0) > 1:
        yield f"{format_count(node['loops'])} loops"
    if (node["workers"] or 0) > 0:
        yield f"{format_count(node['workers'])} workers"
    if (node.get("skew") or 0) >= _SKEW:
        yield f"slowest worker {node['skew']:.1f}x"


def _hover(
    nodes: Sequence[Node], n: int, own: float, whole: float, found: Found, *, timed: bool
) -> Iterator[str]:
    node = nodes[n]
    yield f"{n}: {label(node)}"
    yield from (f"\u25b2 {title}" for title in found.get(n, ()))
    if timed:
        yield f"alone {_amount(own, timed=True)}, with all below {_amount(whole, timed=True)}"
    else:
        yield f"cost alone {_amount(own, timed=False)}, with all below {format_count(round(whole))}"
    yield from _notes(node)
    yield from _counts(node)
    yield from textwrap.wrap(
        visible(node["condition"] or "", _LINE * _LINES), _LINE, max_lines=_LINES
    )


def _counts(node: Node) -> Iterator[str]:
    """Yield rows, blocks and waits of a node in words."""
    expected = format_count(node["plan_rows"]) if node["plan_rows"] is not None else "n/a"
    if node["actual_rows"] is not None:
        yield f"rows per loop: {format_count(node['actual_rows'])}, expected {expected}"
    elif node["plan_rows"] is not None:
        yield f"rows expected: {expected}"
    if node["rows_removed"]:
        yield f"rows removed by conditions: {format_count(node['rows_removed'])}"
    if node["self_hit_blocks"] is not None:
        read = node["self_read_blocks"] or 0
        yield f"blocks of its own: {node['self_hit_blocks']:,} hit, {read:,} read"
    if node["self_temp_read_blocks"] or node["self_temp_written_blocks"]:
        written, read = node["self_temp_written_blocks"] or 0, node["self_temp_read_blocks"] or 0
        yield f"blocks of temporary files: {written:,} written, {read:,} read"
    if node["self_io_ms"]:
        yield f"waited for the disk: {format_ms(node['self_io_ms'])}"
