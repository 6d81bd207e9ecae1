"""Memory, workers, JIT and settings that differ between two executions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfkit.analyses.plan_changes.noise import BAND_MS, MATTERS_SHARE
from perfkit.analyses.plan_changes.wording import listed, way
from perfkit.results import Finding, Fix
from perfkit.units import format_bytes, format_count, format_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.plan_changes.changed import Changed
    from perfkit.analyses.plan_changes.sides import Side
    from perfkit.results import Severity

__all__ = ["resources"]

_SPILL = 1 << 20  # bytes: less is written within a millisecond
_MORE = 4.0  # times as much
_NAME = re.compile(r"[a-z_][a-z0-9_.]*", re.IGNORECASE)


def resources(change: Changed) -> Iterator[Finding]:
    """Yield what ``b`` lacked or had beside ``a``."""
    yield from _spill(change)
    yield from _workers(change)
    yield from _jit(change)
    yield from _settings(change)


def _severity(change: Changed) -> Severity:
    """Return a warning where ``b`` is slower beyond noise."""
    slower = change.differ(*change.totals) and (change.delta or 0.0) > 0
    return "warning" if slower else "info"


def _spilled(side: Side) -> list[tuple[float, int]]:
    return [(row["spilled_bytes"] or 0.0, node) for node, row in enumerate(side.rows)]


def _spill(change: Changed) -> Iterator[Finding]:
    a, b = _spilled(change.a), _spilled(change.b)
    before, after = sum(size for size, _ in a), sum(size for size, _ in b)
    if not change.a.plan.analyzed or after < max(_SPILL, _MORE * before):
        return
    size, node = max(b)
    yield Finding(
        rule="spill-appeared",
        severity=_severity(change),
        title=f"{change.b.name} writes {format_bytes(after)} to disk for want of memory, "
        f"{format_bytes(size)} of it in {way(change.b, node)}; {change.a.name} "
        + (f"writes {format_bytes(before)}" if before else "writes nothing"),
        evidence=[
            {"side": change.a.name, "spilled_bytes": before, "work_mem": _setting(change.a)},
            {"side": change.b.name, "spilled_bytes": after, "work_mem": _setting(change.b)},
        ],
        fix=Fix(
            text="Compare work_mem and the rows of both sides; more memory for this statement "
            "alone is set in its transaction.",
            snippet="SET LOCAL work_mem = '64MB';" if _postgres(change) else "",
            language="sql" if _postgres(change) else "",
            test="SHOW work_mem;" if _postgres(change) else "",
        ),
    )


def _postgres(change: Changed) -> bool:
    return change.b.plan.system == "postgresql"


def _setting(side: Side) -> str | None:
    value = side.plan.settings.get("work_mem")
    return None if value is None else str(value)


def _workers(change: Changed) -> Iterator[Finding]:
    a, b = (_launched(side) for side in (change.a, change.b))
    planned = sum(node.number("Workers Planned") or 0.0 for node in change.b.plan.tree)
    # Where nothing got slower, workers that other statements had at the moment are no matter.
    if b >= a or _severity(change) != "warning" or change.measure != "time":
        return
    had = f"{format_count(planned)} planned, {format_count(b)} launched" if planned else "none"
    yield Finding(
        rule="fewer-workers",
        severity="warning",
        title=f"{change.b.name} ran with {format_count(b)} parallel workers, {change.a.name} with "
        f"{format_count(a)} ({change.b.name}: {had})",
        evidence=[
            {"side": change.a.name, "workers_launched": a},
            {"side": change.b.name, "workers_launched": b, "workers_planned": planned},
        ],
        fix=Fix(
            text="Where fewer were launched than planned, the pool of workers was empty "
            "(max_parallel_workers, max_worker_processes); where none were planned, the settings "
            "(max_parallel_workers_per_gather, min_parallel_table_scan_size) or the size of the "
            "tables differ.",
            test="SELECT name, setting FROM pg_settings WHERE name LIKE 'max_parallel%'"
            " OR name = 'max_worker_processes';",
        ),
    )


def _launched(side: Side) -> float:
    return sum(row["workers"] or 0.0 for row in side.rows)


def _jit(change: Changed) -> Iterator[Finding]:
    after, whole = change.b.plan.jit_ms, change.b.total
    if not after or change.a.plan.jit_ms or not change.a.plan.analyzed or not whole:
        return
    if after < BAND_MS or after < MATTERS_SHARE * whole:
        return
    yield Finding(
        rule="jit-appeared",
        severity=_severity(change),
        title=f"{change.b.name} compiles for {format_ms(after)} of {format_ms(whole)} (JIT), "
        f"{change.a.name} does not",
        evidence=[{"side": change.b.name, "jit_ms": after, "execution_ms": whole}],
        saves_ms=after if _severity(change) == "warning" else None,
        saves_basis="per execution" if _severity(change) == "warning" else "",
        fix=Fix(
            text="The estimated cost passed jit_above_cost: raise it, or mend the estimate that "
            "made the plan look that expensive.",
            snippet="SET jit = off;",
            language="sql",
            test="SHOW jit_above_cost;",
        ),
    )


def _settings(change: Changed) -> Iterator[Finding]:
    a, b = change.a.plan.settings, change.b.plan.settings
    names = [name for name in sorted({*a, *b}, key=str) if a.get(name) != b.get(name)]
    if not names:
        return
    silent = next((s.name for s, own in ((change.a, a), (change.b, b)) if not own), "")
    unsure = f" ({silent} names none: defaults, or EXPLAIN without SETTINGS)" if silent else ""
    yield Finding(
        rule="settings-differ",
        severity="info" if change.a.plan.shape_id == change.b.plan.shape_id else _severity(change),
        title=f"settings of the planner differ: {listed([str(name) for name in names])}{unsure}",
        evidence=[
            {"setting": str(name), "a": _text(a.get(name)), "b": _text(b.get(name))}
            for name in names
        ],
        fix=Fix(
            text=f"Run one side with the settings of the other ({change.a.name}'s are below); "
            "RESET takes them back.",
            snippet="\n".join(
                f"SET {name} = '{str(value).replace(chr(39), chr(39) * 2)}';"
                for name, value in a.items()
                if name in names and _NAME.fullmatch(str(name))
            ),
            language="sql",
        ),
        confidence="low" if silent else "high",
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
