"""Lines that begin with a stamp (a time, a stream); lines without one continue the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from perfkit.ingest.envelopes.joins import glued
from perfkit.ingest.envelopes.model import Ints, Unwrapped
from perfkit.ingest.envelopes.order import oldest_first
from perfkit.ingest.envelopes.rows import pieces, rows_of
from perfkit.ingest.envelopes.text import Bools, Lines, slices

if TYPE_CHECKING:
    import re

__all__ = ["Stamps", "cut_at_stamp", "unstamped"]

_TAIL = 1 << 16


class Stamps(NamedTuple):
    """Per line: whether it has a stamp, what that says, and where the message begins behind it."""

    present: Bools
    at: Ints
    code: Ints
    names: list[str]
    content: Ints


def cut_at_stamp(data: bytes, stamp: re.Pattern[bytes]) -> int:
    """Return where the last line with a stamp begins (``stamp`` matches from its line feed on)."""
    size = _TAIL
    while True:
        base = max(0, len(data) - size)
        found = -1
        for match in stamp.finditer(data, base):
            found = match.start()
        if found >= 0 or not base:
            return found + 1
        size *= 4


def unstamped(lines: Lines, stamps: Stamps) -> Unwrapped:
    """Take the stamps off; lines before the first are irrelevant.

    JSON that was written over several lines, from ``{`` to ``}``, becomes one line.
    """
    owner = np.maximum.accumulate(np.where(stamps.present, np.arange(len(lines)), -1))
    good = np.flatnonzero(owner >= 0)
    mine = owner[good]
    content = np.where(stamps.present, stamps.content, lines.start)[good]
    rows = rows_of(
        slices(lines.data, content, lines.end[good]),
        (stamps.code[mine], stamps.names),
        good + 1,
        at=stamps.at[mine],
    )
    follows = _folded(lines, good, stamps.present[good])
    if follows.any():
        rows, mine = glued(rows, np.arange(len(rows)), follows), mine[~follows]
    turned = oldest_first(rows, mine)
    return Unwrapped(
        pieces=pieces(turned or rows),
        newest_first=turned is not None,
        irrelevant=len(lines) - len(good) + int(follows.sum()),
        lines=len(lines),
    )


def _folded(lines: Lines, good: Ints, present: Bools) -> Bools:
    """Say which lines belong to JSON that began in a line before."""
    follows = np.zeros(len(good), np.bool_)
    begins = np.flatnonzero(present)
    counts = np.diff(np.append(begins, len(good)))
    for first, count in zip(begins[counts > 2].tolist(), counts[counts > 2].tolist(), strict=True):  # noqa: PLR2004 - { and }
        body = range(first + 1, first + count)
        if lines.text(good[body[0]]) == b"{" and lines.text(good[body[-1]]) == b"}":
            follows[body.start : body.stop] = True
    return follows
