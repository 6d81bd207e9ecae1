"""What makes indexes of a table work badly: old statistics, lost HOT updates, too many of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.plans.postgres_sql import quoted
from perfkit.tasks.audit.advice import Advice
from perfkit.tasks.audit.one_line import lines
from perfkit.units import format_bytes, format_count, format_share

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from perfkit.probes.catalog import Index
    from perfkit.probes.table_states import TableState

__all__ = ["hot_loss", "many_indexes", "of_partitions", "sequential_reads", "stale_statistics"]

#: autovacuum_analyze_scale_factor is 0.1 by default: more says that it did not come.
STALE_SHARE, STALE_ROWS = 0.10, 1000
_NEARLY = 0.9  # reltuples is an estimate
#: Fewer updates prove nothing; below half, most of them write every index of the table.
HOT_UPDATES, HOT_SHARE = 10_000, 0.50
#: A reader's rule of thumb, not a limit of the server.
MANY_INDEXES = 10
_LEAST_FILL = 50  # half of each page for updates: with less, scans pay more than updates gain
#: PgHero's bar for tables that are read sequentially: at least 10,000 rows, and fewer than
#: 95 % of the scans by index; here most rows must have come that way as well.
LARGE_ROWS, SCANS, SCAN_SHARE, ROW_SHARE = 10_000, 50, 0.05, 0.90


def stale_statistics(states: Iterable[TableState]) -> list[Advice]:
    """Find tables that were never analysed, or changed by 10 % since."""
    return [_stale(state) for state in states if _is_stale(state)]


def _is_stale(state: TableState) -> bool:
    changed = state.modified or 0
    if state.analyzed is None and state.rows is None:
        return changed >= STALE_ROWS
    return changed > max(STALE_ROWS, STALE_SHARE * (state.rows or 0)) and not _counted_late(state)


def _counted_late(state: TableState) -> bool:
    """Whether ANALYZE saw what is said to have changed since.

    A session counts its rows up to a second after it wrote them (PGSTAT_MIN_INTERVAL), those of
    an ANALYZE at once: behind a load the counters say that every row there is came later.
    """
    every = state.modified == state.writes and (state.inserts or 0) >= (state.rows or 0) * _NEARLY
    return bool(state.analyzed and state.rows) and every and not state.grown


def _stale(state: TableState) -> Advice:
    changed = format_count(state.modified or 0)
    since = f"since {state.analyzed:%Y-%m-%d %H:%M} UTC" if state.analyzed else "so far"
    known = "it was never analysed" if state.rows is None else "its statistics are old"
    return _look(
        state,
        kind="stale-statistics",
        title=f"{state.name}: {known}, {changed} rows changed {since}",
        fix="The planner chooses by these statistics: refresh them before judging any plan, and "
        "see why autovacuum did not (a threshold of its own for large tables helps).",
        do="\n".join(lines(f"ANALYZE {_table(state)};")),
        proven=True,
        confidence="high",
        severity="warning",
        reference="PostgreSQL documentation: 24.1.3 Updating Planner Statistics",
        evidence=[{"rows": state.rows, "modified": state.modified, "analyzed": state.analyzed}],
    )


def hot_loss(
    states: Iterable[TableState], indexes: Mapping[object, Sequence[Index]]
) -> list[Advice]:
    """Find tables whose updates mostly write all indexes anew, because they are not HOT."""
    return [
        _hot(state, indexes.get((state.schema, state.name), ()))
        for state in states
        if (state.updates or 0) >= HOT_UPDATES
        and state.hot_updates is not None
        and state.hot_updates < HOT_SHARE * (state.updates or 0)
        and len(indexes.get((state.schema, state.name), ())) > 1
    ]


def _hot(state: TableState, indexes: Sequence[Index]) -> Advice:
    updates, hot = state.updates or 0, state.hot_updates or 0
    full = state.new_page_updates
    crowded = full is not None and full >= HOT_SHARE * updates
    roomier = _roomier(state) if crowded else ""
    fix = (
        "Most updates found no room in their page: leave some free. It takes effect for pages "
        "written from then on."
        if crowded
        else "An update is HOT if no indexed column changes (neither a key, nor INCLUDE, nor a "
        "predicate) and its page has room: see which indexed column the application updates, "
        "and whether that index is worth it; if none, leave room in the pages."
    )
    return _look(
        state,
        kind="hot-loss",
        title=f"{state.name}: only {format_share(hot / updates)} of {format_count(updates)} "
        f"updates were HOT; the others wrote to all {len(indexes)} indexes",
        fix=fix,
        do=roomier,
        undo=_refilled(state) if roomier else "",
        confidence="medium" if crowded else "low",
        severity="info",
        reference="PostgreSQL documentation: 73.7 Heap-Only Tuples",
        evidence=[
            {
                "updates": updates,
                "hot_updates": hot,
                "new_page_updates": full,
                "fillfactor": state.fillfactor,
                "indexes": len(indexes),
            }
        ],
    )


def _roomier(state: TableState) -> str:
    """Return the statement that leaves more room in pages from now on."""
    wanted = max(state.fillfactor - 10, _LEAST_FILL)
    return _fill(state, wanted) if wanted < state.fillfactor else ""


def _refilled(state: TableState) -> str:
    """Return what takes it back: a setting, or none."""
    if not state.filled:
        return "\n".join(lines(f"ALTER TABLE {_table(state)} RESET (fillfactor);"))
    return _fill(state, state.fillfactor)


def _fill(state: TableState, percent: int) -> str:
    return "\n".join(lines(f"ALTER TABLE {_table(state)} SET (fillfactor = {percent});"))


def many_indexes(
    states: Iterable[TableState], indexes: Mapping[object, Sequence[Index]]
) -> list[Advice]:
    """Find tables that are written more often than read and carry more than ten indexes."""
    found = []
    for state in states:
        own = indexes.get((state.schema, state.name), ())
        reads, writes = state.reads, state.writes
        if len(own) > MANY_INDEXES and reads is not None and writes and writes > reads:
            found.append(_many(state, own))
    return found


def _many(state: TableState, indexes: Sequence[Index]) -> Advice:
    size = sum(index.size_bytes for index in indexes)
    least = sorted(indexes, key=lambda index: (index.scans or 0, -index.size_bytes))[:5]
    return _look(
        state,
        kind="many-indexes",
        title=f"{state.name} has {len(indexes)} indexes ({format_bytes(size)}) and is written "
        f"more than read: {state.ratio}",
        fix="Every row written goes into each of them: begin with those that are scanned least.",
        confidence="medium",
        severity="info",
        reference="PostgreSQL documentation: 11.1 Indexes, Introduction",
        evidence=[
            {"index": i.name, "columns": i.columns, "scans": i.scans, "size_bytes": i.size_bytes}
            for i in least
        ],
    )


def sequential_reads(
    states: Iterable[TableState], answered: Collection[tuple[str, str]] = ()
) -> list[Advice]:
    """Find large tables that are mostly read from end to end; not those ``answered`` already."""
    return [
        _sequential(state)
        for state in states
        if (state.schema, state.name) not in answered and _is_sequential(state)
    ]


def _is_sequential(state: TableState) -> bool:
    scans, rows = state.sequential_scans or 0, state.sequential_rows or 0
    every = (state.reads or 0), rows + (state.index_rows or 0)
    return (
        (state.rows or 0) >= LARGE_ROWS
        and scans >= SCANS
        and scans > SCAN_SHARE * every[0]
        and rows > ROW_SHARE * every[1]
        and rows >= scans * (state.rows or 0) / 2  # not stopped early by a LIMIT
    )


def _sequential(state: TableState) -> Advice:
    scans, rows = state.sequential_scans or 0, state.sequential_rows or 0
    return _look(
        state,
        kind="sequential-reads",
        title=f"{state.name} ({format_count(state.rows or 0)} rows) was read from end to end "
        f"{format_count(scans)} times; no slow statement here explains it",
        fix="Find who reads it: auto_explain or a log of slow statements. Exports and reports "
        "may be right to read everything.",
        confidence="low",
        severity="info",
        reference="PgHero, missing indexes",
        evidence=[
            {
                "rows": state.rows,
                "sequential_scans": scans,
                "rows_per_scan": rows / scans,
                "index_scans": state.index_scans,
            }
        ],
    )


def of_partitions(
    advices: Iterable[Advice], states: Mapping[tuple[str, str], TableState]
) -> list[Advice]:
    """Join what is said of partitions of one table into one advice, that of the first."""
    groups: dict[object, list[Advice]] = {}
    for advice in advices:
        root = states[advice.place].root
        what = (advice.kind, advice.schema, root) if root else (advice.kind, *advice.place, None)
        groups.setdefault(what, []).append(advice)
    return [_joined(group, states[group[0].place].root) for group in groups.values()]


def _joined(group: Sequence[Advice], root: str | None) -> Advice:
    first = group[0]
    if len(group) == 1:
        return first
    more = f"{format_count(len(group) - 1)} more partition{'s' if len(group) > 2 else ''}"  # noqa: PLR2004 - one more is not a plural
    title = f"{first.title}; the same holds for {more} of {root}"
    return replace(
        first,
        title=title,
        reason=title,
        do="\n".join(advice.do for advice in group if advice.do),
        undo="\n".join(advice.undo for advice in group if advice.undo),
    )


def _look(
    state: TableState, title: str, evidence: Sequence[Mapping[str, object]], **parts: Any
) -> Advice:
    return Advice(
        action="look",
        schema=state.schema,
        table=state.name,
        title=title,
        reason=title,
        evidence=evidence,
        **parts,
    )


def _table(state: TableState) -> str:
    return f"{quoted(state.schema)}.{quoted(state.name)}"
