"""What a choice of route, budget and window shows: a verdict, a table, and a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import clock
from perfkit.analyses.baseline import baseline
from perfkit.analyses.slo import slo
from perfkit.errors import PerfkitError
from perfkit.views import html, layout, text, theme
from perfkit.views.escape import markup
from perfkit.visible import visible
from perfkit.widgets.window import Window, cut

if TYPE_CHECKING:
    from perfkit.analyses.baselines.result import Baseline
    from perfkit.recording import Recording
    from perfkit.results import Result

__all__ = ["ALL_ROUTES", "PICTURES", "Choice", "Chosen", "sentence"]

ALL_ROUTES = "all routes"
PICTURES = ("over time", "against load", "routes", "burn rate")
_ROWS = 10
_COLUMNS = (
    *("route", "requests", "rate_per_s", "error_rate"),
    *("p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms"),
    *("p50_low_ms", "p90_low_ms", "p95_low_ms", "p99_low_ms"),  # say which are too few: n/a
)
_INK = "color:var(--jp-content-font-color1,inherit)"
_FAINT = "opacity:.75;margin:0"
_STRONG = "margin:.2em 0 .6em"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What to show. ``route``: None is all of them; ``budget``: as :func:`perfkit.slo` has it."""

    route: str | None = None
    budget: str = ""
    window: Window = field(default_factory=Window)
    picture: str = PICTURES[0]


class Chosen:
    """The answers to choices in one recording; those of the last windows are kept.

    Args:
        rec: the recording that is looked at.
    """

    def __init__(self, rec: Recording) -> None:
        """Look at ``rec``."""
        self._rec = rec
        self._part = lru_cache(4)(lambda window: cut(rec, window))
        self._baseline = lru_cache(4)(lambda window: baseline(self._part(window)))
        self._slo = lru_cache(16)(self._judged)

    def baseline(self, window: Window) -> Baseline:
        """Return the baseline of all routes in the window.

        Raises:
            UsageError: the window ends before it starts.
        """
        found: Baseline = self._baseline(window)
        return found

    def numbers(self, choice: Choice) -> dict[str, Any]:
        """Return as MIME bundle: which choice it is, whether the budget is met, and the table.

        A budget that is not understood is said in its place.

        Raises:
            UsageError: the window ends before it starts.
        """
        found = self.baseline(choice.window)
        rows = _rows(found, choice.route)
        what, verdict = self._what(choice, rows, found), self._verdict(choice, rows)
        shown = layout.fitted(rows, "routes", rows=_ROWS, width=text.WIDTH)
        note = f"({shown.note.split(';')[0]})" if rows.num_rows > _ROWS else ""
        table = text.table_lines(shown.columns)
        return {
            "text/plain": "\n".join(part for part in (what, verdict, "", *table, note) if part),
            "text/html": _fragment(
                f'<p style="{_FAINT}">{markup(what)}</p>'
                f'<p style="{_STRONG}"><strong>{_lines(verdict)}</strong></p>'
                + html.page_table(shown.columns, note)
            ),
        }

    def picture(self, choice: Choice) -> dict[str, Any]:
        """Return the figure as MIME bundle; where there can be none, a sentence says why."""
        try:
            return theme.bundle(self._figure(choice))
        except PerfkitError as error:
            return sentence(str(error))

    def _figure(self, choice: Choice) -> Any:
        found = self.baseline(choice.window)
        if choice.picture == "burn rate":
            return self._slo(choice.window, choice.budget, choice.route).figure
        if choice.picture == "routes":
            return found.figure
        # summaries of load tests have no course, of no route
        route = choice.route if len(found.timeline.requests) else None
        draw = found.heatmap if choice.picture == "over time" else found.load_curve
        return draw(route)

    def _what(self, choice: Choice, rows: pa.Table, found: Baseline) -> str:
        route = ALL_ROUTES if choice.route is None else visible(choice.route)
        mine, every = pc.sum(rows["requests"]).as_py() or 0, found.totals["requests"]
        of = f"{mine:,} of {every:,}" if choice.route is not None else f"{every:,}"
        return f"Shown: {route}, {said(choice.window, self._rec.zone)}, {of} requests"

    def _verdict(self, choice: Choice, rows: pa.Table) -> str:
        if not rows.num_rows:
            return "No request is in this choice"
        if not choice.budget.strip():
            return "No budget is asked for"
        try:
            judged: Result = self._slo(choice.window, choice.budget, choice.route)
        except PerfkitError as error:
            return str(error)
        return judged.headline

    def _judged(self, window: Window, budget: str, route: str | None) -> Result:
        return slo(self._part(window), budget, route=route)


def said(window: Window, zone: str) -> str:
    """Return a window as a sentence says it: ``from 10:16:30 to 10:16:48 UTC``."""
    where = clock.time_zone(zone)
    start, end = (None if at is None else at.astimezone(where) for at in (window.start, window.end))
    if start is None and end is None:
        return "all of the time"
    if start is None or end is None:
        at, word = (end, "before") if start is None else (start, "from")
        return f"{word} {at:%Y-%m-%d %H:%M:%S} {zone}"
    until = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"from {start:%Y-%m-%d %H:%M:%S} to {until} {zone}"


def sentence(message: str) -> dict[str, Any]:
    """Return a message (its hint on the next line) as MIME bundle."""
    plain = "\n".join(map(visible, message.splitlines()))
    return {"text/plain": plain, "text/html": _fragment(f"<p>{_lines(message)}</p>")}


def _rows(found: Baseline, route: str | None) -> pa.Table:
    rows = found.arrow.select([name for name in _COLUMNS if name in found.arrow.column_names])
    return rows if route is None else rows.filter(pc.equal(rows["route"], route))


def _lines(message: str) -> str:
    return "<br>".join(map(markup, message.splitlines()))


def _fragment(inside: str) -> str:
    return f'<div class="perfkit" style="{_INK}">{inside}</div>'
