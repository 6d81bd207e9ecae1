"""What limits a comparison: drift, dependence, other loads, what is not compared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfkit import units
from perfkit.analyses.comparing.samples import FEWEST
from perfkit.analyses.comparing.verdicts import FEW
from perfkit.statistics.autocorrelation import STRONG
from perfkit.statistics.runs import ENOUGH, enough

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.analyses.comparing.mix import Mix
    from perfkit.analyses.comparing.rows import Compared
    from perfkit.recording import Recording

__all__ = ["caveats"]

#: Latency grows with load: beyond it the loads are no longer alike.
_LOADS = 1.5


def caveats(
    compared: Compared, mix: Mix | None, before: Sequence[Recording], after: Sequence[Recording]
) -> Iterator[str]:
    """Yield sentences, what limits the verdicts first."""
    yield from _runs(len(before), len(after))
    yield from _load(compared)
    yield from _dependent(compared)
    yield from _few(compared)
    yield from _not_compared(compared)
    yield from compared.observed.notes
    if mix:
        yield from _other_keys(mix)
    for name, side in (("before", before), ("after", after)):
        for note in dict.fromkeys(note for rec in side for note in rec.caveats()):
            yield f"{name}: {note}"


def _runs(before: int, after: int) -> Iterator[str]:
    if enough(before, after):
        if min(before, after) < ENOUGH:
            yield (
                "One side has fewer than three runs: it is taken to drift from run to run as the"
                " other does."
            )
        return
    many = "One run" if max(before, after) == 1 else f"Fewer than {ENOUGH} runs"
    yield (
        f"{many} a side cannot exclude drift: two runs of the same program differ by some per"
        " cent, and 2 % of drift alone lets 13 of 100 equal pairs look different at 200 requests"
        f" (simulated). Pass {ENOUGH} runs or more a side:"
        " perfkit.compare([a1, a2, a3], [b1, b2, b3])."
    )


def _load(compared: Compared) -> Iterator[str]:
    sides = (compared.before, compared.after)
    told = all(side.served for side in sides)
    amounts = [(side.served or 0.0) if told else float(side.calls.sum()) for side in sides]
    rates = [amount / side.seconds for amount, side in zip(amounts, sides, strict=True)]
    what = "requests" if told else "calls"
    ratio = rates[1] / rates[0] if rates[0] > 0 else math.nan
    if ratio > _LOADS or ratio < 1 / _LOADS:
        yield (
            f"The load was another: {rates[0]:.3g} {what} per second before, {rates[1]:.3g} after."
            " Latency changes with load, so that this compares both at once."
        )


def _dependent(compared: Compared) -> Iterator[str]:
    strong = [key for key in compared.used if compared.latency[key].tau > STRONG]
    if strong:
        worst = max(compared.latency[key].tau for key in strong)
        yield (
            f"Samples strongly dependent: {len(strong)} of {len(compared.used)}"
            f" {compared.observed.noun} have an autocorrelation time above {STRONG:g} (up to"
            f" {worst:.0f}): so many neighbours tell as much as one sample. The intervals are"
            " wider for it."
        )


def _few(compared: Compared) -> Iterator[str]:
    few = sum(compared.verdicts[key].word == FEW for key in compared.used)
    if few:
        yield (
            f"{few} of {len(compared.used)} {compared.observed.noun} have fewer than {FEWEST}"
            " samples on a side: too few to compare."
        )


def _not_compared(compared: Compared) -> Iterator[str]:
    failed = [int(side.failed.sum()) for side in compared.observed.sides]
    if any(failed):
        yield (
            f"Failures are not compared: {failed[0]:,} of {len(compared.observed.before):,} before,"
            f" {failed[1]:,} of {len(compared.observed.after):,} after."
        )


def _other_keys(mix: Mix) -> Iterator[str]:
    mean = mix.mean
    if abs(mean.other_ms) > 0.01 * mean.before_ms:
        yield (
            f"What is new or gone changes the mean of all by {units.format_ms(mean.other_ms)};"
            f" latency and mix are told of the {mix.keys} that are on both sides."
        )
