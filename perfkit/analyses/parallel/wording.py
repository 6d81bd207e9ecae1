"""What is known of a group of calls, in words: the evidence, and how they could run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses.parallel.evidence import Level

if TYPE_CHECKING:
    from perfkit.analyses.parallel.candidates import Candidate
    from perfkit.analyses.parallel.snippet import Stage
    from perfkit.span_ids import Flags

__all__ = ["LABELS", "evidence", "stages"]

LABELS = {
    Level.OVERLAPPING: "seen overlapping",
    Level.SWAPPED: "seen in either order",
    Level.LIKELY: "inputs known before",
    Level.POSSIBLE: "none",
}


def evidence(found: Candidate) -> str:
    """Say why the calls need nothing of each other, or why that is not known."""
    pairs, columns = found.pairs, found.columns
    levels = pairs.level[np.ix_(columns, columns)]
    said = []
    if (levels == Level.OVERLAPPING).any():
        least = pairs.launched[np.ix_(columns, columns)][levels == Level.OVERLAPPING].min()
        said.append(f"they were under way at the same time in {least:,} other requests")
    if (levels == Level.SWAPPED).any():
        first = pairs.first[np.ix_(columns, columns)]
        least = np.minimum(first, first.T)[levels == Level.SWAPPED].min()
        said.append(f"either came first in {least:,} requests or more")
    if found.level == Level.LIKELY:
        said.append(
            f"in all {len(found.lines):,} requests the later ones were told nothing but constants"
            " and what the request itself names"
        )
    if found.level == Level.POSSIBLE:
        said.append(_missing(found))
    return "; ".join(said)


def _missing(found: Candidate) -> str:
    hidden = [
        f"{found.matrix.operations[column].name}: {found.pairs.verdicts[column].reason}"
        for column in found.columns
        if column in found.pairs.verdicts and not found.pairs.verdicts[column].known
    ]
    if hidden:
        return hidden[0]
    return f"only {len(found.lines):,} requests show them"


def stages(found: Candidate) -> list[Stage]:
    """Return what could run at the same time: one stage, or several after one another.

    Calls that need each other stay together in one entry, in their order; where that would join
    all of them, a call that needs one of a stage opens the next.
    """
    chosen = list(found.columns)
    apart = found.pairs.apart(_least(found))
    joined = _joined(chosen, apart)
    if len(joined) > 1:
        return [[[_name(found, column) for column in entry] for entry in joined]]
    layers: list[list[int]] = []
    for column in chosen:
        if layers and all(apart[column, other] for other in layers[-1]):
            layers[-1].append(column)
        else:
            layers.append([column])
    return [[[_name(found, column)] for column in layer] for layer in layers if len(layer) > 1]


def _least(found: Candidate) -> Level:
    return min(found.level, Level.SWAPPED)


def _name(found: Candidate, column: int) -> str:
    return found.matrix.operations[column].name


def _joined(columns: list[int], apart: Flags) -> list[list[int]]:
    """Return the columns in groups: in one are those that need each other, over others or not."""
    entries: list[list[int]] = []
    for column in columns:
        near = [entry for entry in entries if not all(apart[column, other] for other in entry)]
        rest = [entry for entry in entries if entry not in near]
        entries = [*rest, [*(one for entry in near for one in entry), column]]
    order = {column: place for place, column in enumerate(columns)}
    tidy = [sorted(entry, key=order.__getitem__) for entry in entries]
    return sorted(tidy, key=lambda entry: order[entry[0]])
