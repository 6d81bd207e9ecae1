"""What limits a digest, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit import units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.analyses.digests.partial import Partial
    from perfkit.recording import Recording

__all__ = ["caveats"]

_ONLY_TOTALS = (
    "Only totals per statement were read: examples, times and (unless the server kept them)"
    " percentiles of single executions are unknown."
)
_SWITCH_ON = (
    "To be told how long statements take, set log_min_duration_statement = 0 (PostgreSQL),"
    " long_query_time = 0 with slow_query_log (MySQL, MariaDB) or slowms with the profiler"
    " (MongoDB)."
)
_BOTH = (
    "Totals per statement (statement_totals) were read as well, and not added: they tell of the"
    " same executions as the log."
)


def caveats(
    rec: Recording,
    part: Partial,
    totals: Mapping[str, Any],
    *,
    exact: bool,
    only_totals: bool,
) -> list[str]:
    """Return what has to be known to read the numbers rightly."""
    notes = rec.caveats()
    if only_totals:
        return [*notes, _ONLY_TOTALS]
    return [
        *notes,
        *([] if totals["total_ms"] or not rec.inputs else [_SWITCH_ON]),
        *_of_rows(part, totals),
        *_of_kinds(part),
        *_of_bounds(part, exact=exact),
        *_of_totals(rec),
    ]


def _of_rows(part: Partial, totals: Mapping[str, Any]) -> list[str]:
    notes = []
    rows = sum(part.kinds.values())
    untimed = round(part.sums["calls"].sum() - part.sums["timed"].sum())
    if untimed:
        notes.append(f"{untimed:,} of {rows:,} statements have no duration.")
    if totals["parse_bind_ms"]:
        notes.append(
            f"Parse and bind took another {units.format_ms(totals['parse_bind_ms'])}"
            " (column parse_bind_ms); total_ms counts execution alone."
        )
    samples = part.sums["samples"].sum()
    if samples and abs(part.sums["timed"].sum() / samples - 1) > 1e-9:  # noqa: PLR2004 - rounding
        notes.append(
            f"The log is a sample: {round(samples):,} statements with a duration stand for"
            f" {round(part.sums['timed'].sum()):,} (column samples); calls, times and rows are"
            " scaled up, extremes are those of the sample."
        )
    return notes


def _of_kinds(part: Partial) -> list[str]:
    notes = []
    if "gap_upper_bound" in part.kinds:
        notes.append("Some durations are gaps between log lines: upper bounds.")
    if {"server", "client"} <= set(part.kinds):
        notes.append("Server and client times are added up: client times include the network.")
    return notes


def _of_bounds(part: Partial, *, exact: bool) -> list[str]:
    notes = []
    if not exact and part.sums["samples"].any():
        notes.append(
            "Percentiles and the ends of their intervals are within"
            f" {part.sketch.relative_error * 100:.2g} % of the exact ones, which would need all"
            " durations at once."
        )
    if part.folded:
        notes.append(f"{part.folded:,} statements that took the least time are one row, (other).")
    if part.minutes.level:
        notes.append(
            f"Peaks and courses are over {part.minutes.width:,} minutes each: there are too many"
            " statements and minutes for less."
        )
    if not exact and part.sessions.level:
        notes.append("Numbers of sessions are estimates: there are too many to remember.")
    return notes


def _of_totals(rec: Recording) -> list[str]:
    return [_BOTH] if rec.arrow("statement_totals").num_rows else []
