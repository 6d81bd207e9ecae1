"""Put a few rows into the places where they belong in many, without copying the many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

__all__ = ["inserted"]


def inserted(parts: Sequence[pa.Table], rows: pa.Table, name: str) -> pa.Table:
    """Return ``parts`` behind each other with ``rows`` among them, in the order of ``line``.

    The parts are in this order already; they are sliced, never copied.
    """
    rows = rows.sort_by("line")
    lines = rows["line"].to_numpy()
    pieces: list[pa.Table] = []
    begin = 0
    for part in parts:
        own = part["line"].to_numpy()
        last = own[-1] if len(own) else -1
        end = begin + int(np.searchsorted(lines[begin:], last, side="right"))
        pieces += _among(part, own, rows.slice(begin, end - begin), lines[begin:end])
        begin = end
    return tables.concat([*pieces, rows.slice(begin)], name)


def _among(part: pa.Table, own: np.ndarray, rows: pa.Table, lines: np.ndarray) -> list[pa.Table]:
    pieces: list[pa.Table] = []
    places = np.searchsorted(own, lines, side="right")
    at = first = 0
    for place in np.unique(places):
        count = int((places == place).sum())
        pieces += [part.slice(at, place - at), rows.slice(first, count)]
        at, first = int(place), first + count
    return [*(piece for piece in pieces if len(piece)), part.slice(at)]
