"""What distinguishes the slowest requests from the rest?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import sources, units
from perfkit.analyses.tails import features, findings, observed
from perfkit.analyses.tails.associations import (
    FALSE_DISCOVERIES,
    Association,
    associated,
    tested,
)
from perfkit.analyses.tails.significance import benjamini_hochberg
from perfkit.analyses.tails.structure import Spent, Structure
from perfkit.analyses.traces.caveats import caveats_of
from perfkit.analyses.traces.forest import Forest
from perfkit.errors import UsageError
from perfkit.recording import as_recording
from perfkit.results import Result
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.analyses.tails.observed import Observed
    from perfkit.recording import Recording

__all__ = ["tail"]

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("attribute", "value", "route")),
        *((name, pa.float64()) for name in ("slow_share", "rest_share", "lift", "slower_ms")),
        *((name, pa.float64()) for name in ("explained_share", "q_value")),
        *((name, pa.float64()) for name in ("slow_median", "rest_median", "low_ms", "high_ms")),
        ("p_value", pa.float64()),
        ("requests", pa.int64()),
        ("kind", pa.string()),
        ("also_known_as", pa.string()),
        ("explained_by", pa.string()),
    ]
)
_SPENT = pa.schema(
    [
        *((name, pa.string()) for name in ("route", "service", "operation", "category")),
        *((name, pa.float64()) for name in ("slow_ms", "rest_ms", "longer_ms", "share")),
    ]
)
_QUESTION = "What distinguishes the slowest requests from the rest?"
_MOST_SPENT = 5  # operations per route that are shown
_MOST_ROUTES = 3  # whose limits are told
_CHECKED = (
    "attributes of the request and its process, numbers, spans below it, load, time of day",
    "left out: identifiers, durations, what fewer than 10 requests have",
)


def tail(data: Any, *, route: str | None = None, percentile: int | None = None) -> Result:
    """Find what slow requests have that the others of the same route have not.

    Compared are the values of attributes (of the request's span, its process, or its log line),
    numbers such as sizes and the requests in flight, operations below the request and how often
    they run, and when it began. Every comparison is tested (Fisher's exact test, rank-sum test),
    all are corrected together (Benjamini and Hochberg, 5 % false discoveries), sampled
    requests count with their weight. That two things go together does not say that one causes
    the other.

    Args:
        data: a Recording, or a table of spans or of requests. Requests come from spans where
            there are any.
        route: only this one, at any depth of the traces; without it every request that came in.
        percentile: what is slow lies at or above it; without it the most extreme of 99, 95, 90
            that leaves 10 slow requests of a route.

    Returns:
        One row per feature, what explains most first: ``slow_share`` and ``rest_share`` (of the
        requests that have it), ``lift``, ``explained_share`` (of the slow requests), ``slower_ms``
        with a 95 % interval, ``q_value``, ``explained_by`` (a stronger feature behind it).
        ``sections`` say where the slow requests spend more.

    Raises:
        UsageError: ``data`` is none of these, no request serves ``route``, or ``percentile`` is
            not from 50 to 99.

    Example:
        >>> rec = perfkit.load("traces.jsonl")
        >>> perfkit.tail(rec, route="/orders")
    """
    if percentile is not None and not 50 <= percentile <= 99:  # noqa: PLR2004 - percent
        raise UsageError(
            f"tail: there is no percentile {percentile}", hint="percentile=95, from 50 to 99"
        )
    rec = as_recording(data, "spans")
    forest = Forest(rec.arrow("spans")) if rec.arrow("spans").num_rows else None
    everything = _everything(rec, forest, route)
    looked_at = list(observed.by_route(everything, forest, percentile))
    groups = [seen for seen in looked_at if seen.has_a_tail]
    structure = Structure(forest, everything.row) if forest is not None and groups else None
    tested_features, spent = _all_tested(groups, structure)
    chosen = list(_chosen(groups, tested_features))
    return Result(
        analysis="tail",
        question=_QUESTION,
        headline=_headline(looked_at, groups, chosen),
        arrow=pa.Table.from_pylist([_row(one) for _, one in chosen], schema=_SCHEMA),
        noun="features",
        findings=[findings.finding(seen, one) for seen, one in chosen if not one.behind],
        caveats=_caveats(rec, forest, everything, looked_at),
        checked=_CHECKED,
        totals={
            "requests": len(everything),
            "routes": len(looked_at),
            "slow": sum(int(seen.slow.sum()) for seen in groups),
            "features_tested": sum(map(len, tested_features)),
        },
        sections={"Where the slow requests spend more": spent} if spent.num_rows else {},
    )


def _everything(rec: Recording, forest: Forest | None, route: str | None) -> Observed:
    if forest is not None:
        return observed.from_spans(forest, route)
    return observed.from_requests(sources.primary(rec, "requests"), route)


def _all_tested(
    groups: Sequence[Observed], structure: Structure | None
) -> tuple[list[list[Association]], pa.Table]:
    """Test every feature of every route; q-values are of all of them together."""
    found: list[list[Association]] = []
    spent: list[dict[str, Any]] = []
    for seen in groups:
        chosen = [
            *features.of_attributes(seen),
            *features.of_numbers({"requests in flight": seen.running.astype(np.float64)}),
            *features.of_time(seen),
        ]
        if structure is not None:
            below, times = structure.of(seen)
            chosen += below
            spent += _spent_rows(seen, times)
        found.append(tested(seen, chosen))
    q = benjamini_hochberg(np.array([one.p_value for some in found for one in some]))
    values = iter(q.tolist())
    corrected = [[replace(one, q_value=next(values)) for one in some] for some in found]
    return corrected, pa.Table.from_pylist(spent, schema=_SPENT)


def _chosen(
    groups: Sequence[Observed], found: Sequence[Sequence[Association]]
) -> Iterator[tuple[Observed, Association]]:
    pairs = [
        (seen, one)
        for seen, some in zip(groups, found, strict=True)
        for one in associated(seen, some)
    ]
    yield from sorted(pairs, key=lambda pair: (bool(pair[1].behind), -pair[1].explained))


def _row(one: Association) -> dict[str, Any]:
    return {
        "attribute": one.feature.name,
        "value": one.feature.value,
        "kind": one.feature.kind,
        "route": one.route,
        "slow_share": one.slow_share,
        "rest_share": one.rest_share,
        "lift": one.lift if np.isfinite(one.lift) else None,
        "explained_share": one.explained,
        "slow_median": one.typical,
        "rest_median": one.other,
        "slower_ms": one.slower_ms,
        "low_ms": one.low,
        "high_ms": one.high,
        "p_value": one.p_value,
        "q_value": one.q_value,
        "requests": one.requests,
        "also_known_as": "; ".join(one.names) or None,
        "explained_by": one.behind or None,
    }


def _spent_rows(seen: Observed, times: Sequence[Spent]) -> Iterator[dict[str, Any]]:
    """Yield the operations that make most of the difference between slow requests and others."""
    gap = sum(max(one.slow_ms - one.rest_ms, 0.0) for one in times)
    longer = sorted(times, key=lambda one: one.rest_ms - one.slow_ms)[:_MOST_SPENT]
    for one in longer:
        if gap and one.slow_ms > one.rest_ms:
            yield {
                "route": seen.route,
                "service": one.operation.service,
                "operation": one.operation.name,
                "category": one.operation.category,
                "slow_ms": one.slow_ms,
                "rest_ms": one.rest_ms,
                "longer_ms": one.slow_ms - one.rest_ms,
                "share": (one.slow_ms - one.rest_ms) / gap,
            }


def _headline(
    looked_at: Sequence[Observed],
    groups: Sequence[Observed],
    chosen: Sequence[tuple[Observed, Association]],
) -> str:
    if not looked_at:
        return "There are too few requests to tell slow ones from the rest."
    if not groups:
        return "No route has a tail: its slowest requests take little longer than the rest."
    if not chosen:
        return "Nothing that was recorded distinguishes the slowest requests from the rest."
    seen, one = chosen[0]
    return (
        f"{units.format_share(one.slow_share)} of the slowest {100 - seen.percentile} % of"
        f" {visible(seen.route, 60)} go with {visible(one.title, 80)},"
        f" {units.format_share(one.rest_share)} of the rest do"
    )


def _caveats(
    rec: Recording, forest: Forest | None, everything: Observed, groups: Sequence[Observed]
) -> list[str]:
    notes = rec.caveats() if forest is None else caveats_of(rec, forest)
    few = observed.FEWEST_SLOW
    left_out = len(everything) - sum(len(seen) + seen.unseen for seen in groups)
    if left_out:
        notes.append(
            f"{left_out:,} of {len(everything):,} requests are of routes with too few of them:"
            f" {few} slow ones are needed."
        )
    unseen = sum(seen.unseen for seen in groups)
    if unseen:
        notes.append(
            f"Of the requests that are not slow, {unseen:,} were left out at random:"
            f" {observed.MOST_REST:,} per route tell as much."
        )
    notes += [
        f"{visible(seen.route, 80)}: slow means p{seen.percentile} and above,"
        f" {units.format_ms(seen.threshold_ms)} or longer"
        f" ({int(seen.slow.sum()):,} of {len(seen) + seen.unseen:,} requests)."
        for seen in sorted(groups, key=lambda seen: -seen.longer_ms)[:_MOST_ROUTES]
        if seen.has_a_tail
    ]
    flat = sum(not seen.has_a_tail for seen in groups)
    if flat:
        notes.append(
            f"{flat:,} of {len(groups):,} routes have no tail worth an explanation: their slow"
            f" requests begin below {observed.FAR} times the median of the rest, or are less than"
            f" {observed.LEAST_MS:.0f} ms longer."
        )
    if flat < len(groups):
        rate = units.format_share(FALSE_DISCOVERIES)
        notes.append(f"Of what is listed, up to {rate} may be chance.")
    return notes
