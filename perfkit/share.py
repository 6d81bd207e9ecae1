"""Results as one self-contained, redacted HTML file that opens offline."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from perfkit.files import write_whole
from perfkit.redact import redact

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from perfkit.results import Result

__all__ = ["page", "report"]

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }}
pre {{ overflow-x: auto; }}
section {{ margin-bottom: 3rem; }}
footer {{ opacity: .7; font-size: .85rem; }}
</style>{script}</head>
<body><h1>{title}</h1>{body}
<footer>Made by perfkit {version}. E-mail addresses, addresses, tokens and passwords are masked.</footer>
</body></html>
"""


def report(
    results: Sequence[Result], path: str | os.PathLike[str], *, title: str = "Performance report"
) -> Path:
    """Write ``results`` (findings, tables, figures) into one HTML file and return its path.

    plotly.js is embedded once; the page loads nothing and its policy forbids it to.

    Raises:
        UsageError: ``path`` cannot be written.
    """
    return write_whole(path, page(results, title=title))


def page(results: Sequence[Result], *, title: str = "Performance report") -> str:
    """Return the HTML of :func:`report`."""
    from perfkit import __version__

    sections = [_section(number, result) for number, result in enumerate(results)]
    drawn = any(figure for _, figure in sections)
    return _PAGE.format(
        title=html.escape(title),
        script=f"<script>{_plotly_js()}</script>" if drawn else "",
        body="".join(body + figure for body, figure in sections),
        version=__version__,
    )


def _section(number: int, result: Result) -> tuple[str, str]:
    """Return the redacted text of one result, and its figure ("" when it has none)."""
    figure = _figure(result)
    body = f"<section><h2>{html.escape(redact(result.question))}</h2>{redact(result.to_html())}"
    if figure is None:
        return f"{body}</section>", ""
    drawing = json.dumps(figure).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    return body, (
        f'<div id="figure-{number}"></div><script>Plotly.newPlot("figure-{number}", '
        f"...(f => [f.data, f.layout, {json.dumps(_config())}])({drawing}))</script></section>"
    )


def _figure(result: Result) -> Any:
    from perfkit.errors import UsageError

    try:
        figure = result.figure
    except (UsageError, ModuleNotFoundError):
        return None
    return json.loads(redact(figure.to_json()))


def _config() -> dict[str, Any]:
    from perfkit.views.theme import CONFIG

    return dict(CONFIG)


def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script")
