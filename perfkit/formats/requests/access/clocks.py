"""How a time is written in a log line: ``clf``, ``iso``, a number, or a format of strptime."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["fixed_width", "has_only_known", "is_strptime", "pattern_of"]

#: strptime's directives: bytes, and a regular expression.
_DIRECTIVES = {
    "d": (2, "[0-9 ][0-9]"),
    "e": (2, "[0-9 ][0-9]"),
    "b": (3, "[A-Za-z]{3}"),
    "h": (3, "[A-Za-z]{3}"),
    "B": (0, "[A-Za-z]{3,9}"),
    "a": (3, "[A-Za-z]{3}"),
    "A": (0, "[A-Za-z]{6,9}"),
    "m": (2, "[0-9]{2}"),
    "Y": (4, "[0-9]{4}"),
    "y": (2, "[0-9]{2}"),
    "H": (2, "[0-9]{2}"),
    "I": (2, "[0-9]{2}"),
    "M": (2, "[0-9]{2}"),
    "S": (2, "[0-9]{2}"),
    "p": (2, "[APap][Mm]"),
    "j": (3, "[0-9]{3}"),
    "z": (5, "[+-][0-9]{4}"),
    "Z": (0, "[A-Za-z]{1,5}"),
    "f": (0, "[0-9]{1,9}"),
    "%": (1, "%"),
}
_SIGN = re.compile("%(.)", re.DOTALL)
_CLF = "[0-9]{2}/[A-Za-z]{3}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}"
_ISO = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?+"
    "(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?+"
)


def is_strptime(unit: str) -> bool:
    """Say whether a unit is a format of strptime."""
    return "%" in unit


def has_only_known(unit: str) -> bool:
    """Say whether a format of strptime has nothing but directives that are known here."""
    return is_strptime(unit) and all(sign in _DIRECTIVES for sign in _SIGN.findall(unit))


@lru_cache
def fixed_width(unit: str) -> int:
    """Return how many bytes a time always has; 0: it differs."""
    if unit == "clf":
        return 26
    if not is_strptime(unit):
        return 0
    widths = [_DIRECTIVES[sign][0] for sign in _SIGN.findall(unit)]
    return sum(widths) + len(_SIGN.sub("", unit).encode()) if all(widths) else 0


@lru_cache
def pattern_of(unit: str) -> str:
    """Return a regular expression of a time; empty: it has no blanks, nor a form of its own."""
    if unit in {"clf", "iso"}:
        return _CLF if unit == "clf" else _ISO
    if not is_strptime(unit):
        return ""
    pieces = _SIGN.split(unit)
    return "".join(
        _DIRECTIVES[piece][1] if place % 2 else re.escape(piece)
        for place, piece in enumerate(pieces)
    )
