"""What a change means: one finding for all that changed together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from perfkit import clock, units
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.results import Severity

    Row = dict[str, Any]

__all__ = ["Told", "findings", "sentence"]

_SEVERE_PCT, _SEVERE_MS = 100.0, 1000.0
_NAMED = 4
_EVIDENCE = 12
_REFERENCE = (
    "false alarms at most 1 % per series, interval of the time 95 %: binomial scan with"
    " time-of-day strata (Duembgen and Spokoiny 2001), place by likelihood ratio (Hansen 2000)"
)
_WORDS = "no one two three four five six seven eight nine ten eleven twelve"


@dataclass(frozen=True, kw_only=True)
class Told:
    """How to speak of the series: their key, how many were judged, zone and ends of the rows."""

    by: str
    judged: int
    zone: str
    first: int
    last: int

    def time(self, ns: int) -> str:
        """Return a time of day, with the day where the rows are of several."""
        zone, fine = clock.time_zone(self.zone), self.last - self.first < 600 * 10**9
        at, first, last = (_moment(each).astimezone(zone) for each in (ns, self.first, self.last))
        day = "" if first.date() == last.date() else "%Y-%m-%d "
        return f"{at:{day + ('%H:%M:%S' if fine else '%H:%M')}}"

    def key(self, row: Row) -> str:
        """Return what changed, short enough for a sentence."""
        text = shown(row["name"], 60) if self.by == "fingerprint" else row["key"]
        return visible(text, 80)


def findings(rows: Sequence[Row], told: Told) -> list[Finding]:
    """Return one finding per moment; what changed together is told together.

    A row is that of the answer (times in ns), with ``key``, ``name``, ``happened`` (what
    coincides, in words) and ``affected`` (requests from the change on).
    """
    return [_finding(together, told) for together in _together(rows)]


def _together(rows: Sequence[Row]) -> list[list[Row]]:
    """Group rows of one kind and direction whose intervals share a moment."""
    groups: list[tuple[tuple[Any, ...], int, list[Row]]] = []
    for row in sorted(rows, key=lambda r: (r["kind"], r["change_pct"] > 0, r["low_at"], r["key"])):
        alike = (row["kind"], row["change_pct"] > 0)
        if groups and groups[-1][0] == alike and row["low_at"] <= groups[-1][1]:
            _, high, known = groups[-1]
            groups[-1] = (alike, min(high, row["high_at"]), [*known, row])
        else:
            groups.append((alike, row["high_at"], [row]))
    return [known for _, _, known in groups]


def _finding(rows: list[Row], told: Told) -> Finding:
    first = max(rows, key=lambda row: (_costs(row), abs(row["change_pct"])))
    slower, kind = first["change_pct"] > 0, first["kind"]
    keys = list(dict.fromkeys(row["key"] for row in rows))
    told_by = {"route": first["key"]} if told.by == "route" else {"fingerprint_id": first["key"]}
    window = f"{_iso(first['low_at'])}/{_iso(first['high_at'])}"
    affected = sum(_by_key(rows, "affected").values())
    cost = sum(_by_key(rows, "_costs").values()) if slower else 0.0
    return Finding(
        rule={"step": "change", "episode": "episode", "gradual": "gradual-change"}[kind]
        + ("-slower" if slower else "-faster"),
        severity=_severity(rows) if slower else "info",
        title=_title(first, keys, told),
        evidence=[_evidence(row, told) for row in _worst(rows)[:_EVIDENCE]],
        saves_ms=cost / affected if slower and affected else None,
        saves_basis=_basis(told, kind) if slower else "",
        saves_times=affected if slower else 1.0,
        fix=_fix(first, keys, told),
        effort="medium",
        confidence="high" if max(row["p_value"] for row in rows) < 0.001 else "medium",  # noqa: PLR2004
        reference=_REFERENCE,
        keys=told_by | {"window": window} if len(keys) == 1 else {"window": window},
    )


def _basis(told: Told, kind: str) -> str:
    what = "request" if told.by == "route" else "execution"
    return f"per {what} {'during the episode' if kind == 'episode' else 'since then'}"


def _costs(row: Row) -> float:
    """Return what the change cost: the median's share of all, or the p95's of one in twenty."""
    share = 1.0 if row["percentile"] == "p50" else 0.05
    return float(max(0.0, row["after_ms"] - row["before_ms"]) * row["affected"] * share)


def _by_key(rows: Sequence[Row], what: str) -> dict[str, float]:
    """Return the largest value per key: p50 and p95 tell of the same requests."""
    found: dict[str, float] = {}
    for row in rows:
        value = _costs(row) if what == "_costs" else float(row[what])
        found[row["key"]] = max(found.get(row["key"], 0.0), value)
    return found


def _severity(rows: Sequence[Row]) -> Severity:
    severe = any(row["change_pct"] >= _SEVERE_PCT and row["after_ms"] >= _SEVERE_MS for row in rows)
    return "critical" if severe else "warning"


def _worst(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-_costs(row), row["key"], row["percentile"]))


def _title(first: Row, keys: list[str], told: Told) -> str:
    after = f", {first['happened']}" if first["happened"] else ""
    if len(keys) == 1:
        return sentence(first, told) + after
    slower = "slower" if first["change_pct"] > 0 else "faster"
    noun = "routes" if told.by == "route" else "statements"
    count = f"{_word(len(keys))} of {_word(told.judged)} {noun}"
    shared = ": look for something they share" if 2 * len(keys) > told.judged else ""
    when = f"At {told.time(first['at'])}"
    if first["kind"] == "gradual":
        when = f"From {told.time(first['low_at'])} to {told.time(first['high_at'])}"
    return f"{when} {count} got {slower}, most of all {sentence(first, told)}{after}{shared}"


def sentence(row: Row, told: Told) -> str:
    """Return ``/search: p95 84 ms -> 1.24 s since 14:01 (13:59 to 14:02)``."""
    levels = (
        f"{told.key(row)}: {row['percentile']} {units.format_ms(row['before_ms'])} ->"
        f" {units.format_ms(row['after_ms'])}"
    )
    ends = [told.time(row[name]) for name in ("at", "low_at", "high_at")]
    if row["kind"] == "gradual":
        return f"{levels}, gradually from {ends[1]} to {ends[2]}"
    if row["kind"] == "episode":
        return f"{levels} from {ends[0]} to {told.time(row['until'])}"
    between = f" ({ends[1]} to {ends[2]})" if ends[1] != ends[2] else ""
    return f"{levels} since {ends[0]}{between}"


def _word(number: int) -> str:
    words = _WORDS.split()
    return words[number] if number < len(words) else f"{number:,}"


def _evidence(row: Row, told: Told) -> Row:
    names = ("percentile", "before_ms", "after_ms", "change_pct", "p_value")
    when = {name: _moment(row[name]) for name in ("at", "low_at", "high_at")}
    ends = {"until": _moment(row["until"])} if row["until"] is not None else {}
    key = {"route" if told.by == "route" else "statement": told.key(row)}
    return key | {name: row[name] for name in names} | when | ends


def _fix(first: Row, keys: list[str], told: Told) -> Fix:
    start, at = first["from"], first["at"]
    until = first["until"] if first["kind"] == "episode" else first["to"]
    if first["kind"] == "gradual":
        at = (first["low_at"] + first["high_at"]) // 2
    before, after = (
        f'rec.between("{_iso(low)}", "{_iso(high)}")' for low, high in ((start, at), (at, until))
    )
    what = "what was deployed, configured, migrated or scheduled at this time"
    if first["kind"] == "gradual":
        what = "what grows with it: rows, payloads, queues, memory"
    if len(keys) > 1:
        what += ", first of all where these share it: database, pool, host, a service behind them"
    return Fix(
        text=f"Compare before and after, and look for {what}."
        + (" That it coincides is no proof." if first["happened"] else ""),
        snippet=f'perfkit.compare({before}, {after}, by="{told.by}")',
        language="python",
    )


def _moment(ns: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)


def _iso(ns: int) -> str:
    return _moment(ns).isoformat()
