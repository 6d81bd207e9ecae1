"""Paths cut at their slashes, sections as numbers: Arrow and NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.routing.shapes import sections
from perfkit.routing.target import bare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

__all__ = ["DEEPEST", "Sections", "numbered", "shaped"]

#: Of deeper paths the beginning decides; routers' own templates have fewer than ten sections.
DEEPEST = 24


@dataclass(frozen=True)
class Sections:
    """Paths as rows of ``codes`` (indices into ``texts``), row ``i`` at ``offsets[i:i + 2]``."""

    texts: pa.Array
    codes: Ints
    offsets: Ints

    @classmethod
    def of(cls, paths: pa.Array) -> Sections:
        """Cut paths (text without nulls) at their slashes."""
        cut = pc.split_pattern(paths, "/")
        found = cut.flatten().dictionary_encode()
        codes = found.indices.to_numpy().astype(np.int64)
        offsets = cut.offsets.to_numpy().astype(np.int64)
        return cls(found.dictionary, codes, offsets - offsets[0])

    @property
    def depth(self) -> Ints:
        """How many sections each path has."""
        return np.diff(self.offsets)

    def at(self, place: int) -> Ints:
        """Return the code of section ``place`` (from 0) of every path; -1 beyond its end."""
        has = self.depth > place
        codes = np.full(len(has), -1, np.int64)
        codes[has] = self.codes[self.offsets[:-1][has] + place]
        return codes

    def shallow(self) -> Sections:
        """Return the paths with at most :data:`DEEPEST` sections each."""
        depth = self.depth
        if depth.max(initial=0) <= DEEPEST:
            return self
        place = np.arange(len(self.codes)) - np.repeat(self.offsets[:-1], depth)
        offsets = np.concatenate([[0], np.cumsum(np.minimum(depth, DEEPEST))])
        return Sections(self.texts, self.codes[place < DEEPEST], offsets)

    def joined(self, texts: pa.Array | None = None, codes: Ints | None = None) -> pa.Array:
        """Return the paths as text, with other ``texts`` or ``codes`` in place of their own."""
        names = self.texts if texts is None else texts
        flat = names.take(pa.array(self.codes if codes is None else codes))
        rows = pa.ListArray.from_arrays(pa.array(self.offsets.astype(np.int32)), flat)
        return pc.binary_join(rows, "/")


def shaped(targets: pa.Array) -> pa.Array:
    """Return request targets as paths with ids taken out by shape; null stays null.

    This needs no evidence and is the same in every part of a recording, so parts may be
    counted by it: :mod:`perfkit.routing.evidence` goes on from there.

    Example:
        >>> shaped(pa.array(["/orders/17?page=2", "/orders/18/", None])).to_pylist()
        ['/orders/{id}', '/orders/{id}', None]
    """
    known = targets.filter(targets.is_valid()) if targets.null_count else targets
    cut = Sections.of(bare(known)).shallow()
    found = cut.joined(sections(cut.texts))
    if not targets.null_count:
        return found
    return pc.replace_with_mask(targets, targets.is_valid(), found)


def numbered(*columns: Any) -> tuple[Ints, int]:
    """Number rows by the distinct combinations of their columns (whole numbers from -1).

    Returns:
        the number of each row, and how many there are.
    """
    key = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        if len(column):
            width = int(column.max()) + 2
            if int(key.max(initial=0)) > (2**62) // width:
                key = _dense(key)[0]
            key = key * width + (column + 1)
    return _dense(key)


def _dense(key: Ints) -> tuple[Ints, int]:
    found = pa.array(key).dictionary_encode()
    return found.indices.to_numpy().astype(np.int64), len(found.dictionary)
