"""What follows the names of one place: values of a parameter lead to the same words.

``/alice/posts`` and ``/bob/posts``, ``/ada/engine/issues`` and ``/linus/kernel/issues``: the next
section or the one after it is the same whatever the name. What follows names of routes differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.routing.names import Names

    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

__all__ = ["Following"]

#: A word is common when it follows this share of a place's names, and at least so many of them.
_COMMON, _COMMON_NAMES = 0.1, 3
#: A name leads to the same as others when at least this share of its words is common.
_MOST = 0.5


@dataclass(frozen=True)
class Following:
    """What follows the names of one place: by path, which name it is (of ``size``)."""

    name: Ints
    size: int
    names: Names

    def ids(self, code: Ints) -> Flags:
        """Say which names are followed by an id."""
        found = np.zeros(self.size, np.bool_)
        found[self.name[(code >= 0) & self.names.counted[code]]] = True
        return found

    def words(self, after: Sequence[Ints]) -> tuple[Flags, Flags]:
        """Say which names lead to the same words as others, and which to words of their own."""
        alike, leads = np.zeros(self.size, np.bool_), np.zeros(self.size, np.bool_)
        for code in after:
            words, common = self._common(code)
            leads |= words > 0
            alike |= (words > 0) & (common >= _MOST * words)
        return alike, leads & ~alike

    def nested(self, after: Sequence[Ints]) -> Flags:
        """Say which names lead to one word, the same for most of them, and ids behind it.

        ``/acme/projects/{id}``, ``/hooli/projects/{id}``. Operations (``edit``) may follow the
        names of routes as well.
        """
        word, then = after[0], after[1]
        found = np.zeros(self.size, np.bool_)
        rows = np.flatnonzero((word >= 0) & (then >= 0))
        rows = rows[self.names.plain[word[rows]] & self.names.counted[then[rows]]]
        rows = rows[~self.names.operations(word[rows])]
        width = len(self.names.texts)
        pairs = np.unique(self.name[rows] * width + word[rows])
        spread = np.bincount(pairs % width, minlength=width)
        found[(pairs // width)[spread[pairs % width] >= _MOST * self.size]] = True
        return found

    def _common(self, code: Ints) -> tuple[Ints, Ints]:
        """Return how many different words follow each name, and how many of these are common."""
        word = (code >= 0) & self.names.plain[code]
        width = len(self.names.texts)
        pairs = np.unique(self.name[word] * width + code[word])
        name, text = pairs // width, pairs % width
        words = np.bincount(name, minlength=self.size)
        spread = np.bincount(text, minlength=width)[text] if len(text) else text
        needed = max(_COMMON_NAMES, _COMMON * np.count_nonzero(words))
        return words, np.bincount(name[spread >= needed], minlength=self.size)
