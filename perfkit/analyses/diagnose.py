"""Why is it slow? Everything that applies, joined into chains symptom -> cause -> fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import budget as budgets
from perfkit import sources
from perfkit.analyses.diagnosis import (
    alarms,
    attribution,
    causes,
    chain,
    closing,
    unexplained,
    window,
)
from perfkit.analyses.diagnosis.blocks import Blocks
from perfkit.analyses.diagnosis.symptoms import Symptom, symptoms, total_ms, with_route
from perfkit.analyses.overlap import on_the_loop
from perfkit.recording import as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from perfkit.analyses.diagnosis.chain import Chain
    from perfkit.analyses.diagnosis.window import Window
    from perfkit.recording import Recording
    from perfkit.results import Finding

__all__ = ["diagnose"]

#: A cause below both shares (of all request time, of the time of the route it slows most) is not
#: worth anyone's afternoon.
LEAST_SHARE = 0.01
LEAST_ROUTE_SHARE = 0.05


def diagnose(
    data: Any,
    *,
    incident: tuple[str | datetime, str | datetime] | None = None,
    budget: str = budgets.DEFAULT,
) -> Result:
    """Find the causes of slowness and rank them by the time their fixes save.

    Joins what different files say about the same thing (route in the request log, spans in
    the trace, statement in the database log, plan, pool) by the keys of the findings, counts
    each millisecond once, and contrasts the incident with the rest of the recording.

    Args:
        data: a Recording (or one canonical table).
        incident: start and end, ``("14:02", "14:20")``; without it the time since the last
            deploy mark (``rec.mark("14:01", "deploy 841")``), otherwise the whole recording.
        budget: the 95th percentile that is good enough; ``closing`` says after which fix
            every route meets it.

    Returns:
        A Result, one row per chain: ``route, rule, cause, saves_ms, share,
        saves_per_request_ms, requests, new, fingerprint_id, fix``. ``closing`` is a paragraph
        to paste into the channel.

    Raises:
        UsageError: a window or a budget that makes no sense.

    Example:
        >>> rec = perfkit.load("postgresql.log", "traces.jsonl", "requests.jsonl")
        >>> perfkit.diagnose(rec, incident=("14:02", "14:20"))
    """
    enough = budgets.parse(budget)
    rec = as_recording(data, "requests")
    cut = window.split(rec, incident)
    seen = symptoms(cut.inside, cut.rest)
    results, looked = causes.run(cut.inside)
    chains = _chains(cut, results, seen)
    mysteries = unexplained.findings(cut.inside, chains, seen, enough)
    raised = alarms.findings(rec, explained=bool(chains))
    ending = closing.stop(chains, seen, enough)
    return Result(
        analysis="diagnose",
        question="Why is it slow, and what should be changed first?",
        headline=closing.headline(chains, seen, cut.since),
        arrow=_table(chains, seen),
        noun="chains",
        findings=[*(link.finding for link in chains), *mysteries, *raised],
        caveats=[*cut.caveats, *(c for result in results for c in result.caveats)],
        checked=[*looked, alarms.CHECKED],
        totals=_totals(cut.inside, chains, seen),
        series={"routes": _routes(seen, chains)},
        closing=closing.paragraph(chains, seen, cut.since, ending),
    )


def _chains(cut: Window, results: Sequence[Result], seen: Mapping[str, Symptom]) -> list[Chain]:
    totals = {route: symptom.total_ms for route, symptom in seen.items()}
    blocks = Blocks.of(results)
    events = cut.inside.arrow("events")
    blocked = events.filter(pc.equal(events["kind"], "blocked_loop"))
    requests = with_route(on_the_loop(sources.primary(cut.inside, "requests"), blocked))
    claimed = [
        (finding, attribution.claims(cut.inside, requests, finding, blocks))
        for finding in causes.causes(results)
    ]
    settled = attribution.settle(claimed, totals)
    before = _known_before(cut.rest)
    return [
        chain.build(
            cut.inside,
            finding,
            granted,
            seen,
            new=None if before is None else _identity(finding) not in before,
        )
        for finding, granted in settled
        if _matters(granted, totals)
    ]


def _matters(granted: Mapping[str, float], totals: Mapping[str, float]) -> bool:
    if sum(granted.values()) > LEAST_SHARE * sum(totals.values()):
        return True
    return any(ms > LEAST_ROUTE_SHARE * totals[name] for name, ms in granted.items() if name)


def _known_before(rest: Recording | None) -> set[tuple[str, ...]] | None:
    if rest is None:
        return None
    return {_identity(finding) for finding in causes.causes(causes.run(rest)[0])}


def _identity(finding: Finding) -> tuple[str, ...]:
    names = ("route", "fingerprint_id", "pool", "table", "peer")
    return (finding.rule, *(str(finding.keys.get(name, "")) for name in names))


def _table(chains: Sequence[Chain], seen: Mapping[str, Symptom]) -> pa.Table:
    total = total_ms(seen)
    rows = [
        {
            "route": link.finding.keys.get("route"),
            "rule": link.cause.rule,
            "cause": link.cause.title,
            "saves_ms": link.saves_ms,
            "share": link.saves_ms / total if total else None,
            "saves_per_request_ms": link.finding.saves_ms,
            "requests": int(link.finding.saves_times),
            "new": link.new,
            "fingerprint_id": link.cause.keys.get("fingerprint_id"),
            "fix": link.cause.fix.text,
        }
        for link in chains
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


_SCHEMA = pa.schema(
    [
        ("route", pa.string()),
        ("rule", pa.string()),
        ("cause", pa.string()),
        ("saves_ms", pa.float64()),
        ("share", pa.float64()),
        ("saves_per_request_ms", pa.float64()),
        ("requests", pa.int64()),
        ("new", pa.bool_()),
        ("fingerprint_id", pa.string()),
        ("fix", pa.string()),
    ]
)


def _routes(seen: Mapping[str, Symptom], chains: Sequence[Chain]) -> pa.Table:
    """One row per route and cause: where its time goes. ``cause`` 0 is what no chain explains."""
    rows = []
    for route, symptom in seen.items():
        granted = {n: link.per_route.get(route, 0.0) for n, link in enumerate(chains, start=1)}
        rows.append((route, 0, symptom.total_ms - sum(granted.values()), symptom.requests))
        rows += [(route, n, ms, symptom.requests) for n, ms in granted.items() if ms > 0]
    names = ["route", "cause", "ms", "requests"]
    return (
        pa.table([list(column) for column in zip(*rows, strict=True)], names=names)
        if rows
        else (pa.table({name: pa.array([], pa.float64()) for name in names}))
    )


def _totals(rec: Recording, chains: Sequence[Chain], seen: Mapping[str, Symptom]) -> dict[str, Any]:
    return {
        "requests": sum(symptom.requests for symptom in seen.values()),
        "request_ms": total_ms(seen),
        "saves_ms": sum(link.saves_ms for link in chains),
        "lines": sum(source.lines for source in rec.inputs),
        "rejected": sum(source.rejected for source in rec.inputs),
    }
