"""Prefixes that lead to too many templates: all that follows becomes ``{path}``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.routing.names import CATCH_ALL
from perfkit.routing.paths import Sections, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["MOST", "collapsed"]

#: A prefix that leads to more templates is a tree of files or of free names, not of routes: the
#: largest published APIs (GitHub's, Kubernetes') have some 1,000 paths.
MOST = 2_000


def collapsed(templates: pa.Array) -> pa.Array:
    """Return templates (one per path), those below a prefix with too many as ``prefix/{path}``.

    The longest such prefixes are taken; the root is never one.
    """
    found = templates.dictionary_encode()
    if len(found.dictionary) <= MOST:
        return templates
    cut = Sections.of(found.dictionary)
    keep = cut.depth.copy()
    for place, prefix in reversed(list(enumerate(_prefixes(cut), start=1))):
        below = (cut.depth > place + 1) & (keep == cut.depth)
        leaves = np.bincount(prefix[below], minlength=int(prefix.max()) + 1)
        keep = np.where(below & (leaves[prefix] > MOST), place + 1, keep)
    return _cut(found.dictionary, cut, keep).take(found.indices)


def _prefixes(cut: Sections) -> Iterator[NDArray[np.int64]]:
    """Number the beginnings of the templates, of two sections (the first is empty), three, ..."""
    prefix = numbered(cut.at(0))[0]
    for place in range(1, int(cut.depth.max())):
        prefix = numbered(prefix, cut.at(place))[0]
        yield prefix


def _cut(templates: pa.Array, cut: Sections, keep: NDArray[np.int64]) -> pa.Array:
    """Return the templates, of those that are longer the first ``keep`` sections."""
    place = np.arange(len(cut.codes)) - np.repeat(cut.offsets[:-1], cut.depth)
    kept = place < np.repeat(keep, cut.depth)
    begun = Sections(cut.texts, cut.codes[kept], np.concatenate([[0], np.cumsum(keep)])).joined()
    shortened = pc.binary_join_element_wise(begun, CATCH_ALL, "/")
    return pc.if_else(pa.array(keep < cut.depth), shortened, templates)
