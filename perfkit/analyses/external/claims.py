"""Findings with the calls whose time they would save, so that no time is promised twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perfkit import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.results import Finding
    from perfkit.span_ids import Ints

__all__ = ["Claim", "counted_once"]

_MOSTLY = 0.95  # of a finding's calls are claimed already: it promises nothing of its own


@dataclass(frozen=True)
class Claim:
    """A finding, and the spans (rows of the forest) in which the time is spent that it saves."""

    finding: Finding
    rows: Ints


def counted_once(claims: Sequence[Claim], spans: int) -> list[Finding]:
    """Return the findings; what two of them claim is counted for the earlier one alone.

    The later one promises less and says why. ``spans`` is the number of rows of the forest.
    """
    owner = np.full(spans, -1)
    kept: list[Finding] = []
    for claim in claims:
        taken = owner[claim.rows]
        kept.append(_reduced(claim, taken, kept))
        if claim.finding.saves_ms:
            free = claim.rows[taken < 0]
            owner[free] = len(kept) - 1
    return kept


def _reduced(claim: Claim, taken: Ints, kept: Sequence[Finding]) -> Finding:
    finding = claim.finding
    again = taken[taken >= 0]
    if not finding.saves_ms or not len(again):
        return finding
    share = len(again) / len(taken)
    other = kept[int(np.bincount(again).argmax())]
    said = (
        f" {units.format_share(share)} of these calls are counted under {other.rule!r} already:"
        " the two savings do not add up."
    )
    fix = replace(finding.fix, text=finding.fix.text + said)
    if share > _MOSTLY:
        return replace(finding, fix=fix, saves_ms=None, saves_basis="")
    return replace(finding, fix=fix, saves_times=finding.saves_times * (1 - share))
