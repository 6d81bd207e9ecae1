"""Which calls of a request wait for each other although they need not?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit import units
from perfkit.analyses.parallel import findings, wording
from perfkit.analyses.parallel.candidates import Candidate, candidate
from perfkit.analyses.parallel.evidence import Level
from perfkit.analyses.parallel.example import example
from perfkit.analyses.parallel.sites import LEAST_MS, LEAST_SHARE, sites
from perfkit.analyses.parallel.steps import Steps
from perfkit.analyses.traces.caveats import caveats_of
from perfkit.analyses.traces.forest import Forest
from perfkit.fingerprinted import fingerprinted
from perfkit.recording import as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from perfkit.recording import Recording

__all__ = ["parallelism"]

_SCHEMA = pa.schema(
    [
        ("route", pa.string()),
        ("calls", pa.string()),
        ("requests", pa.int64()),
        ("sequential_ms", pa.float64()),
        ("longest_ms", pa.float64()),
        ("saves_ms", pa.float64()),
        ("saves_low_ms", pa.float64()),
        ("saves_high_ms", pa.float64()),
        ("evidence", pa.string()),
        ("proven", pa.bool_()),
        ("reason", pa.string()),
        ("parent", pa.string()),
        ("service", pa.string()),
        ("share", pa.float64()),
        ("trace_id", pa.string()),
    ]
)
_WORTH = f"{units.format_ms(LEAST_MS)} and {units.format_share(LEAST_SHARE)} of a request"
_CHECKED = (
    f"calls that follow each other, where {_WORTH} could be saved",
    "evidence: seen under way at once, or in either order, or told nothing that came up meanwhile",
    "left out: writes, transactions, repeats, pages, retries, what a cache, token or lock decides",
)


def parallelism(data: Any) -> Result:
    """Find calls that a request makes one after another and could make at the same time.

    Calls to databases, caches, HTTP and RPC peers below one span are looked at over all requests
    that have that span. Being called one after another is no evidence of anything; what is:

    * proven: in other requests both were under way before either could have answered, or they
      came in the other order (reads only);
    * likely: everything the later call is told, as its URL or statement shows, is a constant or
      named by the request's own URL, in all of at least ten requests (reads only, none of which
      grants, locks or caches);
    * otherwise there is no finding, and the table may hold the group with ``proven`` False and
      the reason.

    Args:
        data: a Recording, or a table of spans (DataFrame or Arrow).

    Returns:
        One row per group of calls, the one that saves most in all first. ``sequential_ms`` is the
        time in which one of the calls runs, ``longest_ms`` what remains when those overlap that
        need nothing of each other, ``saves_ms`` what the request gains where nothing else holds
        it up: medians over ``requests``. ``series["example"]`` is a typical request of the first.

    Raises:
        UsageError: ``data`` is neither.

    Example:
        >>> import perfkit
        >>> parallelism(perfkit.sample("shop_launch")).table  # doctest: +SKIP
    """
    rec = as_recording(data, "spans")
    steps = Steps(Forest(fingerprinted(rec.arrow("spans"))))
    found = _candidates(steps)
    sure = [one for one in found if one.level >= Level.LIKELY]
    return Result(
        analysis="parallelism",
        question="Which calls of a request wait for each other although they need not?",
        headline=_headline(sure),
        arrow=pa.Table.from_pylist([_row(one) for one in found], schema=_SCHEMA),
        noun="groups",
        findings=[findings.finding(one) for one in sure],
        caveats=_caveats(rec, steps, found),
        checked=_CHECKED,
        totals={
            "groups": len(found),
            "proven": sum(one.level >= Level.SWAPPED for one in found),
            "saves_total_ms": sum(one.saves_ms * one.times for one in sure),
        },
        series={"example": example(next(iter(sure), None))},
    )


def _candidates(steps: Steps) -> list[Candidate]:
    """Return all groups: those with evidence first, then by what they would save in all."""
    every = (candidate(steps, site) for site in sites(steps.forest, steps))
    return sorted((one for one in every if one), key=_rank)


def _rank(found: Candidate) -> tuple[Any, ...]:
    site = found.site
    total = found.saves_ms * found.times
    texts = (site.route or "", site.parent or "", site.service or "")
    return (found.level < Level.LIKELY, -total, *texts)


def _headline(sure: list[Candidate]) -> str:
    if not sure:
        return "No calls were shown to wait for each other without need."
    first = sure[0]
    more = f"; {len(sure) - 1} more such groups" if len(sure) > 1 else ""
    could = "could" if first.level >= Level.SWAPPED else "could probably"
    return (
        f"{first.site.route or 'A request'} {could} save {units.format_ms(first.saves_ms)} of each"
        f" request by calling {findings.listed(first)} at the same time{more}"
    )


def _row(found: Candidate) -> dict[str, Any]:
    low, high = found.interval_ms
    forest, site = found.matrix.steps.forest, found.site
    (trace,) = forest.texts("trace_id", site.containers[[found.typical]])
    return {
        "route": site.route,
        "calls": " + ".join(one.name for one in found.operations),
        "requests": found.requests,
        "sequential_ms": found.sequential_ms,
        "longest_ms": found.longest_ms,
        "saves_ms": found.saves_ms,
        "saves_low_ms": low,
        "saves_high_ms": high,
        "evidence": wording.LABELS[found.level],
        "proven": found.level >= Level.SWAPPED,
        "reason": wording.evidence(found),
        "parent": site.parent,
        "service": site.service,
        "share": found.share,
        "trace_id": trace,
    }


def _caveats(rec: Recording, steps: Steps, found: list[Candidate]) -> list[str]:
    notes = caveats_of(rec, steps.forest)
    if not len(steps.forest):
        notes.append("There are no spans.")
    notes += [
        f"{one.site.route}: every {one.site.every}. request was looked at."
        for one in found
        if one.site.every > 1
    ]
    if any(one.level == Level.POSSIBLE for one in found):
        notes.append(
            "Groups without evidence are listed, not advised: recorded query parameters or URLs, or"
            " a request in which the calls overlap, would tell."
        )
    return notes
