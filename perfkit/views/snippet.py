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
#: Blanks and the word after them, quotes and what is in them included.
_WORD = re.compile(r"""\s*(?:'[^']*'|"[^"]*"|[^\s'"]|['"].*)+|\s+$""")
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
    lines, current = [], ""
    for word in _WORD.findall(line):
        if current.strip() and len(current) + len(word) > width:
            lines.append(current.rstrip())
            current = _INDENT + word.lstrip()
        else:
            current += word
    return [*lines, current]
