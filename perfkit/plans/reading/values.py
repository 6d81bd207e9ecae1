"""The values that EXPLAIN's text prints: numbers, lists, counters -> those of its JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Balance", "bare", "counters", "items", "number", "pairs", "words"]

_MEASURED = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?) ?(?:ms|kB|b)?")
_MARKS = re.compile(r"['\"()\[\],]")
_WORD = re.compile(r'(?:"(?>(?:[^"]++|"")*+)"|[^\s"])+')
_LEADING = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?: ?(?:kB|ms|%)(?![A-Za-z]))?")
_BETWEEN = re.compile(r" {2,}+|(?<=[0-9B)]) (?=[A-Z])")
_DIGITS = 300  # a longer number is none that was measured: int() refuses it, float() is infinite


def number(text: str) -> int | float | None:
    """Return a number as JSON has it: whole ones as int, others as float; None for others.

    A unit behind it (``ms``, ``kB``) is left out, as in JSON.
    """
    found = _MEASURED.fullmatch(text) if len(text) <= _DIGITS else None
    if found is None:
        return None
    return float(found[1]) if "." in found[1] else int(found[1])


def bare(name: str) -> str:
    """Return a name as the catalog has it, without the quotes around it."""
    if len(name) > 1 and name[0] == name[-1] == '"':
        return name[1:-1].replace('""', '"')
    return name


def words(text: str) -> list[str]:
    """Cut at blanks that stand outside of double quotes; odd quotes are plain characters."""
    if '"' not in text or text.count('"') % 2:
        return text.split()
    return _WORD.findall(text)


def items(text: str) -> list[str]:
    """Split at the commas that stand outside of parentheses, brackets and quotes.

    Example:
        >>> items("a, f(b, c), 'd, e'")
        ['a', 'f(b, c)', "'d, e'"]
    """
    if "," not in text:
        return [text]
    cuts = [found.start() for found in Balance().marks(text) if found[0] == ","]
    edges = zip([-1, *cuts], [*cuts, len(text)], strict=True)
    return [text[begin + 1 : end].strip() for begin, end in edges]


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of ``a: 1  b: 2``; a web page leaves one of the two blanks."""
    for part in _BETWEEN.split(text):
        name, colon, value = part.partition(":")
        if colon:
            yield name.strip(), value.strip()


def counters(text: str) -> Iterator[tuple[str, int | float]]:
    """Yield name and number of ``hit=1 read=2`` and ``buffers full=3``."""
    name, *parts = text.split("=")
    for part in parts:
        found = _LEADING.match(part)
        if found is None:
            name = part
            continue
        if (plain := number(found[1])) is not None:
            yield name.strip(" ,"), plain
        name = part[found.end() :]


class Balance:
    """Which quotes and parentheses are open behind the text seen so far.

    Quotes inside of quotes are doubled, which closes and opens them again; a backslash has
    no meaning, as the server doubles it.
    """

    def __init__(self) -> None:
        """Begin with nothing open."""
        self.quote = ""
        self.depth = 0

    def marks(self, text: str) -> Iterator[re.Match[str]]:
        """Read on in ``text`` and yield the commas outside of everything."""
        for found in _MARKS.finditer(text):
            sign = found[0]
            if self.quote:
                self.quote = "" if sign == self.quote else self.quote
            elif sign in "'\"":
                self.quote = sign
            elif sign == ",":
                if not self.depth:
                    yield found
            else:
                self.depth += 1 if sign in "([" else -1

    def read(self, text: str) -> Any:
        """Read on in ``text``; return whether something is open behind it."""
        for _ in self.marks(text):
            pass
        return bool(self.quote) or self.depth > 0
