"""Before and after: what got slower, by how much, and is that real?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from perfkit.analyses.comparing.by_category import by_category
from perfkit.analyses.comparing.by_fingerprint import by_fingerprint
from perfkit.analyses.comparing.by_route import by_route
from perfkit.analyses.comparing.caveats import caveats
from perfkit.analyses.comparing.findings import CHECKED, findings
from perfkit.analyses.comparing.headline import headline
from perfkit.analyses.comparing.mix import Mix, mix
from perfkit.analyses.comparing.overall import mix_table, overall_findings
from perfkit.analyses.comparing.rows import Compared, compared
from perfkit.analyses.comparing.wording import percent
from perfkit.errors import UsageError
from perfkit.recording import Recording, as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfkit.analyses.comparing.observed import Observed

__all__ = ["compare"]

By = Literal["route", "fingerprint", "category"]
_OBSERVED: dict[str, tuple[str, Callable[..., Observed]]] = {
    "route": ("requests", by_route),
    "fingerprint": ("queries", by_fingerprint),
    "category": ("spans", by_category),
}
_MIX = "The change of all together: by latency at the same mix, and by the mix"


def compare(before: Any, after: Any, by: By = "route", *, min_effect_pct: float = 5.0) -> Result:
    """Say per key what got slower or faster, by how much, and what could not have been seen.

    ``shift_pct`` is the Hodges-Lehmann shift of log latency with its 95 % interval (``low_pct``,
    ``high_pct``). The verdict is ``slower`` or ``faster`` only if ``p_value`` (Mann-Whitney,
    corrected for autocorrelation, then by Holm for the number of keys) is below 0.05 and the
    shift is at least ``min_effect_pct``; otherwise ``no change detected``, and
    ``detectable_pct`` is the smallest change that would have been seen with a probability of
    80 %. Further verdicts: ``too few samples`` (below six a side), ``new``, ``gone``; of
    statements and categories whose latency did not change ``more frequent``, ``less frequent``
    (calls per request; column ``frequency`` says it beside any verdict).

    Only what succeeded is compared: a service that fails fast looks faster.

    Args:
        before: a Recording, or a table of requests, queries or spans (DataFrame or Arrow); or
            a list of these, one per run. From three runs a side on the runs are the unit of the
            test, so that drift from run to run does not look like a change.
        after: likewise.
        by: ``"route"`` (requests), ``"fingerprint"`` (statements) or ``"category"`` (what
            requests spend on each category of spans).
        min_effect_pct: the smallest change that matters. Of three runs or more before it is at
            least twice their own drift.

    Returns:
        One row per key, the largest change of total time first. Each of p50, p90, p95, p99 has
        ``p95_before_ms``, ``p95_after_ms`` (the samples' own), ``p95_shift_pct``,
        ``p95_low_pct``, ``p95_high_pct`` (block bootstrap; NaN below 6, 36, 72 and 1,000
        samples a side). ``tau`` is the autocorrelation time, ``tail`` a percentile that moved
        although the rest did not.

    Raises:
        UsageError: ``by`` is something else, or a side has nothing to compare.

    Example:
        >>> import pyarrow as pa
        >>> old = pa.table({"route": ["/a"] * 40, "duration_ms": [10.0, 11.0] * 20})
        >>> new = pa.table({"route": ["/a"] * 40, "duration_ms": [20.0, 22.0] * 20})
        >>> compare(old, new).arrow["verdict"].to_pylist()
        ['slower']
    """
    if by not in _OBSERVED:
        raise UsageError(
            f"compare: cannot compare by {by!r}",
            hint='by="route", by="fingerprint" or by="category"',
        )
    if not 0 <= min_effect_pct < math.inf:
        raise UsageError(
            f"compare: min_effect_pct={min_effect_pct} is no change in per cent",
            hint="min_effect_pct=5",
        )
    table, observe = _OBSERVED[by]
    old, new = _runs(before, table, "before"), _runs(after, table, "after")
    observed = observe(old, new)
    for name, side, recs in (("before", observed.before, old), ("after", observed.after, new)):
        if not len(side):
            raise _empty(name, by, recs)
    return _result(observed, old, new, math.log1p(min_effect_pct / 100))


def _runs(data: Any, table: str, side: str) -> list[Recording]:
    runs = [
        as_recording(one, table) for one in (data if isinstance(data, list | tuple) else [data])
    ]
    if not runs:
        raise UsageError(
            f"compare: {side} is a list without runs", hint="perfkit.compare([run_1, run_2], ...)"
        )
    return runs


def _empty(side: str, by: str, recs: Sequence[Recording]) -> UsageError:
    table = _OBSERVED[by][0]
    others = [name for name, (of, _) in _OBSERVED.items() if any(len(r.arrow(of)) for r in recs)]
    return UsageError(
        f"compare: there are no {table} {side}, so that nothing can be compared by {by}",
        hint=f'by="{others[0]}" has some'
        if others and others != [by]
        else "look at what was read: rec.sources and rec.rejected",
    )


def _result(
    observed: Observed, before: Sequence[Recording], after: Sequence[Recording], effect: float
) -> Result:
    found = compared(observed, effect)
    divided = None if observed.by == "category" else mix(observed, found.latency)
    return Result(
        analysis="compare",
        question=f"What changed, by {observed.by}, and is it real?",
        headline=headline(found),
        arrow=found.table(),
        noun=observed.noun,
        findings=[*findings(found), *overall_findings(found, divided, effect)],
        caveats=[*caveats(found, divided, before, after)],
        checked=CHECKED,
        totals=_totals(found, divided, effect),
        sections={_MIX: mix_table(divided)} if divided else {},
    )


def _totals(found: Compared, divided: Mix | None, effect: float) -> dict[str, Any]:
    words = [found.word(key) for key in found.used]
    totals: dict[str, Any] = {
        "by": found.observed.by,
        "keys": len(found.used),
        "verdicts": {word: words.count(word) for word in sorted(set(words))},
        "runs_before": found.observed.before.runs,
        "runs_after": found.observed.after.runs,
        "calls_before": len(found.observed.before),
        "calls_after": len(found.observed.after),
        "total_before_ms": float(found.before.total_ms.sum()),
        "total_after_ms": float(found.after.total_ms.sum()),
        "min_effect_pct": percent(effect),
    }
    if divided:
        totals |= {
            "same_mix_shift_pct": percent(divided.same),
            "same_mix_low_pct": percent(divided.low),
            "same_mix_high_pct": percent(divided.high),
        }
    return totals
