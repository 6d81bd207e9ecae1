"""Since when is it slow? Changes of p50 and p95 per route, with an interval for their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import units
from perfkit.analyses.changes.coincidences import Happened, coinciding, happened
from perfkit.analyses.changes.course import Course, course
from perfkit.analyses.changes.findings import Told, findings, sentence
from perfkit.analyses.changes.gather import BY, Gathered, gathered
from perfkit.analyses.changes.rows import SCHEMA, rows
from perfkit.analyses.changes.series import DAY, FEWEST, FEWEST_BINS
from perfkit.analyses.changes.shown import drawn
from perfkit.recording import as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from perfkit.recording import Recording

    Row = dict[str, Any]

__all__ = ["since_when"]

#: Where less than this was recorded, slow courses and daily cycles look the same.
_CYCLES = 2 * DAY
_HOUR = DAY // 24
_CHECKED = (
    "steps, episodes and gradual changes of p50 and p95 (5 % and more)",
    f"of what has {FEWEST} requests or more in {FEWEST_BINS} stretches of time or more",
    "false alarms: at most 1 % per series that stays as it is",
)


def since_when(data: Any, by: str = "route") -> Result:
    """Find when p50 and p95 changed, and between which times that must have been.

    A series that stays as it is raises a false alarm in at most 1 % of cases, also where
    neighbouring minutes resemble each other. From two days on every time of day is compared
    with the same time of other days (weekends apart, from a week on), so that a daily cycle is
    no change; the clock is that of the recording's zone at its beginning. With less, a slow
    course is reported as ``gradual`` or not at all, never as a step.

    Args:
        data: a Recording, or a table of requests (of queries, ``by="fingerprint"``).
        by: ``"route"`` for requests, ``"fingerprint"`` for statements.

    Returns:
        One row per change, the most costly first: the key, ``percentile``, ``kind`` (``step``,
        ``episode``: back again at ``until``, ``gradual``: between ``low_at`` and ``high_at``),
        ``at`` with its 95 % interval ``low_at`` to ``high_at``, ``before_ms`` and ``after_ms``
        (at an average time of day), ``change_pct``, ``p_value`` (of the whole search), and in
        ``coincides`` what else happened then.

    Raises:
        UsageError: ``data`` is neither, or ``by`` is another word.

    Example:
        >>> rec = perfkit.sample("shop_launch")
        >>> perfkit.since_when(rec).findings[0].title
    """
    rec = as_recording(data, BY.get(by, "requests"))
    seen = gathered(rec, by)
    other, found, judged, kept = happened(rec, seen.span), [], 0, []
    bent: list[str] = []
    for key, series, weights in seen.series():
        judged += 1
        known = course(series)
        if any(slow.drift.start is None for slow in known.drifts.values()):
            bent.append(key)
        mine = [_completed(row, key, known, weights, seen, other) for row in rows(known)]
        found += mine
        if mine:
            kept.append((key, known))
    found.sort(key=lambda row: (-_cost(row), row["key"], row["at"]))
    told = Told(
        by=by, judged=judged, zone=rec.zone, first=_first(seen), last=_first(seen) + seen.span
    )
    return Result(
        analysis="since_when",
        question="Since when is it slow?",
        headline=_headline(found, told),
        arrow=_table(found, by),
        noun="changes",
        findings=findings(found, told),
        caveats=_caveats(rec, seen, judged, bent, by),
        checked=_CHECKED,
        totals={
            "rows": len(seen.times),
            "series": seen.keys,
            "judged": judged,
            "changed": len({row["key"] for row in found}),
            "zone": rec.zone,
        },
        series=drawn(kept, found, rec, told),
    )


def _completed(
    row: Row, key: str, known: Course, weights: Any, seen: Gathered, other: Happened
) -> Row:
    """Add to a row what is known beyond its series."""
    times = known.series.times
    until = row["until"] if row["kind"] == "episode" else int(times[-1]) + 1
    low, high = np.searchsorted(times, (row["at"], until))
    said = coinciding(other, row["at"], row["low_at"], row["high_at"])
    splits = [int(times[at]) for at in known.splits[:-1]]
    before = [at for at in splits if at < row["low_at"]]
    after = [at for at in splits if at > row["high_at"]]
    return row | {
        "key": key,
        "name": seen.names.get(key, key),
        "happened": said[0][1] if said else "",
        "affected": float(weights[low:high].sum()),
        "from": before[-1] if before else int(times[0]),
        "to": after[0] if after else int(times[-1]) + 1000,
    }


def _cost(row: Row) -> float:
    share = 1.0 if row["percentile"] == "p50" else 0.05
    return float(abs(row["after_ms"] - row["before_ms"]) * row["affected"] * share)


def _first(seen: Gathered) -> int:
    return int(seen.times.min()) if len(seen.times) else 0


def _table(found: list[Row], by: str) -> pa.Table:
    key: list[tuple[str, pa.DataType]] = [(by, pa.string())]
    last: list[tuple[str, pa.DataType]] = [("coincides", pa.string())]
    if by == "fingerprint":
        last.append(("fingerprint_id", pa.string()))
    schema = pa.schema([*key, *SCHEMA, *last])
    made = [
        row | {by: row["name"], "coincides": row["happened"] or None, "fingerprint_id": row["key"]}
        for row in found
    ]
    columns = {name: [row[name] for row in made] for name in schema.names}
    return pa.table(
        {name: pa.array(columns[name], schema.field(name).type) for name in schema.names}
    )


def _headline(found: list[Row], told: Told) -> str:
    if not told.judged:
        return "Nothing has enough requests with a time to tell since when."
    what = "routes" if told.by == "route" else "statements"
    if not found:
        shown = what.removesuffix("s") if told.judged == 1 else what
        return f"No change in p50 or p95 of {told.judged:,} {shown}"
    slower = [row for row in found if row["change_pct"] > 0]
    first = (slower or found)[0]
    after = f", {first['happened']}" if first["happened"] else ""
    others = len({row["key"] for row in found} - {first["key"]})
    more = f"; {others:,} more of {told.judged:,} {what} changed" if others else ""
    return f"{sentence(first, told)}{after}{more}"


def _caveats(rec: Recording, seen: Gathered, judged: int, bent: list[str], by: str) -> list[str]:
    notes = rec.caveats()
    what = "routes" if by == "route" else "statements"
    if judged < seen.keys:
        notes.append(
            f"{seen.keys - judged:,} of {seen.keys:,} {what} were not judged: they have fewer than"
            f" {FEWEST} rows with a time, or these lie in fewer than {FEWEST_BINS} stretches of it."
        )
    if seen.undated:
        notes.append(f"{seen.undated:,} rows without a time or a duration were left out.")
    if judged and _HOUR < seen.span < _CYCLES:
        notes.append(
            f"Only {units.format_ms(seen.span / 1e6)} were recorded: that a slow course is part of"
            " a daily cycle cannot be excluded (two days can)."
        )
    if bent:
        notes.append(
            f"{len(bent):,} {what} rise and fall slowly, as with the time of day: with less than"
            " two days recorded, no step is sought in that."
        )
    if judged and _CYCLES <= seen.span < 7 * DAY:  # a week has both
        notes.append("Less than a week: that a change is that of a weekend cannot be excluded.")
    return notes
