"""What holds for all keys together: the mix, Simpson's paradox, the largest cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit import units
from perfkit.analyses.comparing.findings import name_of
from perfkit.analyses.comparing.wording import percent
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.comparing.mix import Mix
    from perfkit.analyses.comparing.rows import Compared

__all__ = ["largest", "mix_table", "overall_findings"]

#: The largest cost has moved if it leads by so much on both sides: equal costs change places.
_LEADS = 1.2
#: ... and is worth a word: a share of all time, and calls enough that none alone makes it.
_LEAST_SHARE, _FEWEST = 0.05, 30
_REAL = 0.01


def largest(compared: Compared) -> tuple[int, int] | None:
    """Return the keys with the most time before and after, if these are surely two."""
    before, after = compared.before.share, compared.after.share
    if not (before.size and before.max() > 0 and after.max() > 0):
        return None
    old, new = int(before.argmax()), int(after.argmax())
    leads = before[old] >= _LEADS * before[new] and after[new] >= _LEADS * after[old]
    rows = min(compared.before.rows[old], compared.after.rows[new])
    matters = min(before[old], after[new]) >= _LEAST_SHARE and rows >= _FEWEST
    return (old, new) if old != new and leads and matters else None


def overall_findings(compared: Compared, mix: Mix | None, min_effect: float) -> Iterator[Finding]:
    """Yield what a look at single keys, or at the total alone, would miss."""
    moved = largest(compared)
    if moved:
        yield _moved(compared, *moved)
    if mix and mix.reversed(min_effect):
        yield _simpson(compared, mix)
    elif mix and _mixed(mix, min_effect):
        yield _mix(compared, mix)


def _moved(compared: Compared, old: int, new: int) -> Finding:
    before, after = compared.before, compared.after
    title = (
        f"The largest cost has moved: {name_of(compared, new)} takes"
        f" {units.format_share(float(after.share[new]))} of all time (before"
        f" {units.format_share(float(before.share[new]))}), ahead of {name_of(compared, old)}"
        f" ({units.format_share(float(after.share[old]))}, before"
        f" {units.format_share(float(before.share[old]))})"
    )
    evidence = [
        {
            compared.observed.by: name_of(compared, key),
            "before_share": float(before.share[key]),
            "after_share": float(after.share[key]),
            "verdict": compared.word(key),
        }
        for key in (new, old)
    ]
    label = compared.observed.labels[new]
    by = compared.observed.by
    return Finding(
        rule="bottleneck-moved",
        severity="info",
        title=title,
        evidence=evidence,
        fix=Fix(
            text="Start with the new largest cost: what was largest before is not any more.",
            snippet=f"perfkit.diagnose(after.where(route={label!r}))"
            if by == "route" and label
            else "perfkit.diagnose(after)",
            language="python",
        ),
        confidence="high",
        keys={by: label} if label and by != "fingerprint" else {},
    )


def _mixed(mix: Mix, min_effect: float) -> bool:
    """Say whether the mean of all changed, surely, and by the mix more than by latency."""
    mean = mix.mean
    more = abs(mean.mix_ms) > abs(mean.latency_ms)
    matters = abs(mean.mix_ms) >= math.expm1(min_effect) * mean.before_ms
    return more and matters and abs(mix.total) >= min_effect and mix.p_value < _REAL


def _simpson(compared: Compared, mix: Mix) -> Finding:
    slower = mix.same > 0
    noun = compared.observed.noun
    title = (
        f"Simpson's paradox: all together got {'faster' if slower else 'slower'} (mean"
        f" {units.format_ms(mix.mean.before_ms)} before, {units.format_ms(mix.mean.after_ms)}"
        f" after), yet at the same mix of {noun} they got {'slower' if slower else 'faster'} by"
        f" {abs(percent(mix.same)):.0f} %"
    )
    return _of_mix(compared, mix, "simpson", title, severity="warning")


def _mix(compared: Compared, mix: Mix) -> Finding:
    mean = mix.mean
    grew = mean.after_ms > mean.before_ms
    title = (
        f"The mean of all {'rose' if grew else 'fell'} from {units.format_ms(mean.before_ms)} to"
        f" {units.format_ms(mean.after_ms)} because other {compared.observed.noun} were called:"
        f" the mix explains {units.format_ms(mean.mix_ms)}, latency"
        f" {units.format_ms(mean.latency_ms)}"
    )
    return _of_mix(compared, mix, "mix-changed", title, severity="info")


def _of_mix(compared: Compared, mix: Mix, rule: str, title: str, *, severity: Any) -> Finding:
    evidence = [
        {
            "measure": part.measure,
            "before_ms": part.before_ms,
            "after_ms": part.after_ms,
            "by_latency_ms": part.latency_ms,
            "by_mix_ms": part.mix_ms,
        }
        for part in mix.parts
    ]
    return Finding(
        rule=rule,
        severity=severity,
        title=title,
        evidence=evidence,
        fix=Fix(
            text=f"Judge by the {compared.observed.noun} in the table, not by the total: the"
            " traffic was another.",
            snippet="result.table[['verdict', 'shift_pct', 'n_before', 'n_after']]",
            language="python",
        ),
        confidence="high",
        reference="Kitagawa, JASA 50 (1955) 1168; Simpson, Journal of the Royal Statistical"
        " Society B 13 (1951) 238",
    )


def mix_table(mix: Mix) -> pa.Table:
    """Return measure, before_ms, after_ms and the parts of the change in ms."""
    return pa.table(
        {
            "measure": [part.measure for part in mix.parts],
            "before_ms": [part.before_ms for part in mix.parts],
            "after_ms": [part.after_ms for part in mix.parts],
            "by_latency_ms": [part.latency_ms for part in mix.parts],
            "by_mix_ms": [part.mix_ms for part in mix.parts],
            "by_new_and_gone_ms": [part.other_ms for part in mix.parts],
        }
    )
