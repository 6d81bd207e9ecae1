"""Requests added up by group (a route, a peer, ...): counts, sums, latency bands, a sketch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perfkit.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from perfkit.analyses.baselines.rows import Rows
    from perfkit.analyses.groups import Groups, Ordered

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["BANDS", "Tally", "counted"]

#: Latency bands: name -> below how many milliseconds; what is beyond the last is broken. 0.1 and
#: 1 s are the limits of what feels instant and of an unbroken train of thought, 10 s those of
#: attention (Nielsen, Usability Engineering, 1993, chapter 5; after Miller, AFIPS 33, 1968);
#: 0.3 and 3 s divide what lies between, as service level objectives of web pages do.
BANDS = {"instant": 100.0, "snappy": 300.0, "noticeable": 1000.0, "slow": 3000.0}


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What is known of every group; ``sums`` has an array by group for each of its names.

    ``requests`` and ``errors`` (of ``judged`` ones) count every row by its weight, ``timed``
    those with a duration; ``squares`` are of their weights; ``instant``, ``snappy``, ... count
    the bands. ``sketch`` is empty where the percentiles are taken from the rows.
    """

    labels: tuple[str | None, ...]
    sums: Mapping[str, Floats]
    min_ms: Floats
    max_ms: Floats
    sketch: Sketch

    @classmethod
    def merged(cls, parts: Sequence[Tally]) -> tuple[Tally, list[Ints]]:
        """Add parts (at least one) up; also return the new number of each group of every part."""
        place: dict[str | None, int] = {}
        remaps = [
            np.array([place.setdefault(label, len(place)) for label in part.labels], np.int64)
            for part in parts
        ]
        count = len(place)
        pairs = list(zip(parts, remaps, strict=True))
        low, high = np.full(count, np.nan), np.full(count, np.nan)
        for part, remap in pairs:
            np.fmin.at(low, remap, part.min_ms)
            np.fmax.at(high, remap, part.max_ms)
        sums = {
            name: np.sum([np.bincount(remap, p.sums[name], count) for p, remap in pairs], axis=0)
            for name in parts[0].sums
        }
        sketch = Sketch.merged([part.sketch for part in parts], remaps)
        whole = cls(labels=tuple(place), sums=sums, min_ms=low, max_ms=high, sketch=sketch)
        return whole, remaps

    def named(self, labels: Sequence[str | None]) -> tuple[Tally, Ints]:
        """Return the tally by other labels (one per group; equal ones become one)."""
        whole, (remap,) = Tally.merged([replace(self, labels=tuple(labels))])
        return whole, remap

    def without(self, labels: Collection[str | None]) -> Tally:
        """Return the tally without some groups."""
        kept = np.array([n for n, label in enumerate(self.labels) if label not in labels], np.int64)
        return Tally(
            labels=tuple(self.labels[n] for n in kept),
            sums={name: values[kept] for name, values in self.sums.items()},
            min_ms=self.min_ms[kept],
            max_ms=self.max_ms[kept],
            sketch=self.sketch.only(kept),
        )

    def joined(self) -> Tally:
        """Return all groups as one."""
        return self.named([None] * len(self.labels))[0]


def counted(found: Rows, by: Groups, ordered: Ordered, *, sketch: bool) -> Tally:
    """Add rows up by group; ``ordered`` are their known durations by the same groups."""
    below = ordered.below(list(BANDS.values()))
    known = ordered.known()
    bands = np.diff([np.zeros(len(known)), *below, known], axis=0)
    return Tally(
        labels=tuple(by.labels),
        sums={
            "requests": by.count(weight=found.weight).astype(np.float64),
            "errors": by.count(found.failed, found.weight).astype(np.float64),
            "judged": by.count(found.judged, found.weight).astype(np.float64),
            "timed": known,
            "squares": ordered.squares(),
            "total_ms": ordered.sums(),
            **dict(zip((*BANDS, "broken"), bands, strict=True)),
        },
        min_ms=ordered.lowest(),
        max_ms=ordered.highest(),
        sketch=_sketch(ordered) if sketch else _nothing(),
    )


def _sketch(ordered: Ordered) -> Sketch:
    group = np.repeat(np.arange(len(ordered.counts)), ordered.counts)
    return Sketch.of(np.maximum(ordered.values, 0.0), group, ordered.weight)


def _nothing() -> Sketch:
    empty = np.zeros(0, np.int64)
    return Sketch(group=empty, bucket=empty, count=np.zeros(0))
