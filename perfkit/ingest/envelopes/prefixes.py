"""What envelopes that put something before each line have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from perfkit.formats.model import KEPT_PER_REASON, BadLine
from perfkit.ingest.envelopes.model import NO_TIME, Ints, Unwrapped
from perfkit.ingest.envelopes.moments import from_iso
from perfkit.ingest.envelopes.rows import pieces, rows_of
from perfkit.ingest.envelopes.text import slices

if TYPE_CHECKING:
    import re

    from perfkit.ingest.envelopes.text import Bools, Lines

__all__ = [
    "Bad",
    "Prefixed",
    "matching_lines",
    "rejected",
    "share_of_lines",
    "stamped",
    "taken_off",
]

_LOOKED_AT = 400
#: ``2016-10-06T00:17:09.669794202`` and what a zone adds to it.
_STAMP, _OFFSET = 29, 6


class Bad(NamedTuple):
    """Lines that could not be used: the first of them, and how many in all."""

    kept: tuple[BadLine, ...]
    total: int


class Prefixed(NamedTuple):
    """Where the prefix of each line ends, and which of ``names`` it means (None: no prefix)."""

    content: Ints
    code: Ints
    names: list[str | None]


def matching_lines(head: bytes, pattern: re.Pattern[bytes]) -> tuple[list[re.Match[bytes]], int]:
    """Match ``pattern`` to the beginning of whole lines; also return how many were tried."""
    lines = head.split(b"\n", _LOOKED_AT + 1)
    whole = [line for line in lines[:-1] or lines if line.strip()][:_LOOKED_AT]
    return [match for line in whole if (match := pattern.match(line.rstrip(b"\r")))], len(whole)


def share_of_lines(head: bytes, pattern: re.Pattern[bytes]) -> float:
    """Return which part of the lines begins with ``pattern``."""
    found, count = matching_lines(head, pattern)
    return len(found) / count if count else 0.0


def rejected(lines: Lines, bad: Bools, reason: str) -> tuple[Bad, int]:
    """Return the lines that are ``bad``, and how many of them are only blank."""
    rows = np.flatnonzero(bad)
    wide = np.array([bool(lines.text(row).strip()) for row in rows.tolist()], np.bool_)
    broken = rows[wide] if len(rows) else rows
    shown = broken[:KEPT_PER_REASON].tolist()
    kept = tuple(BadLine.of(row + 1, reason, lines.text(row)) for row in shown)
    return Bad(kept, len(broken)), len(rows) - len(broken)


def taken_off(lines: Lines, found: Prefixed, passing: re.Pattern[bytes], wrong: str) -> Unwrapped:
    """Take prefixes off, and times with nanoseconds behind them (``--timestamps``).

    Lines without a prefix that match ``passing`` are irrelevant, others are rejected as ``wrong``.
    """
    valid = np.array([name is not None for name in found.names], np.bool_)[found.code]
    good = np.flatnonzero(valid)
    content, at = stamped(lines, np.minimum(found.content, lines.end))
    rows = rows_of(
        slices(lines.data, content[good], lines.end[good]),
        (found.code[good], [name or "" for name in found.names]),
        good + 1,
        at=at[good],
    )
    passes = np.zeros(len(lines), np.bool_)
    others = [row for row in np.flatnonzero(~valid).tolist() if passing.match(lines.text(row))]
    passes[others] = True
    bad, blank = rejected(lines, ~valid & ~passes, wrong)
    return Unwrapped(
        pieces=pieces(rows),
        rejected=bad.kept,
        rejected_lines=bad.total,
        irrelevant=blank + len(others),
        lines=len(lines),
    )


def stamped(lines: Lines, content: Ints) -> tuple[Ints, Ints]:
    """Skip a time with nine digits of a second at ``content``, as runtimes write it."""
    at = np.full(len(content), NO_TIME)
    zone = lines.byte(content + _STAMP)
    zulu = zone == ord("Z")
    marks = lines.byte(content + 10) == ord("T")
    marks &= lines.byte(content + 19) == ord(".")
    behind = content + _STAMP + np.where(zulu, 1, _OFFSET)
    marks &= (zulu | (zone == ord("+")) | (zone == ord("-"))) & (behind <= lines.end)
    rows = np.flatnonzero(marks)
    if not len(rows):
        return content, at
    end = behind[rows]
    after = lines.byte(end, rows)
    found = from_iso(slices(lines.data, content[rows], end))
    fine = (found != NO_TIME) & ((after == ord(" ")) | (end == lines.end[rows]))
    at[rows[fine]] = found[fine]
    begin = content.copy()
    begin[rows[fine]] = np.minimum(end[fine] + 1, lines.end[rows[fine]])
    return begin, at
