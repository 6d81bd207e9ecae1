"""The twin of a figure in words and numbers, for readers and pages without plotly.

It says the figure's title, what the axes show, and a small table: one row per bar where
the figure shows named things, one row per trace (count, lowest, median, highest) otherwise.
"""

from __future__ import annotations

import html
import re
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit.views.columns import Column, number
from perfkit.views.escape import markup
from perfkit.views.html import page_table
from perfkit.views.text import WIDTH, table_lines
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

__all__ = ["as_html", "as_text"]

_ROWS = 10
_TAG = re.compile(r"<[^<>]*>")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:")


def as_text(figure: go.Figure) -> str:
    """Return the figure as a sentence and a small table in plain text."""
    table = "\n".join(table_lines(_columns(figure), width=WIDTH))
    return f"{textwrap.fill(f'[figure] {_sentence(figure)}', WIDTH)}\n{table}".rstrip()


def as_html(figure: go.Figure) -> str:
    """Return the figure as a sentence and a small table in script-free HTML."""
    table = page_table(_columns(figure), "The figure's data in short")
    ink = "color:var(--jp-content-font-color1,inherit)"
    said = f"<p>{markup(_sentence(figure))}</p>{table}"
    return f'<div class="perfkit tex2jax_ignore mathjax_ignore" style="{ink}">{said}</div>'


def _sentence(figure: go.Figure) -> str:
    layout = figure.layout
    axes = [_plain(axis.title.text) for axis in (layout.xaxis, layout.yaxis)]
    of = ", ".join(
        f"{way}: {text}" for way, text in zip(("across", "up"), axes, strict=True) if text
    )
    title = _plain(layout.title.text)
    return f"{title} ({of})" if of else title


def _plain(text: str | None) -> str:
    """Undo the escaping of ``theme.safe``: the twins escape in their own way."""
    return visible(html.unescape(_TAG.sub(" ", text or ""))).strip()


def _columns(figure: go.Figure) -> list[Column]:
    shown = [t for t in figure.data if t.hoverinfo != "skip" and t.visible is not False]
    drawn = [trace for trace in shown if _points(trace) > 0]
    # what is drawn twice under one name is said once
    traces = list({trace.name or n: trace for n, trace in enumerate(reversed(drawn))}.values())[
        ::-1
    ]
    named = [trace for trace in traces if _names(trace) is not None]
    return _by_name(named, figure) if named else _by_trace(traces)


def _by_name(traces: Sequence[Any], figure: go.Figure) -> list[Column]:
    """One row per named thing (bar, dot, slice), one column per trace."""
    values = [_summed(trace) for trace in traces]
    asked = figure.layout.yaxis.categoryarray or ()
    order = list(dict.fromkeys([*asked, *(name for column in values for name in column)]))
    if figure.layout.yaxis.autorange != "reversed" and _horizontal(traces[0]):
        order.reverse()  # plotly draws the first name at the bottom
    order = order[:_ROWS]
    cells = [[_number(col[name]) if name in col else "" for name in order] for col in values]
    headers = [_plain(trace.name) or "value" for trace in traces]
    return [_text("", [_plain(name) for name in order])] + [
        _numeric(header, column) for header, column in zip(headers, cells, strict=True)
    ]


def _summed(trace: Any) -> dict[str, Any]:
    """Return a number per name; what has several bars is the sum of them."""
    sums: dict[str, Any] = {}
    for name, value in zip(_names(trace) or (), _numbers(trace), strict=False):
        known = isinstance(value, int | float | np.number)
        sums[name] = sums.get(name, 0.0) + float(value) if known else sums.get(name)
    return sums


def _by_trace(traces: Sequence[Any]) -> list[Column]:
    """One row per trace: how many points, and the spread of their values."""
    shown = traces[:_ROWS]
    spread = [np.asarray(_numbers(trace), dtype=float) for trace in shown]
    spread = [values[np.isfinite(values)] for values in spread]
    ranks = {"lowest": 0.0, "median": 0.5, "highest": 1.0}
    return [
        _text("series", [_plain(trace.name) or "values" for trace in shown]),
        _numeric("points", [f"{values.size:,}" for values in spread]),
        *(
            _numeric(name, [_number(np.quantile(v, q)) if v.size else "n/a" for v in spread])
            for name, q in ranks.items()
        ),
    ]


def _points(trace: Any) -> int:
    return len(_numbers(trace))


def _horizontal(trace: Any) -> bool:
    return _is_text(getattr(trace, "y", None))


def _names(trace: Any) -> Sequence[str] | None:
    """Return what the values of a trace belong to, if these are names."""
    for field in ("labels", "y", "x"):
        values: Any = getattr(trace, field, None)
        if _is_text(values):
            return [str(value) for value in values]
    return None


def _numbers(trace: Any) -> Sequence[Any]:
    """Return the values of a trace: those on the axis that does not hold names."""
    for field in ("values", "x" if _horizontal(trace) else "y"):
        values: Any = getattr(trace, field, None)
        if values is not None and not _is_text(values):
            return list(values)
    return []


def _is_text(values: Any) -> bool:
    """Say whether these are names; times that are written as text are none."""
    if values is None or not len(values) or not isinstance(values[0], str):
        return False
    return _TIME.match(values[0]) is None


def _number(value: Any) -> str:
    return number(float(value)) if isinstance(value, int | float | np.number) else "n/a"


def _text(label: str, cells: list[str]) -> Column:
    return Column(name=label, label=label, unit="", cells=cells, numeric=False)


def _numeric(label: str, cells: list[str]) -> Column:
    return Column(name=label, label=label, unit="", cells=cells, numeric=True)
