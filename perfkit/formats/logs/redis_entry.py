"""One entry of Redis' slow log, and how redis-cli writes texts."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Bad", "Entries", "Entry", "unquoted"]

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b"}


class Entry(NamedTuple):
    """A command: when it was logged (seconds since 1970), how long it ran, what it was.

    ``micros`` may have a fraction; ``address`` is ``ip:port``; ``name`` is what CLIENT SETNAME set.
    """

    line: int
    number: int
    at: int | str
    micros: float
    arguments: list[str]
    address: str
    name: str


class Bad(NamedTuple):
    """Something that is no entry: where it begins, how many lines it has, why."""

    line: int
    lines: int
    reason: str
    text: str


class Entries(NamedTuple):
    """What an input holds; ``lines`` = those of entries + ``irrelevant`` + those of ``bad``."""

    found: list[Entry]
    bad: list[Bad]
    irrelevant: int
    lines: int


def unquoted(text: str) -> str:
    r"""Return what redis-cli wrote as ``"a\x01\"b"``; bytes that are no UTF-8 become U+FFFD."""
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    raw = _ESCAPE.sub(_byte, inner).encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "replace")


def _byte(found: re.Match[str]) -> str:
    if found[1] is None:
        return _LETTERS.get(found[2], found[2])
    return bytes([int(found[1], 16)]).decode("utf-8", "surrogateescape")
