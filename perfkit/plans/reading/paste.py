"""A paste -> its lines: without frames, prompts' marks and quotes of the client it came from.

Known are psql's borders (ascii, old-ascii, unicode with single and double lines), its ``+`` and
``↵`` at the end of lines that go on, its expanded display, pgAdmin's and CSV's quotes (doubled
inside), DBeaver's columns, tuples as Python prints them, tabs of a log, syslog's ``#011``, and
a comment's or a mail's sign in front of every line. No step looks at a line more than a fixed
number of times.
"""

from __future__ import annotations

from perfkit.plans.reading.markup import plain_characters
from perfkit.plans.reading.prefixes import without_prefixes

__all__ = ["pasted_lines"]

_BARS = "|│║"
_RULES = frozenset("-+=_─│┌┐└┘├┤┬┴┼═║╔╗╚╝╠╣╦╩╬╒╓╕╖╘╙╛╜╞╟╡╢╥╨╪╫╭╮╰╯━┃ |*")
_DASHES = frozenset("-=─═━")
_SIGNS = ("--", "//", "#", ">", "*")


def pasted_lines(text: str) -> list[str]:
    r"""Return the lines of ``text``; what framed the plan is gone, its indentation is kept.

    Example:
        >>> pasted_lines(" | Limit  |\n |   ->  Result |")
        [' Limit', '   ->  Result']
    """
    lines = plain_characters(text).split("\n")
    lines = without_prefixes(_without_sign(_without_syslog(lines)))
    lines = [line for line in lines if not _is_rule(line)]
    lines = _without_bars(lines)
    lines = _without_quotes(_without_marks(lines))
    return _with_blanks([_without_tuple(line) for line in lines])


def _is_rule(line: str) -> bool:
    """Whether the line is drawn: dashes, corners and bars alone; or a record's header."""
    bare = line.strip()
    if bare.startswith(("-[ RECORD", "─[ RECORD", "┌─[ RECORD", "├─[ RECORD", "```")):
        return True
    signs = set(bare[:500])
    return len(bare) > 2 and bool(signs & _DASHES) and signs <= _RULES and set(bare) <= _RULES  # noqa: PLR2004 - "->" is none


def _most(count: int, lines: list[str]) -> bool:
    """Whether ``count`` is at least half of the lines that hold anything."""
    return count > 0 and 2 * count >= sum(1 for line in lines if line and not line.isspace())


def _without_syslog(lines: list[str]) -> list[str]:
    return [line.partition("#011")[2] if "#011" in line else line for line in lines]


def _without_sign(lines: list[str]) -> list[str]:
    """Take off the sign that begins every line of a comment or of a quoted mail."""
    filled = [line.lstrip() for line in lines if line and not line.isspace()]
    for sign in _SIGNS:
        if filled and all(line.startswith(sign) for line in filled):
            return [line.lstrip()[len(sign) :] for line in lines]
    return lines


def _without_bars(lines: list[str]) -> list[str]:
    ends = sum(line.rstrip()[-1:] in _BARS for line in lines if line and not line.isspace())
    if _most(ends, lines):
        lines = [_unbarred(line.rstrip()) for line in lines]
    begins = sum(line.lstrip()[:1] in _BARS for line in lines if line and not line.isspace())
    return [_behind_bar(line) for line in lines] if _most(begins, lines) else lines


def _unbarred(line: str) -> str:
    return line[:-1].rstrip() if line[-1:] in _BARS else line


def _behind_bar(line: str) -> str:
    bare = line.lstrip()
    return bare[1:] if bare and bare[0] in _BARS else line


def _without_marks(lines: list[str]) -> list[str]:
    """Take off the marks by which psql says that a cell goes on in the next line."""
    marked = sum(line.rstrip()[-1:] in {"+", "↵"} for line in lines)
    if not _most(marked, lines):
        return lines
    bare = [line.rstrip() for line in lines]
    return [line[:-1].rstrip() if line[-1:] in {"+", "↵"} else line for line in bare]


def _without_quotes(lines: list[str]) -> list[str]:
    """Undo the quotes of CSV: around lines, or around the whole text."""
    if not any(line[:200].lstrip()[:1] in {'"', "'"} for line in lines):
        return lines
    found = [_unquoted(line) for line in lines]
    whole = next((n for n, line in enumerate(found) if line.lstrip()[:1] == '"'), None)
    if whole is None or found != lines:
        return found
    last = max(n for n, line in enumerate(lines) if line.strip())
    if last > whole and lines[last].rstrip().endswith('"'):
        lines = [*lines[:whole], lines[whole].lstrip()[1:], *lines[whole + 1 :]]
        lines[last] = lines[last].rstrip()[:-1]
        return [line.replace('""', '"') for line in lines]
    return found


def _unquoted(line: str) -> str:
    bare = line.strip()
    if len(bare) > 2 and bare[0] == bare[-1] == "'":  # noqa: PLR2004 - more than the quotes
        return bare[1:-1]
    if len(bare) > 2 and bare[0] == bare[-1] == '"':  # noqa: PLR2004 - more than the quotes
        return bare[1:-1].replace('""', '"')
    return line


def _without_tuple(line: str) -> str:
    """Undo how Python prints a row of one text: ``('Seq Scan on t',)``."""
    bare = line.strip().removeprefix("[").removesuffix("]").removesuffix(",").strip()
    for quote in "'\"":
        if bare.startswith("(" + quote) and bare.endswith(quote + ",)"):
            return bare[2:-3]
    return line


def _with_blanks(lines: list[str]) -> list[str]:
    """Replace the tabs that lines begin with; a log puts one in front of each."""
    if not any(line[:1] == "\t" or "\t" in line[:200] for line in lines):
        return lines
    first = next((line for line in lines if "(cost=" in line or "(actual " in line), "")
    if first.startswith("\t"):
        lines = [line.removeprefix("\t") for line in lines]
    return [_expanded(line) for line in lines]


def _expanded(line: str) -> str:
    bare = line.lstrip(" \t")
    return line[: len(line) - len(bare)].expandtabs(8) + bare
