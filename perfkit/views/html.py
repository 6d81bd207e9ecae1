"""Any Result as a script-free HTML fragment: JupyterLab, nbconvert, GitHub and e-mail show it.

Colours come from JupyterLab's own variables and fall back to the page's, so that light and
dark themes both work. Nothing is loaded from anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.views import columns, layout
from perfkit.views.escape import code_lines, markup
from perfkit.views.text import EVIDENCE_ROWS, saves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.results import Finding, Result
    from perfkit.views.columns import Column

__all__ = ["page_table", "render"]

ROWS = 50
WIDTH = 130  # characters of a table: what a notebook shows
_LONGEST_CELL = 160
_LONGEST_LINE = 40
_INK = "color:var(--jp-content-font-color1,inherit)"
_FAINT = "opacity:.75"
_RULE = "var(--jp-border-color2,rgba(127,127,127,.4))"
_CODE = f"border:1px solid {_RULE};padding:.5em;overflow:auto;background:transparent;color:inherit"


def render(result: Result) -> str:
    """Return headline, findings, table (50 rows) and caveats as one ``<div>``."""
    parts = [
        f'<p style="{_FAINT};margin:0">{markup(result.question)}</p>',
        f'<p style="margin:.2em 0 .6em"><strong>{markup(result.headline)}</strong></p>',
        *(_finding(number, found) for number, found in enumerate(result.findings, start=1)),
        "" if result.findings else _list("Nothing wrong was found. Checked:", result.checked),
        _table(result),
        _list("What limits this answer:", result.caveats),
        f"<p>{markup(result.closing)}</p>" if result.closing else "",
    ]
    return f'<div class="perfkit" style="{_INK}">{"".join(parts)}</div>'


def _finding(number: int, finding: Finding) -> str:
    snippet = "\n".join(map(markup, code_lines(finding.fix.snippet)))
    code = f'<pre style="{_CODE}"><code>{snippet}</code></pre>' if snippet else ""
    evidence = columns.from_rows(finding.evidence[:EVIDENCE_ROWS])
    return (
        f"<details{' open' if number == 1 else ''}>"
        f"<summary>{number}. [{markup(finding.severity)}] {markup(finding.title)}"
        f'<br><span style="{_FAINT}">{markup(saves(finding))}</span></summary>'
        f'<div style="margin-left:1.5em">{page_table(evidence, "Evidence")}'
        f"<p>Fix: {markup(finding.fix.text)}</p>{code}</div></details>"
    )


def _list(title: str, items: Sequence[str]) -> str:
    lines = "".join(f"<li>{markup(item)}</li>" for item in items)
    return f'<p style="margin-bottom:0">{title}</p><ul>{lines}</ul>' if lines else ""


def _table(result: Result) -> str:
    shown = layout.fitted(result.arrow, result.noun, rows=ROWS, width=WIDTH)
    count = result.arrow.num_rows
    noun = result.noun.removesuffix("s") if count == 1 else result.noun
    caption = shown.note or f"{count:,} {noun}"
    return page_table(shown.columns, caption)


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
        f'<div style="overflow-x:auto"><table style="border-collapse:collapse;color:inherit">'
        f'<caption style="text-align:left;{_FAINT}">{markup(caption)}</caption>'
        f'<thead><tr style="border-bottom:1px solid {_RULE}">{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(tag: str, column: Column, text: str) -> str:
    side = "right" if column.numeric else "left"
    scope = ' scope="col"' if tag == "th" else ""
    shown = markup(text, _LONGEST_CELL)
    wide = tag == "td" and not column.numeric and len(text) > _LONGEST_LINE
    wrap = "min-width:18em;overflow-wrap:break-word" if wide else "white-space:nowrap"
    return f'<{tag}{scope} style="text-align:{side};padding:.15em .6em;{wrap}">{shown}</{tag}>'
