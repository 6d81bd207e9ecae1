"""Lines as they were pasted -> lines as EXPLAIN wrote them.

A name or a literal may hold line ends, a terminal or a mail program breaks long lines, and a
client may number or frame them. What EXPLAIN begins a line with is known: ``->``, a property's
name with its colon, a subplan's name. Any other line below the plan's first one goes on where
the line before it stopped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from perfkit.plans.reading.heads import head_of, is_known
from perfkit.plans.reading.lines import KEYS
from perfkit.plans.reading.values import Balance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Line", "footer_rows", "key_of", "logical_lines", "marker_of"]

_KEY = re.compile(r"[A-Za-z][\w/ ,()-]*")
_LONGEST_KEY = 120
_MARKER = re.compile(r"(InitPlan|SubPlan) [^\s()]+(?: \(returns [^()]*\))?")
_FOOTER = re.compile(r"\(([0-9]{1,9}) [^\W\d_][^()]{0,30}\)")
_BETWEEN = re.compile(r"(?:AND|OR|IS|NOT) |[=<>]")
_COUNTS = re.compile(r"(?:rows|width|loops|time)=|\((?:actual|cost|never)\b")
_NUMBERS = re.compile(r"\((?:cost=|actual |never )")
_JOINTS = (",", "=", "<", ">", " AND", " OR", " NOT")
_NARROWEST = 40  # no terminal is narrower: a shorter line was not broken by its width
_LOOSE, _WEAK, _STRONG = range(3)


class Line(NamedTuple):
    """One line as EXPLAIN wrote it: how far in it stands, and its text."""

    place: int
    text: str


def key_of(text: str) -> tuple[str, str] | None:
    """Cut ``key: value``; None for another line.

    Example:
        >>> key_of("Filter: (a = '1'::text)")
        ('Filter', "(a = '1'::text)")
    """
    end = text.find(":")
    if not 0 < end <= _LONGEST_KEY or text[end + 1 : end + 2] not in {"", " "}:
        return None
    key = text[:end]
    return (key, text[end + 1 :].strip()) if _KEY.fullmatch(key) else None


def marker_of(text: str) -> str | None:
    """Return the name of a subplan, where ``text`` is the line above one."""
    if _MARKER.fullmatch(text):
        return text
    if text.startswith("CTE ") and not text.startswith("CTE Scan on "):
        return text
    return None


def footer_rows(text: str) -> int | None:
    """Return n of psql's ``(n rows)``, in whatever language."""
    found = _FOOTER.fullmatch(text)
    return int(found[1]) if found else None


def logical_lines(lines: Sequence[str], begin: int) -> Iterator[Line]:
    """Yield the lines of the plan that begins at ``lines[begin]``, joined as they were."""
    return _Joiner(lines, begin).read()


class _Joiner:
    def __init__(self, lines: Sequence[str], begin: int) -> None:
        self.lines = lines[begin:]
        self.base = _place(self.lines[0])
        self.width = max(len(line) for line in self.lines)
        self.over = False
        self.place = self.base
        self.parts: list[str] = []
        self.last = ""
        self.balance = Balance()
        self.open = False
        self.counting = False  # the line is a node's first, which ends with its numbers

    def read(self) -> Iterator[Line]:
        for line in self.lines:
            text = line.strip()
            if not text:
                if self.parts and self.balance.quote:
                    self._add("\n", "", line)
                continue
            if self._goes_on(text):
                self._join(line, text)
                continue
            if self.parts:
                yield Line(self.place, "".join(self.parts))
            self._begin(line, text)
        if self.parts:
            yield Line(self.place, "".join(self.parts))

    def _goes_on(self, text: str) -> bool:
        """Whether ``text`` is the rest of the line before."""
        if not self.parts:
            return False
        kind = _begins(text)
        if self.open:
            return kind != _STRONG
        if kind == _WEAK and self.counting and not self._numbered():
            return key_of(text) is None and _NUMBERS.search(text) is not None
        return kind == _LOOSE and not self.over

    def _numbered(self) -> bool:
        return any(_NUMBERS.search(part) for part in self.parts)

    def _begin(self, line: str, text: str) -> None:
        self.place = _place(line)
        if self.place <= self.base + 1 and line is not self.lines[0]:
            self.over |= key_of(text) is not None or footer_rows(text) is not None
        self.parts = []
        self.balance = Balance()
        self.counting = key_of(text) is None
        self._add("", text, line)

    def _join(self, line: str, text: str) -> None:
        if self.balance.quote and len(self.last) != max(self.width, _NARROWEST):
            cut = min(self.base, _place(line))
            self._add("\n", line[cut:].rstrip(), line)
        else:
            self._add(self._glue(line, text), text, line)

    def _glue(self, line: str, text: str) -> str:
        """Return the blank that the break replaced, if it did."""
        before = self.last.rstrip()
        if self.last != before or line[:1] == " ":
            return " "
        if self.counting:
            counted = before[-1:].isdigit() or before.endswith((")", "(actual"))
            return " " if counted and _COUNTS.match(text) else ""
        return " " if before.endswith(_JOINTS) or _BETWEEN.match(text) else ""

    def _add(self, glue: str, text: str, line: str) -> None:
        self.parts += [glue, text]
        self.last = line
        self.open = self.balance.read(text) or marker_of(text) is not None


def _place(line: str) -> int:
    return len(line) - len(line.lstrip())


def _begins(text: str) -> int:
    """Say whether ``text`` begins a line of EXPLAIN: surely, perhaps, or not."""
    if text.startswith("->") or _MARKER.fullmatch(text) or footer_rows(text) is not None:
        return _STRONG
    found = key_of(text)
    if found is not None:
        sure = found[0] in KEYS or text.startswith(("Worker ", "JIT:", "Planning:", "Trigger "))
        return _STRONG if sure else _WEAK
    if text.startswith(("CTE ", "Trigger ")):
        return _WEAK
    return _WEAK if head_of(text) is not None or is_known(text) else _LOOSE
