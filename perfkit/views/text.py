"""Any Result as plain text: what the terminal, an e-mail and a diff show."""

from __future__ import annotations

import shutil
import sys
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from perfkit import units
from perfkit.views import columns, layout
from perfkit.views.snippet import snippet_lines
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from perfkit.results import Finding, Result
    from perfkit.views.columns import Column

__all__ = ["more_findings", "render", "saves", "table_lines"]

WIDTH = 100
ROWS = 20
SECTION_ROWS = 5
EVIDENCE_ROWS = 8
FINDINGS = 15  # nobody reads more at once
PASTE = "In short, to paste into the incident channel:"
_NARROWEST = 80


def render(result: Result) -> str:
    """Return findings first, then table (20 rows), sections, caveats and the paragraph to paste.

    It is as wide as the terminal (80 to 100 columns), elsewhere 100 columns; only code that
    a line break would change is longer. The text is safe for a terminal: control characters
    in it are shown as escapes.
    """
    width = _room()
    blocks = [
        _wrapped(result.question, width) + _wrapped(result.headline, width),
        *(_finding(n, found, width) for n, found in enumerate(result.findings[:FINDINGS], start=1)),
        _wrapped(more_findings(result), width),
        [] if result.findings else _checked(result, width),
        _table(result, width),
        *(_section(title, table, width) for title, table in result.sections.items()),
        [line for item in result.caveats for line in _wrapped(item, width, "note: ", "      ")],
        _closing(result, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _room() -> int:
    if not (sys.stdout and sys.stdout.isatty()):
        return WIDTH
    return min(WIDTH, max(_NARROWEST, shutil.get_terminal_size((WIDTH, 24)).columns))


def _wrapped(text: str, width: int, first: str = "", then: str = "") -> list[str]:
    return textwrap.wrap(
        visible(text), width, initial_indent=first, subsequent_indent=then, break_on_hyphens=False
    )


def _closing(result: Result, width: int) -> list[str]:
    lines = [PASTE] if result.closing else []
    return lines + [
        part for line in result.closing.splitlines() for part in _wrapped(line, width, "  ", "  ")
    ]


def _finding(number: int, finding: Finding, width: int) -> list[str]:
    mark = f"{number}. "
    indent = " " * len(mark)
    lines = _wrapped(f"[{finding.severity}] {finding.title}", width, mark, indent)
    lines += _wrapped(saves(finding), width, indent, indent)
    deeper = indent + "  "
    evidence = columns.from_rows(finding.evidence[:EVIDENCE_ROWS])
    evidence = layout.narrow(evidence, width - len(deeper), layout.least_width)
    lines += table_lines(evidence, indent=deeper, width=width, whole=True)
    lines += _wrapped(f"fix: {finding.fix.text}", width, indent, indent + "     ")
    deeper += "  "
    lines += [deeper + line for line in snippet_lines(finding.fix, width - len(deeper))]
    if finding.fix.test:
        tried = replace(finding.fix, snippet=finding.fix.test)
        lines.append(f"{indent}test it first:")
        lines += [deeper + line for line in snippet_lines(tried, width - len(deeper))]
    return [line.rstrip() for line in lines] + _reference(finding, width, indent)


def _reference(finding: Finding, width: int, indent: str) -> list[str]:
    said = f"see: {finding.reference}"
    return _wrapped(said, width, indent, indent + "     ") if finding.reference else []


def more_findings(result: Result) -> str:
    """Say how many findings are not shown, "" if all are."""
    hidden = len(result.findings) - FINDINGS
    return f"and {hidden:,} more in .findings, each of them smaller" if hidden > 0 else ""


def saves(finding: Finding) -> str:
    """Say what a fix saves: ``saves 12 ms per request (400 times, 4.80 s in all)``."""
    parts = [f"effort {finding.effort}", f"confidence {finding.confidence}"]
    if finding.saves_total_ms:
        total = (
            f" ({units.format_count(finding.saves_times)} times,"
            f" {units.format_ms(finding.saves_total_ms)} in all)"
            if finding.saves_times > 1
            else ""
        )
        amount = f"saves {units.format_ms(finding.saves_ms)} {finding.saves_basis}".rstrip()
        parts.insert(0, amount + total)
    return ", ".join(parts)


def _checked(result: Result, width: int) -> list[str]:
    lines = ["Nothing wrong was found. Checked:"] if result.checked else []
    return lines + [line for item in result.checked for line in _wrapped(item, width, "- ", "  ")]


def _table(result: Result, width: int) -> list[str]:
    shown = layout.fitted(result.arrow, result.noun, rows=ROWS, width=width)
    lines = table_lines(shown.columns, width=width)
    return lines + (_wrapped(f"({shown.note})", width) if shown.note else [])


def _section(title: str, table: pa.Table, width: int) -> list[str]:
    shown = layout.fitted(table, "rows", rows=SECTION_ROWS, width=width)
    lines = table_lines(shown.columns, width=width)
    hidden = table.num_rows - shown.rows
    more = f" (the first {shown.rows} of {table.num_rows:,} rows)" if hidden else ""
    return [*_wrapped(f"{title}{more}:", width), *lines] if lines else []


def table_lines(
    shown: Sequence[Column], *, indent: str = "", width: int = WIDTH, whole: bool = False
) -> list[str]:
    """Return a header, a rule and the rows; numbers stand right, long texts are cut.

    With ``whole`` the last text is continued on further lines instead.
    """
    if not shown or not shown[0].cells:
        return []
    widths = _widths(shown, width - len(indent))
    rows = [[c.header for c in shown], ["-" * w for w in widths]]
    for cells in zip(*(c.cells for c in shown), strict=True):
        last = [cells[-1]] if shown[-1].numeric or not whole else _parts(cells[-1], widths[-1])
        rows += [[*cells[:-1], last[0]], *([*[""] * (len(cells) - 1), part] for part in last[1:])]
    return [indent + _line(row, shown, widths) for row in rows]


def _parts(cell: str, width: int) -> list[str]:
    return textwrap.wrap(cell, width, break_on_hyphens=False) or [""]


def _line(row: Sequence[str], shown: Sequence[Column], widths: Sequence[int]) -> str:
    cells = (
        visible(cell, width).rjust(width) if column.numeric else visible(cell, width).ljust(width)
        for cell, column, width in zip(row, shown, widths, strict=True)
    )
    return "  ".join(cells).rstrip()


def _widths(shown: Sequence[Column], available: int) -> list[int]:
    """Give every column what it needs; texts share what is left, in order."""
    least = [layout.least_width(column) for column in shown]
    spare = available - sum(least) - 2 * (len(shown) - 1)
    widths = []
    for column, width in zip(shown, least, strict=True):
        wanted = max([len(column.header), *map(len, column.cells)]) - width
        extra = max(0, min(wanted, spare))
        spare -= extra
        widths.append(width + extra)
    return widths
