"""Results as one self-contained, redacted HTML file that opens offline."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.files import write_whole
from perfkit.redact import redact
from perfkit.views import html as view
from perfkit.views.escape import markup
from perfkit.views.theme import CONFIG, plotly_js, untitled

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from perfkit.results import Result

__all__ = ["page", "report"]

_NAMES = {"n_plus_one": "N+1", "timeapi": "Response times"}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';
 style-src 'unsafe-inline'; script-src {policy}; img-src data: blob:">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto;
 padding: 0 1rem; overflow-wrap: break-word; }}
a {{ color: inherit; }}
section {{ margin-top: 3rem; }}
footer {{ opacity: .7; font-size: .85rem; margin-top: 3rem; }}
.js-plotly-plot :is(.gtitle, .xtitle, .ytitle, .x2title, .y2title, .legendtext,
 .bartext-outside, .xtick text, .ytick text, .x2tick text, .y2tick text)
 {{ fill: currentColor !important; }}
@media print {{ section {{ break-inside: avoid-page; }} }}
</style></head>
<body><h1>{title}</h1>{contents}{body}
<footer>Made by perfkit {version} at {now}.
E-mail and IP addresses, tokens and passwords are masked.
</footer>{scripts}</body></html>
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

    shown = [_masked(result) for result in results]
    drawings = [_drawing(number, result) for number, result in enumerate(shown)]
    scripts = [plotly_js(), "\n".join(drawings)] if any(drawings) else []
    return _PAGE.format(
        title=markup(redact(title)),
        policy=" ".join(_hash(script) for script in scripts) or "'none'",
        contents=_contents(shown),
        now=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        body="".join(_section(number, result) for number, result in enumerate(shown)),
        scripts="".join(f"<script>{script}</script>" for script in scripts),
        version=__version__,
    )


def _contents(results: Sequence[Result]) -> str:
    """Return what every result concludes, as a list of links: the page in short."""
    lines = "".join(
        f'<li><a href="#result-{number}">{_name(result)}</a>: {markup(result.headline)}</li>'
        for number, result in enumerate(results)
    )
    return f"<ol>{lines}</ol>" if len(results) > 1 else ""


def _section(number: int, result: Result) -> str:
    """Return the conclusion, then the picture that shows it, then the evidence."""
    return (
        f'<section id="result-{number}"><h2>{_name(result)}</h2>{view.conclusion(result)}'
        f'<div id="figure-{number}"></div>{view.details(result)}</section>'
    )


def _name(result: Result) -> str:
    plain = result.analysis.replace("_", " ").capitalize()
    return markup(_NAMES.get(result.analysis, plain))


def _drawing(number: int, result: Result) -> str:
    """Return the script that draws one figure, "" for a result without a picture."""
    if find_spec(f"perfkit.views.{result.analysis}") is None:
        return ""
    figure = (
        untitled(result.figure, result.headline).to_json().replace("<", "\\u003c")
    )  # no text can end the script
    call = f'Plotly.newPlot("figure-{number}", f.data, f.layout, {json.dumps(dict(CONFIG))});'
    return f"{{const f = {figure};{call}}}"


def _hash(script: str) -> str:
    """Name one script in the page's policy, so that no other can run."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _masked(result: Result) -> Result:
    """Mask personal data and secrets in every text of a result."""
    return replace(
        result,
        question=redact(result.question),
        headline=redact(result.headline),
        arrow=_masked_table(result.arrow),
        findings=[_masked_value(finding) for finding in result.findings],
        caveats=[redact(caveat) for caveat in result.caveats],
        totals=_masked_value(dict(result.totals)),
        series={name: _masked_table(table) for name, table in result.series.items()},
        closing=redact(result.closing),
    )


def _masked_table(table: pa.Table) -> pa.Table:
    for index, field in enumerate(table.schema):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_string(kind):
            column = table.column(index).cast(pa.string()).dictionary_encode().unify_dictionaries()
            chunks = [
                pa.DictionaryArray.from_arrays(
                    chunk.indices, pa.array([redact(text) for text in chunk.dictionary.to_pylist()])
                ).cast(pa.string())
                for chunk in column.chunks
            ]
            table = table.set_column(index, field.name, pa.chunked_array(chunks, pa.string()))
    return table


def _masked_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _masked_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_value(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{f.name: _masked_value(getattr(value, f.name)) for f in fields(value)}
        )
    return value
