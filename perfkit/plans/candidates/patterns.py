"""LIKE and regular expressions: whether they begin with fixed letters, or hold three in a row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfkit.plans.conditions import Predicate

__all__ = ["anchored", "has_trigram", "serves_btree"]

_LIKE = {"~~", "~~*"}
_SPECIAL = re.compile(r"[\\.\[\](){}*+?|$^]")
_TRIGRAM = re.compile(r"\w{3}")
_WILDCARDS = re.compile(r"[%_]|\\.")
_CLASSES = re.compile(r"\[[^\]]*\]|\\.|.[*?]|\{[^}]*\}")


def serves_btree(predicate: Predicate) -> bool:
    """Whether a b-tree serves the predicate; of the patterns only those with a fixed start."""
    if predicate.kind == "pattern":
        return anchored(predicate)
    return predicate.kind in {"equality", "any", "range"}


def anchored(predicate: Predicate) -> bool:
    """Whether the pattern is a constant that begins with fixed letters: ``'abc%'``, ``'^abc'``."""
    if predicate.source != "constant" or len(predicate.literals) != 1:
        return False
    pattern = predicate.literals[0]
    if predicate.operator == "~~":
        return pattern[:1] not in {"", "%", "_", "\\"}
    if predicate.operator == "~":
        return (
            pattern.startswith("^")
            and not _SPECIAL.match(pattern[1:2] or "$")
            and ("|" not in pattern)
        )
    return predicate.operator == "^@" and bool(pattern)


def has_trigram(predicate: Predicate) -> bool:
    """Whether pg_trgm finds three letters in a row to look up; a parameter may hold them."""
    if predicate.operator == "^@":
        return False
    if predicate.source != "constant" or not predicate.literals:
        return predicate.source in {"parameter", "stable"}
    pattern = predicate.literals[0]
    if predicate.operator in _LIKE:
        return any(_TRIGRAM.search(part) for part in _WILDCARDS.split(pattern))
    if "|" in pattern:
        return False  # every branch would need three
    return any(_TRIGRAM.search(part) for part in _SPECIAL.split(_CLASSES.sub(" ", pattern)))
