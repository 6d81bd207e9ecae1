"""Statements that a program logged cut off: ``query[:200]``."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NOTE", "cut_length", "is_cut_off"]

#: Lengths that programs cut at; a statement of exactly that length ends there.
_USUAL = frozenset({100, 150, 200, 250, 255, 256, 300, 400, 500, 512, 1000, 1024, 2000, 2048})
#: The length that is believed of a single statement.
_BELIEVED = 200
#: So many different statements of one greatest length are no coincidence.
_SEVERAL, _SHORTEST = 3, 60
_ELLIPSES = ("...", "…")
NOTE = Note(
    kind="truncated_statements",
    message="statements were logged cut off: they have fingerprints of their own, unless another "
    "source has the whole statement",
)


def cut_length(statements: Iterable[str]) -> int:
    """Return the length at which the statements of a log were cut off; 0 when they were not.

    That is their greatest length, when it is a usual one or several share it.
    """
    by_length: defaultdict[int, set[str]] = defaultdict(set)
    for text in statements:
        by_length[len(text)].add(text)
    longest = max(by_length, default=0)
    several = longest >= _SHORTEST and len(by_length[longest]) >= _SEVERAL
    return longest if several or longest in _USUAL else 0


def is_cut_off(text: str, length: int) -> bool:
    """Say whether ``text`` ends where it was cut off, or says so itself."""
    return text.endswith(_ELLIPSES) or len(text) in {length, _BELIEVED}
