"""The lines of a snippet, short enough for a terminal and still fit to be pasted."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from perfkit.views.escape import code_lines

if TYPE_CHECKING:
    from perfkit.results import Fix

__all__ = ["snippet_lines"]

_INDENT = "  "
#: Where a line break could end a comment or change a text: such lines stay as they are.
_DELICATE = re.compile(r"--|/\*|\$")


def snippet_lines(fix: Fix, width: int) -> list[str]:
    """Return the lines of a fix's snippet; long SQL and long comments are broken, code never.

    SQL is broken at blanks outside quotes only, where a line break means the same. A line
    that cannot be broken without changing its meaning is longer than ``width``.
    """
    return [part for line in code_lines(fix.snippet) for part in _broken(line, fix, width)]


def _broken(line: str, fix: Fix, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    if line.startswith("# ") and fix.language == "python":
        return textwrap.wrap(
            line, width, subsequent_indent="#   ", break_long_words=False, break_on_hyphens=False
        )
    if fix.language == "sql" and not _DELICATE.search(line):
        return _sql(line, width)
    return [line]


def _sql(line: str, width: int) -> list[str]:
    lines = []
    while len(line) > width:
        breaks = [at for at in _blanks(line) if at <= width] or _blanks(line)[:1]
        if not breaks:
            break
        lines.append(line[: breaks[-1]])
        line = _INDENT + line[breaks[-1] :].lstrip()
    return [*lines, line]


def _blanks(line: str) -> list[int]:
    """Return the positions of blanks that stand between words and outside quotes."""
    quoted = [line.count(quote, 0, at) % 2 for at in range(len(line)) for quote in ("'", '"')]
    return [
        at
        for at, character in enumerate(line)
        if character == " " and line[:at].strip() and not any(quoted[2 * at : 2 * at + 2])
    ]
