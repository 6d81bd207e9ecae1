"""Any Result as a script-free HTML fragment: JupyterLab, nbconvert, GitHub and e-mail show it.

Colours come from JupyterLab's own variables and fall back to the page's, so that light and
dark themes both work. Nothing is loaded from anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.views import columns, layout
from perfkit.views.escape import code_lines, markup
from perfkit.views.text import EVIDENCE_ROWS, FINDINGS, PASTE, more_findings, saves

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from perfkit.results import Finding, Result
    from perfkit.views.columns import Column

__all__ = ["conclusion", "details", "page_table", "render"]

ROWS = 25
WIDTH = 125  # characters of a table: what a notebook shows
_INDENTED = 4  # characters that a finding's evidence has less
_LONGEST_CELL = 240
_LONGEST_LINE = 44
_PADDING = 1
#: MathJax takes what stands between two "$1" for a formula, unless it is told not to.
_PAGE = "perfkit tex2jax_ignore mathjax_ignore"
_INK = "color:var(--jp-content-font-color1,inherit)"
_FAINT = "opacity:.75"
_RULE = "var(--jp-border-color2,rgba(127,127,127,.4))"
_BREAKS = "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
_CODE = f"border:1px solid {_RULE};padding:.5em;{_BREAKS};background:transparent;color:inherit"
_TABLE = "border-collapse:collapse;color:inherit;font-variant-numeric:tabular-nums"
_QUOTE = "margin:0 0 1em;padding:.5em 1em;background:rgba(127,127,127,.12);color:inherit"
_SIGNAL = {"critical": "6px solid rgb(213,94,0)", "warning": "3px solid rgb(230,159,0)"}


def render(result: Result) -> str:
    """Return conclusion, findings, table and caveats as one ``<div>``."""
    return conclusion(result) + details(result)


def conclusion(result: Result) -> str:
    """Return question, headline, and the paragraph to paste where there is one."""
    lines = "<br>".join(map(markup, result.closing.splitlines()))
    label = f'<p style="{_FAINT};margin:0">{PASTE}</p>'
    # one click selects the whole of it
    quote = (
        f'{label}<blockquote style="{_QUOTE};{_edge("info")};user-select:all">{lines}</blockquote>'
    )
    return _fragment(
        f'<p style="{_FAINT};margin:0">{markup(result.question)}</p>'
        f'<p style="margin:.2em 0 .6em"><strong>{markup(result.headline)}</strong></p>'
        + (quote if lines else "")
    )


def details(result: Result) -> str:
    """Return the findings, the table (25 rows), the sections and what limits the answer."""
    return _fragment(
        "".join(_finding(n, found) for n, found in enumerate(result.findings[:FINDINGS], start=1))
        + _faint(more_findings(result))
        + ("" if result.findings else _list("Nothing wrong was found. Checked:", result.checked))
        + _table(result)
        + "".join(_section(title, table) for title, table in result.sections.items())
        + _list("What limits this answer:", result.caveats)
    )


def _fragment(inside: str) -> str:
    return f'<div class="{_PAGE}" style="{_INK}">{inside}</div>'


def _faint(text: str) -> str:
    return f'<p style="{_FAINT}">{markup(text)}</p>' if text else ""


def _edge(severity: str) -> str:
    """Return the left border: its width says the severity as well as its colour."""
    return f"border-left:{_SIGNAL.get(severity, f'3px solid {_RULE}')}"


def _finding(number: int, finding: Finding) -> str:
    fix = finding.fix
    test = f"<p>Test it first:</p>{_code(fix.test)}" if fix.test else ""
    evidence = columns.from_rows(finding.evidence[:EVIDENCE_ROWS])
    evidence = layout.narrow(evidence, WIDTH - _INDENTED, _needs)
    more = _faint(f"See {finding.reference}" if finding.reference else "")
    box = f"margin:.5em 0;padding-left:.6em;{_edge(finding.severity)}"
    return (
        f'<details style="{box}"{" open" if number == 1 else ""}>'
        '<summary style="padding-left:1.1em;text-indent:-1.1em">'
        f"{number}. <strong>[{markup(finding.severity)}]</strong> {markup(finding.title)}"
        f'<br><span style="{_FAINT}">{markup(saves(finding))}</span></summary>'
        f'<div style="margin-left:1.1em">{page_table(evidence, "Evidence")}'
        f"<p><strong>Fix:</strong> {markup(fix.text)}</p>{_code(fix.snippet)}{test}{more}"
        "</div></details>"
    )


def _code(snippet: str) -> str:
    lines = "\n".join(map(markup, code_lines(snippet)))
    return f'<pre style="{_CODE}"><code>{lines}</code></pre>' if lines else ""


def _list(title: str, items: Sequence[str]) -> str:
    lines = "".join(f"<li>{markup(item)}</li>" for item in items)
    return f'<p style="margin-bottom:0">{title}</p><ul>{lines}</ul>' if lines else ""


def _table(result: Result) -> str:
    shown = layout.fitted(result.arrow, result.noun, rows=ROWS, width=WIDTH, needs=_needs)
    count = result.arrow.num_rows
    noun = result.noun.removesuffix("s") if count == 1 else result.noun
    caption = shown.note or f"{count:,} {noun}"
    return page_table(shown.columns, caption)


def _section(title: str, table: pa.Table) -> str:
    shown = layout.fitted(table, "rows", rows=ROWS, width=WIDTH, needs=_needs)
    inside = page_table(shown.columns, shown.note)
    summary = f'<summary style="{_FAINT}">{markup(title)}</summary>'
    return f'<details style="margin:.3em 0">{summary}{inside}</details>' if inside else ""


def _needs(column: Column) -> int:
    """Return the characters a column needs on a page, where headers and texts wrap."""
    widest = max([*map(len, column.header.split()), *map(len, column.cells)], default=0)
    return (widest if column.numeric else min(widest, _LONGEST_LINE)) + _PADDING


def page_table(shown: Sequence[Column], caption: str) -> str:
    """Return a real ``<table>``: caption, units in the header, numbers to the right."""
    if not shown or not shown[0].cells:
        return ""
    head = "".join(_cell("th", column, column.header) for column in shown)
    rows = zip(*(column.cells for column in shown), strict=True)
    body = "".join(
        "<tr>" + "".join(_cell("td", c, text) for c, text in zip(shown, row, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div style="overflow-x:auto;margin:.8em 0"><table style="{_TABLE}">'
        f'<caption style="text-align:left;{_FAINT}">{markup(caption)}</caption>'
        f'<thead><tr style="border-bottom:1px solid {_RULE}">{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(tag: str, column: Column, text: str) -> str:
    side = "right" if column.numeric else "left"
    scope = ' scope="col"' if tag == "th" else ""
    shown = markup(text, _LONGEST_CELL)
    wide = not column.numeric and len(text) > _LONGEST_LINE
    wrap = "min-width:16em;overflow-wrap:anywhere" if wide else "white-space:nowrap"
    look = "vertical-align:bottom" if tag == "th" else f"vertical-align:top;{wrap}"
    return f'<{tag}{scope} style="text-align:{side};padding:.15em .5em;{look}">{shown}</{tag}>'
