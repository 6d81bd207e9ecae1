"""How long each span took itself: its duration less what its children cover. NumPy over columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.tables import with_column

if TYPE_CHECKING:
    from perfkit.span_ids import Flags, Ints
    from perfkit.span_tree import Links

__all__ = ["times", "with_self_ms"]

_SIGN = 63  # bits of a positive int64


def with_self_ms(spans: pa.Table, links: Links) -> pa.Table:
    """Return the spans with ``self_ms``: their duration less the union of their children.

    Children are clamped to their parent, as Jaeger does; an unknown duration stays unknown.
    """
    start, length, known = times(spans)
    parent = links.parent
    child = np.flatnonzero((parent >= 0) & known & known[parent])
    if not len(child):
        return with_column(spans, "self_ms", spans["duration_ms"])
    above = parent[child]
    begin = start[child] - start[above]
    end = np.clip(begin + length[child], 0, length[above])
    covered = _covered(above, np.clip(begin, 0, length[above]), end, length)
    ms = spans["duration_ms"].to_numpy()
    self_ms = np.where(covered > 0, np.maximum(length - covered, 0) / 1e6, ms)
    return with_column(spans, "self_ms", pa.array(self_ms, mask=np.isnan(self_ms)))


def times(spans: pa.Table) -> tuple[Ints, Ints, Flags]:
    """Return start and length in nanoseconds (0: unknown), and where both are known."""
    start = pc.fill_null(spans["started_at"].cast(pa.int64()), 0).to_numpy()
    known = spans["duration_ms"].is_valid().to_numpy() & spans["started_at"].is_valid().to_numpy()
    length = pc.fill_null(spans["duration_ms"], 0.0).to_numpy() * 1e6
    return start, np.where(known, np.rint(length), 0).astype(np.int64), known


def _covered(above: Ints, begin: Ints, end: Ints, length: Ints) -> Ints:
    """Return how many nanoseconds of each span its children cover.

    The children begin and end so many nanoseconds after the span ``above`` them does.
    """
    order = _in_families(above, begin)
    above, begin, end = above[order], begin[order], end[order]
    # All families on one line, each behind the one before: one running maximum serves all.
    first = np.append(True, above[1:] != above[:-1])
    room = np.where(first, length[above], 0)
    offset = np.cumsum(room) - length[above]
    reached = np.maximum.accumulate(end + offset)
    before = np.append(0, reached[:-1])
    before = np.where(first, begin + offset, np.maximum(before, begin + offset))
    added = np.maximum(end + offset - before, 0)
    total = np.zeros(len(length), np.int64)
    total[above[first]] = np.add.reduceat(added, np.flatnonzero(first))
    return total


def _in_families(above: Ints, begin: Ints) -> Any:
    """Order by ``above``, then by ``begin``: one number holds both where they fit in."""
    bits = int(begin.max()).bit_length()
    if bits + int(above.max()).bit_length() > _SIGN:
        return np.lexsort((begin, above))
    return np.argsort(above << bits | begin)
