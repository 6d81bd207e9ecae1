"""Single statements that are slow by themselves, not because they are repeated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.external.calls import members
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.parallel import gain
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.find import FEWEST
from perfkit.analyses.repeats.statement_kinds import ping
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Ints

__all__ = ["rule"]

#: Source: Sentry's detector of slow database queries (500 ms since 2024).
SLOW_MS = 500.0
#: Or it takes most of its request, and longer than people notice (Nielsen: 100 ms).
_FELT_MS, _DOMINATES = 100.0, 0.5
_REQUESTS = 3
#: Of its calls so many are slow, where the median is not: values, locks or a cold cache.
_SOMETIMES = 0.05
_LOOKED = 200  # calls whose gain is worked out
_REFERENCE = "https://use-the-index-luke.com/sql/where-clause"


@dataclass(frozen=True, kw_only=True)
class _Slow:
    """One statement: ``every`` call of it, and those that make it slow."""

    look: Look
    fingerprint: str
    every: Ints
    slow: Ints
    share: float

    @cached_property
    def gains_ms(self) -> Any:
        some = self.slow[
            np.linspace(0, len(self.slow) - 1, min(len(self.slow), _LOOKED)).astype(int)
        ]
        rows = self.look.calls.row[some]
        return gain.at_owner(self.look.forest, rows, self.look.forest.length[rows]) / 1e6

    @property
    def median_ms(self) -> float:
        return float(np.median(self.look.calls.length[self.slow]) / 1e6)


def rule(look: Look) -> list[Claim]:
    """Find statements whose median is 500 ms, or 100 ms and half of their request.

    Or that take 500 ms in at least 3 calls and 5 % of them. Not those that a request sends five
    times and more (the N+1 analysis tells of these), nor maintenance, sleeps and transactions.
    """
    calls = look.calls
    at = np.flatnonzero(calls.kind_is("db") & calls.single & ~calls.timed_out)
    texts = groups.encode(look.forest.rows["fingerprint"].take(pa.array(calls.row[at])))
    found = []
    for code, places in members(texts.codes):
        text = texts.labels[code]
        longest = calls.length[at[places]].max()
        if text is None or longest < _FELT_MS * 1e6 or ping(Target(fingerprint=text)):
            continue
        slow = _slow(look, text, at[places])
        if slow:
            found.append(Claim(_finding(slow), calls.row[slow.slow]))
    return found


def _slow(look: Look, text: str, every: Ints) -> _Slow | None:
    calls = look.calls
    _, often = np.unique(calls.owner[every], return_counts=True)
    if np.median(often) >= FEWEST:
        return None
    took = calls.length[every] / 1e6
    whole = calls.forest.length[np.maximum(calls.owner_row[every], 0)] / 1e6
    inside = (calls.owner_row[every] >= 0) & (calls.owner_row[every] != calls.row[every])
    share = float(np.median(np.where(inside, np.minimum(took / np.maximum(whole, 1e-6), 1), 0)))
    dominates = len(every) >= _REQUESTS and share >= _DOMINATES and np.median(took) >= _FELT_MS
    if np.median(took) >= SLOW_MS or dominates:
        return _Slow(look=look, fingerprint=text, every=every, slow=every, share=share)
    slow = every[took >= SLOW_MS]
    if len(slow) >= _REQUESTS and len(slow) >= _SOMETIMES * len(every):
        return _Slow(look=look, fingerprint=text, every=every, slow=slow, share=share)
    return None


def _finding(one: _Slow) -> Finding:
    look, calls = one.look, one.look.calls
    text = visible(shown(one.fingerprint), 80)
    always = len(one.slow) == len(one.every)
    if always:
        part = f", {units.format_share(one.share)} of its request" if one.share > 0 else ""
        title = f"{text} takes {units.format_ms(one.median_ms)}{part}, in {len(one.every):,} calls"
    else:
        title = (
            f"{text} takes {units.format_ms(one.median_ms)} in {len(one.slow):,} of"
            f" {len(one.every):,} calls, else"
            f" {units.format_ms(np.median(calls.length[one.every]) / 1e6)}"
        )
    fingerprint_id = look.forest.texts("fingerprint_id", calls.row[one.slow[:1]])[0]
    saves = float(np.median(one.gains_ms))
    return Finding(
        rule="slow-statement",
        severity=_severity(one, always=always),
        title=title,
        evidence=look.evidence(one.slow),
        saves_ms=saves if saves > 0 else None,
        saves_basis="per call, at most: what its request waits for it" if saves > 0 else "",
        saves_times=look.times(one.slow),
        fix=Fix(text=_advice(always=always), snippet=_snippet(one), language="sql"),
        effort="medium",
        confidence="medium" if len(one.slow) >= _REQUESTS and always else "low",
        reference=_REFERENCE,
        keys=look.keys(one.slow, fingerprint_id=fingerprint_id, route=look.route(one.slow)),
    )


def _severity(one: _Slow, *, always: bool) -> Any:
    """Return how bad it is: what nobody waits for (jobs) is told, and no more."""
    owner = one.look.calls.owner_row[one.slow]
    if not one.look.forest.served[owner[owner >= 0]].any():
        return "info"
    return "critical" if one.median_ms >= SLOW_MS and always else "warning"


def _advice(*, always: bool) -> str:
    if always:
        return (
            "Look at its plan: a sequential scan that discards most rows wants an index on what"
            " the condition compares, a sort on disk one in the order asked for. The plan tells"
            " how much of this time can be saved."
        )
    return (
        "The same statement is usually fast: compare the plans for values of slow and fast calls,"
        " and look for waits (locks, a full pool, a cold cache) at the time of the slow ones."
    )


def _snippet(one: _Slow) -> str:
    text = visible(one.fingerprint, 2000).replace("*/", "* /")
    return f"%%explain\n-- put values of a slow call in the place of ?\n{text}"
