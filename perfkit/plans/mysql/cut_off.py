"""Plans that end in the middle: a column that was too narrow, a copy that stopped too early."""

from __future__ import annotations

import re

__all__ = ["LOST", "closed", "without_half"]

#: What is said of such a plan.
LOST = "the text ends in the middle of the plan: what followed is not known"
# Texts are taken whole, so that brackets in them do not count.
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}\[\],]', re.DOTALL)
_HALF = re.compile(r"(?<=[\s)])\s\(([a-z]*)([ =][^()]*)?\Z")
_GROUPS = ("cost", "actual", "rows", "never")
_CLOSING = {"{": "}", "[": "]"}


def closed(text: str) -> str | None:
    """Return the JSON object that begins ``text`` up to its last whole member, closed.

    None where nothing of it is whole, or where it ends properly.
    """
    stack: list[str] = []
    whole = 0
    behind = ""
    for piece in _PIECE.finditer(text):
        mark = piece[0]
        if mark in _CLOSING:
            stack.append(_CLOSING[mark])
        elif mark in {"}", "]"}:
            if not stack or stack.pop() != mark or not stack:
                return None
            whole, behind = piece.end(), "".join(reversed(stack))
        elif mark == ",":
            whole, behind = piece.start(), "".join(reversed(stack))
    return text[:whole] + behind if whole and stack else None


def without_half(line: str) -> str:
    """Return a line of a tree without the group of numbers that is not closed.

    Example:
        >>> without_half("Table scan on t  (cost=1.2 rows=3) (actual time=0.1..")
        'Table scan on t  (cost=1.2 rows=3)'
    """
    half = _HALF.search(line)
    if half is None or not any(name.startswith(half[1]) for name in _GROUPS):
        return line
    return line[: half.start()].rstrip()
