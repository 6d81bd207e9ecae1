"""The conclusion of a comparison as a sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfkit.analyses.comparing.findings import name_of
from perfkit.analyses.comparing.frequency import LESS, MORE
from perfkit.analyses.comparing.overall import largest
from perfkit.analyses.comparing.verdicts import (
    ALPHA,
    FASTER,
    FEW,
    GONE,
    NEW,
    NO_CHANGE,
    SLOWER,
)
from perfkit.analyses.comparing.wording import percent, shift_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.analyses.comparing.rows import Compared

__all__ = ["headline"]

_NAME = 40  # characters: a title holds two statements
_SINGULAR = {"routes": "route", "statements": "statement", "categories": "category"}


def headline(compared: Compared) -> str:
    """Say what changed, largest change first; nothing: what would have been seen."""
    by_word = _by_word(compared)
    rare = _too_rare(compared, by_word)
    said = [_changed(compared, by_word[word], word) for word in (SLOWER, FASTER) if by_word[word]]
    sure = {word: set(by_word[word]) - rare for word in (MORE, LESS, NEW, GONE)}
    said += [f"{len(keys)} {word}" for word, keys in sure.items() if keys]
    said += [f"{len(rare)} on one side only, too rare to be called new or gone"] if rare else []
    if not by_word[SLOWER] and not by_word[FASTER]:
        said.insert(0, _unchanged(compared, by_word[NO_CHANGE], len(by_word[FEW])))
    moved = largest(compared)
    if moved:
        old, new = (name_of(compared, key, _NAME) for key in moved)
        said.append(f"the largest cost is now {new} (it was {old})")
    return f"{'; '.join(said)}."


def _by_word(compared: Compared) -> dict[str, list[int]]:
    """Return the keys of every verdict, those with the largest share of time first."""
    words = (SLOWER, FASTER, NO_CHANGE, FEW, NEW, GONE, MORE, LESS)
    order = sorted(
        compared.used,
        key=lambda key: -float(compared.before.total_ms[key] + compared.after.total_ms[key]),
    )
    return {word: [key for key in order if compared.word(key) == word] for word in words}


def _too_rare(compared: Compared, by_word: dict[str, list[int]]) -> set[int]:
    """Return the routes that chance alone leaves out of one side: so few are their requests.

    Statements do not come and go by chance: who has new ones wants to know each.
    """
    if compared.observed.by != "route":
        return set()
    sides = {NEW: compared.after.rows, GONE: compared.before.rows}
    count = len(by_word[NEW]) + len(by_word[GONE])
    whole = sum(int(rows.sum()) for rows in sides.values())
    return {
        key
        for word, rows in sides.items()
        for key in by_word[word]
        if count * (int(rows.sum()) / whole) ** int(rows[key]) >= ALPHA
    }


def _changed(compared: Compared, keys: Sequence[int], word: str) -> str:
    first = max(keys, key=lambda key: _extra(compared, key))
    found = compared.latency[first].shift
    noun = _counted(len(keys), compared.observed.noun)
    told = shift_in_words(found.value, found.low, found.high)
    others = " and others" if len(keys) > 1 else ""
    return f"{noun} {word}: {name_of(compared, first, _NAME)} {told}{others}"


def _extra(compared: Compared, key: int) -> float:
    """Return how much time the shift makes of a key, whichever its direction."""
    time = float(compared.before.total_ms[key] + compared.after.total_ms[key])
    return time * abs(compared.latency[key].shift.value)


def _unchanged(compared: Compared, keys: Sequence[int], few: int) -> str:
    if not keys:
        return (
            f"Too few samples to compare {_counted(few, compared.observed.noun)}"
            if few
            else f"No {_SINGULAR[compared.observed.noun]} is on both sides to be compared"
        )
    noun = _counted(len(keys), compared.observed.noun)
    first = keys[0]
    least = percent(compared.verdicts[first].detectable)
    if math.isnan(least):
        return f"No change detected in {noun}"
    return (
        f"No change detected in {noun}; on {name_of(compared, first, _NAME)}, the largest, a change"
        f" of {_about(least)} would have been seen"
    )


def _about(value: float) -> str:
    return f"about {value:.0f} %" if value >= 1 else "1 %"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count != 1 else f"1 {_SINGULAR[noun]}"
