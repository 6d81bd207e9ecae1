"""Counts per group and something else (a minute, a user, a session) that add up and stay small.

What does not fit is made coarser: minutes are joined two by two, sessions are sampled by half
their hashes (Flajolet, On adaptive sampling, Computing 43, 1990). How coarse it gets depends
on the whole alone: parts merged in any order give the cells of the whole.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.analyses.digests.columns import MINUTE, UNKNOWN_TIME, distinct
from perfkit.sketch import sums_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.digests.executions import Executions

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["LIMIT", "Minutes", "Sessions", "Shares", "session_counts"]

#: Cells of one kind that are kept: up to 32 bytes each.
LIMIT = 1_000_000
_COARSEST = 40
_MOST_LABELS = 1000
OTHERS = "(others)"
#: Up to so many bytes per row, flags are quicker than sorting.
_FLAGS = 10
_PIECE = 1 << 19


@dataclass(frozen=True, kw_only=True)
class Minutes:
    """Calls and time per group and period; a period is 2**level minutes, numbered from 1970."""

    group: Ints
    period: Ints
    calls: Floats
    total_ms: Floats
    level: int = 0

    @classmethod
    def of(cls, rows: Executions) -> Minutes:
        """Count executions in the minutes in which they began."""
        dated = rows.whole.where(rows.ns != UNKNOWN_TIME)
        return _minutes(dated.code, dated.ns // MINUTE, dated.weight, dated.total_ms, 0)

    @classmethod
    def merged(cls, parts: Sequence[Minutes], remaps: Sequence[Ints]) -> Minutes:
        """Add parts up; ``remaps`` give the new number of each group, for every part."""
        level = max((part.level for part in parts), default=0)
        empty = np.zeros(0, np.int64)
        pairs = list(zip(parts, remaps, strict=True))
        return _minutes(
            np.concatenate([empty, *(remap[p.group] for p, remap in pairs)]),
            np.concatenate([empty, *(p.period >> (level - p.level) for p in parts)]),
            np.concatenate([np.zeros(0), *(p.calls for p in parts)]),
            np.concatenate([np.zeros(0), *(p.total_ms for p in parts)]),
            level,
        )

    @property
    def width(self) -> int:
        """How many minutes a period has."""
        return int(2**self.level)

    def peak(self, groups: int) -> Floats:
        """Return the most calls per minute of every group; NaN where no time is known."""
        most = np.full(groups, np.nan)
        np.fmax.at(most, self.group, self.calls / self.width)
        return most


def _minutes(group: Any, period: Ints, weight: Floats | None, total: Floats, level: int) -> Minutes:
    first, second, (calls, total) = sums_by(group, period, weight, total)
    while len(first) > LIMIT and level < _COARSEST:
        level += 1
        first, second, (calls, total) = sums_by(first, second >> 1, calls, total)
    return Minutes(group=first, period=second, calls=calls, total_ms=total, level=level)


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """Which sessions ran each group: hashes whose ``level`` leading bits are zero."""

    group: Ints
    hashed: NDArray[np.uint64]
    level: int = 0

    @classmethod
    def merged(cls, parts: Sequence[Sessions], remaps: Sequence[Ints]) -> Sessions:
        """Join parts; ``remaps`` give the new number of each group, for every part."""
        pairs = zip(parts, remaps, strict=True)
        return _sessions(
            np.concatenate([np.zeros(0, np.int64), *(remap[p.group] for p, remap in pairs)]),
            np.concatenate([np.zeros(0, np.uint64), *(p.hashed for p in parts)]),
            max((part.level for part in parts), default=0),
        )

    def count(self, groups: int) -> Ints:
        """Return how many sessions ran each group: exact at level 0, an estimate beyond."""
        counts: Ints = np.bincount(self.group, minlength=groups).astype(np.int64)
        return counts << self.level


def _sessions(group: Ints, hashed: NDArray[np.uint64], level: int) -> Sessions:
    if level:
        kept = hashed >> np.uint64(64 - level) == 0
        group, hashed = group[kept], hashed[kept]
    order = np.lexsort((hashed, group))
    group, hashed = group[order], hashed[order]
    new = np.ones(len(group), np.bool_)
    new[1:] = (group[1:] != group[:-1]) | (hashed[1:] != hashed[:-1])
    group, hashed = group[new], hashed[new]
    while len(group) > LIMIT and level < _COARSEST:
        level += 1
        kept = hashed >> np.uint64(64 - level) == 0
        group, hashed = group[kept], hashed[kept]
    return Sessions(group=group, hashed=hashed, level=level)


def _hashes(texts: Sequence[str | None]) -> NDArray[np.uint64]:
    digests = (
        hashlib.blake2b((text or "").encode(errors="replace"), digest_size=8).digest()
        for text in texts
    )
    return np.frombuffer(b"".join(digests), np.uint64)


def session_counts(rows: Executions) -> tuple[Ints, Sessions]:
    """Return how many sessions ran each group, exactly; and what merges with other parts."""
    if not rows.knows("session_id"):
        empty = np.zeros(0, np.int64)
        return np.zeros(rows.count, np.int64), Sessions(group=empty, hashed=empty.view(np.uint64))
    by = rows.labels("session_id")
    width = len(by.labels)
    key = _pairs(rows, by.codes, width)
    key = key[key % width != width - 1]  # unknown is no session
    counts = np.bincount(key // width, minlength=rows.count).astype(np.int64)
    hashed, level = _hashes(by.labels), 0
    while len(key) > LIMIT:
        level += 1
        key = key[(hashed >> np.uint64(64 - level) == 0)[key % width]]
    return counts, _sessions(key // width, hashed[key % width], level)


def _pairs(rows: Executions, label: NDArray[np.int32], width: int) -> Ints:
    """Return group * width + label of every pair that occurs."""
    if rows.count * width <= _FLAGS * len(label):
        seen = np.zeros(rows.count * width, np.bool_)
        for start in range(0, len(label), _PIECE):
            part = slice(start, start + _PIECE)
            seen[rows.code[part].astype(np.int64) * width + label[part]] = True
        return np.flatnonzero(seen)
    key = rows.code.astype(np.int64)
    key *= width
    key += label
    return distinct(key)


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Calls and time per group and label (a user, a database, ...); unknown is no label."""

    labels: tuple[str, ...]
    group: Ints
    label: Ints
    calls: Floats
    total_ms: Floats

    @classmethod
    def of(cls, rows: Executions, name: str) -> Shares:
        """Count executions by the text column ``name``."""
        empty = np.zeros(0, np.int64)
        nothing = cls(labels=(), group=empty, label=empty, calls=np.zeros(0), total_ms=np.zeros(0))
        if not rows.knows(name):
            return nothing
        by = rows.labels(name)
        cells = sums_by(rows.code, by.codes, rows.weight, rows.whole.total_ms)
        group, label, (calls, total) = cells
        known = label < len(by.labels) - 1
        return cls(
            labels=tuple(text for text in by.labels if text is not None),
            group=group[known],
            label=label[known],
            calls=calls[known],
            total_ms=total[known],
        )

    @classmethod
    def merged(cls, parts: Sequence[Shares], remaps: Sequence[Ints]) -> Shares:
        """Add parts up; beyond a thousand labels the least frequent are joined to others."""
        labels = tuple(sorted({text for part in parts for text in part.labels}))
        place = {text: number for number, text in enumerate(labels)}
        empty = np.zeros(0, np.int64)
        label = [np.array([place[t] for t in p.labels], np.int64)[p.label] for p in parts]
        pairs = zip(parts, remaps, strict=True)
        group, joined, (calls, total) = sums_by(
            np.concatenate([empty, *(remap[p.group] for p, remap in pairs)]),
            np.concatenate([empty, *label]),
            np.concatenate([np.zeros(0), *(p.calls for p in parts)]),
            np.concatenate([np.zeros(0), *(p.total_ms for p in parts)]),
        )
        whole = cls(labels=labels, group=group, label=joined, calls=calls, total_ms=total)
        return whole if len(labels) <= _MOST_LABELS else whole._folded()

    def _folded(self) -> Shares:
        calls = np.bincount(self.label, self.calls, minlength=len(self.labels))
        most = np.sort(np.argsort(-calls, kind="stable")[:_MOST_LABELS])
        remap = np.full(len(self.labels), len(most), np.int64)
        remap[most] = np.arange(len(most))
        group, label, sums = sums_by(self.group, remap[self.label], self.calls, self.total_ms)
        labels = (*(self.labels[i] for i in most), OTHERS)
        return Shares(labels=labels, group=group, label=label, calls=sums[0], total_ms=sums[1])
