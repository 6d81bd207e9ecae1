"""What a change of plans over time means, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit import clock
from perfkit.analyses.diff_plans import diff_plans
from perfkit.analyses.plan_changes.history.work import Work, grown, rows_do, work
from perfkit.analyses.plan_changes.wording import times
from perfkit.analyses.statements import shown
from perfkit.errors import UsageError
from perfkit.fingerprint import fingerprint
from perfkit.results import Finding, Fix
from perfkit.statistics import quantile_interval
from perfkit.units import format_count, format_ms, format_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from perfkit.analyses.diff_plans import PlanDiff
    from perfkit.analyses.plan_changes.history.changes import Change

__all__ = ["Told", "findings"]

_SEVERE, _SEVERE_MS = 2.0, 1000.0  # as in since_when
_SURE = 0.001
_REFERENCE = (
    "Hodges-Lehmann shift of log durations; Mann-Whitney and Welch tests, corrected for"
    " autocorrelation and (Holm) for all statements; at least six executions a side"
)
_PARAMETERS = (
    "The values decide, or a generic plan does after five executions of a prepared statement: "
    "look at the values of both, at the statistics of the columns they are compared with, and "
    "set plan_cache_mode for this statement if its generic plan is the slow one."
)
_UNSURE = "The plans hold no rows, so that other values may explain it. "
_CAUSES: Mapping[str, tuple[str, str, Fix]] = {
    "rows": (
        "rows read",
        "the data grew",
        Fix(
            text="Read less: an index that fits the condition, a partition, a LIMIT, or old rows "
            "moved away. Look at the plan of a recent execution first.",
            snippet="perfkit.sequential_scans(rec)",
            language="python",
        ),
    ),
    "blocks": (
        "blocks",
        "more blocks for the same rows: dead rows, or rows that lie apart",
        Fix(
            text="Look at dead rows and at the size of the tables; VACUUM, REINDEX CONCURRENTLY.",
            test="SELECT relname, n_live_tup, n_dead_tup, last_autovacuum FROM "
            "pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 20;",
        ),
    ),
    "cache": (
        "blocks from disk",
        "the same blocks, but no longer in shared buffers",
        Fix(
            text="Find what fills shared_buffers with other blocks since then; more memory, or "
            "fewer blocks per execution.",
            test="SHOW shared_buffers;",
        ),
    ),
}


class Told(NamedTuple):
    """How to speak: the description of each shape, the zone, and ends of the recording (ns)."""

    names: Mapping[str, str]
    zone: str
    first: int
    last: int

    def time(self, ns: int) -> str:
        """Return a time of day, with the day where the rows are of several."""
        zone = clock.time_zone(self.zone)
        at, first, last = (_moment(one).astimezone(zone) for one in (ns, self.first, self.last))
        return f"{at:{'' if first.date() == last.date() else '%Y-%m-%d '}%H:%M:%S}"


def findings(changes: Iterable[Change], told: Told) -> list[tuple[Change, Finding]]:
    """Return a finding for each change that made a statement slower and is not its data's."""
    return list(_judged(changes, told))


def _judged(changes: Iterable[Change], told: Told) -> Iterator[tuple[Change, Finding]]:
    for change in changes:
        if change.ratio <= 1:
            continue
        before, after = work(change)
        if change.kind == "drift":
            cause = grown(before, after)
            if cause:
                yield change, _drift(change, (before, after), told, cause)
        elif not rows_do(change, before, after):
            maker = _flip if change.kind == "flip" else _alternation
            yield change, maker(change, (before, after), told)


def _flip(change: Change, done: tuple[Work, Work], told: Told) -> Finding:
    count = format_count(change.after.size)
    title = (
        f"{_name(change)}: another plan since {told.time(change.at[1])}, {_shapes(change, told)}: "
        f"median {_medians(change)}, {count} executions {_until(change, told)}"
    )
    advice = _Advice(
        "plan-flip", title, "per execution with the new plan", _flip_fix(_typical(change))
    )
    return _finding(change, done, told, advice)


def _flip_fix(diff: PlanDiff | None) -> Fix:
    """Return the advice of two typical plans."""
    found = next((one for one in diff.findings if one.rule == "plan-flip"), None) if diff else None
    fix = found.fix if found else Fix(text="Look for what changed then: an index, statistics.")
    compared = f"Of a typical plan of each: {diff.headline}. " if diff else ""
    return replace(fix, text=compared + fix.text[:1].upper() + fix.text[1:])


def _until(change: Change, told: Told) -> str:
    """Return ``since``, or when this plan was given up again."""
    last = int(change.after[-1])
    ended = change.statement.stretches[-1].low > last
    return f"until {told.time(int(change.statement.at[last]))}" if ended else "since"


def _alternation(change: Change, done: tuple[Work, Work], told: Told) -> Finding:
    count = change.before.size + change.after.size
    title = (
        f"{_name(change)}: alternates between plans, {_shapes(change, told)} in "
        f"{format_share(change.after.size / count)} of {format_count(count)} executions: median "
        f"{_medians(change)}"
    )
    text = "" if done[0].kept is not None else _UNSURE
    fix = Fix(
        text=text + _PARAMETERS,
        snippet="SET plan_cache_mode = force_custom_plan;",
        language="sql",
        test="-- PostgreSQL 16 and later: the plan for any values\nEXPLAIN (GENERIC_PLAN)\n"
        "-- your statement with $1, $2, ...\n;",
    )
    basis = "per execution with the slower plan"
    return _finding(change, done, told, _Advice("unstable-plan", title, basis, fix))


def _drift(change: Change, done: tuple[Work, Work], told: Told, cause: str) -> Finding:
    what, why, fix = _CAUSES[cause]
    index = {"rows": 1, "blocks": 2, "cache": 3}[cause]
    a, b = (float(one[index] or 0.0) for one in done)
    title = (
        f"{_name(change)}: the same plan takes longer, median {_medians(change)} in the later half "
        f"of its executions, with {format_count(a)} -> {format_count(b)} {what}: {why}"
    )
    basis = "per execution of the later half"
    return _finding(change, done, told, _Advice("plan-regression", title, basis, fix))


class _Advice(NamedTuple):
    """What is said of a change, and what to do."""

    rule: str
    title: str
    basis: str
    fix: Fix


def _finding(change: Change, done: tuple[Work, Work], told: Told, advice: _Advice) -> Finding:
    a, b = change.medians
    keys = {"fingerprint_id": change.statement.fingerprint_id}
    if change.kind == "flip":
        keys["window"] = "/".join(_moment(ns).isoformat() for ns in change.at)
    return Finding(
        rule=advice.rule,
        severity="critical" if change.ratio >= _SEVERE and b >= _SEVERE_MS else "warning",
        title=advice.title,
        evidence=[_evidence(change, side, done[side], told) for side in (0, 1)],
        saves_ms=max(0.0, b - a),
        saves_basis=advice.basis,
        saves_times=float(change.after.size),
        fix=advice.fix,
        confidence="high" if change.p_value < _SURE else "medium",
        reference=_REFERENCE,
        keys=keys,
    )


def _evidence(change: Change, side: int, done: Work, told: Told) -> dict[str, Any]:
    statement, places = change.statement, (change.before, change.after)[side]
    shape = statement.shapes[change.labels[side]]
    low, high = quantile_interval(statement.ms[places], 0.5)
    return {
        "plan": told.names.get(shape, shape),
        "executions": int(places.size),
        "median_ms": change.medians[side],
        "low_ms": low,
        "high_ms": high,
        "rows_kept": done.kept,
        "rows_read": done.read,
        "blocks": done.blocks,
        "first_at": _moment(int(statement.at[places[0]])),
        "last_at": _moment(int(statement.at[places[-1]])),
        "shape_id": shape,
    }


def _typical(change: Change) -> PlanDiff | None:
    """Compare a typical plan of either side: the one with the median duration."""
    plans = [change.statement.typical(places) for places in (change.before, change.after)]
    try:
        return diff_plans(*plans, names=("the plan before", "the plan since"))
    except UsageError:
        return None


def _name(change: Change) -> str:
    text = change.statement.text()
    return shown(fingerprint(text) if text else None, 60)


def _shapes(change: Change, told: Told) -> str:
    names = [change.statement.shapes[label] for label in change.labels]
    first, second = (told.names.get(name, name) for name in names)
    return f"{first} -> {second}" if first != second else f"{first} in another order"


def _medians(change: Change) -> str:
    a, b = change.medians
    return f"{format_ms(a)} -> {format_ms(b)} ({times(change.ratio)})"


def _moment(ns: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)
