"""How a recording shows itself: what was read, what was not, what can be asked next."""

from __future__ import annotations

import html as markup
import textwrap
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from perfkit import clock, tables
from perfkit.errors import UsageError
from perfkit.units import format_count, format_ms
from perfkit.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from perfkit.recording import Recording, Source

__all__ = ["html", "text"]

_WIDTH = 100  # columns of the text
_SOURCES, _NOTES, _REJECTS = 4, 3, 3  # lines of a section, its "and more" included
_CALLS = 11  # lines of what can be asked
_CELL, _CELL_HTML = 60, 500  # characters of one cell

#: What can be asked -> (the tables that can answer it, what it says).
_ASK: Mapping[str, tuple[frozenset[str], str]] = {
    "diagnose": (frozenset(tables.TABLES), "everything that applies, worst first: start here"),
    "digest": (frozenset({"queries"}), "statements by total time"),
    "baseline": (
        frozenset({"requests", "load_tests"}),
        "routes by total time, with percentiles",
    ),
    "slo": (frozenset({"requests", "load_tests"}), "budgets: met, broken, and by which requests"),
    "since_when": (frozenset({"requests", "queries"}), "when routes got slower or faster"),
    "n_plus_one": (frozenset({"queries", "spans"}), "statements and calls repeated per request"),
    "breakdown": (frozenset({"spans"}), "where the wall time of requests goes, by category"),
    "critical_path": (frozenset({"spans"}), "what requests wait for, at p50 and at p99"),
    "parallelism": (frozenset({"spans"}), "calls one after another that could overlap"),
    "external_calls": (frozenset({"spans"}), "peers: percentiles, errors, timeouts, retries"),
    "tail": (frozenset({"requests", "spans"}), "what the slowest requests have in common"),
    "plan_history": (frozenset({"plans"}), "statements whose plan changed, and got slower"),
    "sequential_scans": (frozenset({"plans"}), "tables read from end to end for a few rows"),
    "pool": (frozenset({"pool_samples", "checkouts"}), "connection pools: waits, size, what if"),
    "event_loop": (frozenset({"events.blocked_loop"}), "what blocked the event loop"),
}

Rows = list[tuple[str, ...]]
Section = tuple[str, Rows]


def text(rec: Recording) -> str:
    """Return the overview as at most 30 lines of at most 100 columns, safe for a terminal."""
    lines = [visible(line, _WIDTH) for line in _headline(rec)]
    for title, rows in _sections(rec):
        lines.append(title)
        lines += [f"  {line}" for line in _aligned(rows)]
    return "\n".join(lines)


def html(rec: Recording) -> str:
    """Return the overview as an HTML fragment without scripts; all text is escaped."""
    parts = [f"<p><strong>{'<br>'.join(map(_escape, _headline(rec)))}</strong></p>"]
    for title, rows in _sections(rec):
        body = "".join(
            "<tr>"
            + "".join(f'<td style="text-align:left">{_escape(c)}</td>' for c in row)
            + "</tr>"
            for row in rows
        )
        parts.append(f"<table>{_caption(title)}<tbody>{body}</tbody></table>")
    return f'<div class="perfkit-recording tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'


def _caption(title: str) -> str:
    return f'<caption style="text-align:left">{_escape(title)}</caption>'


def _headline(rec: Recording) -> tuple[str, str]:
    used = format_count(sum(source.used for source in rec.inputs))
    sources = f"{len(rec.inputs)} source{'' if len(rec.inputs) == 1 else 's'}"
    return f"Recording of {sources}, {used} records used", _when(rec)


def _when(rec: Recording) -> str:
    span = rec.span
    if span is None:
        return "nothing in it has a time"
    try:
        where, zone = clock.time_zone(rec.zone), rec.zone
    except UsageError:  # a repr must never fail
        where, zone = clock.time_zone("UTC"), "UTC"
    first, last = (point.astimezone(where) for point in span)
    until = f"{last:%H:%M:%S}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M:%S}"
    lasted = format_ms((last - first).total_seconds() * 1000)
    return f"{first:%Y-%m-%d %H:%M:%S} to {until} {zone} ({lasted})"


def _sections(rec: Recording) -> list[Section]:
    """Return every section that has something to say."""
    filled = {name: table for name, table in rec.contents.items() if table.num_rows}
    counts = ", ".join(f"{name} {format_count(table.num_rows)}" for name, table in filled.items())
    notes: Rows = [(note.message,) for note in rec.quality]
    sections: list[Section] = [
        ("read:", _capped([_source_row(source) for source in rec.inputs], _SOURCES, "rec.sources")),
        ("tables:", [(line,) for line in textwrap.wrap(counts, _WIDTH - 2)]),
        ("limits:", _capped(notes, _NOTES, "rec.quality")),
        ("rejected:", _reject_rows(rec)),
        ("ask next:", _calls(filled)),
    ]
    return [(title, rows) for title, rows in sections if rows]


def _source_row(source: Source) -> tuple[str, ...]:
    counts = [
        f"{format_count(count)} {what}"
        for count, what in (
            (source.used, "used"),
            (source.irrelevant, "irrelevant"),
            (source.rejected, "rejected"),
        )
        if count or what == "used"
    ]
    return (source.name, source.format, ", ".join(counts))


def _reject_rows(rec: Recording) -> Rows:
    names = dict(enumerate(source.name for source in rec.inputs))
    rows: Rows = [
        (f"{names.get(row.source, '?')}:{row.line}", row.reason, row.text)
        for row in rec.rejects[: _REJECTS - 1]
    ]
    total = max(sum(source.rejected for source in rec.inputs), len(rec.rejects))
    if total > len(rows):
        rows.append((f"and {format_count(total - len(rows))} more: rec.rejected",))
    return rows


def _capped(rows: Rows, limit: int, where: str) -> Rows:
    if len(rows) <= limit:
        return rows
    return [*rows[: limit - 1], (f"and {format_count(len(rows) - limit + 1)} more: {where}",)]


def _calls(filled: Mapping[str, pa.Table]) -> Rows:
    """Return the calls that the filled tables can answer, the broadest first."""
    if not filled:
        return [
            ('rec = perfkit.load("postgresql.log")', "a log, traces, or a folder of them"),
            ('rec = perfkit.sample("n_plus_one")', "data that comes with perfkit"),
        ]
    names = set(filled)
    if "events" in filled and pc.any(pc.equal(filled["events"]["kind"], "blocked_loop")).as_py():
        names.add("events.blocked_loop")
    fit = {call: what for call, (needs, what) in _ASK.items() if needs & names}
    more = list(fit)[_CALLS - 1 :] if len(fit) > _CALLS else []
    rows: Rows = [(f"perfkit.{call}(rec)", what) for call, what in fit.items() if call not in more]
    return [*rows, (f"and {', '.join(f'perfkit.{call}(rec)' for call in more)}",)] if more else rows


def _aligned(rows: Rows) -> list[str]:
    """Put cells below each other; the last one takes the rest of the line."""
    shown = [[visible(cell, _WIDTH if len(row) == 1 else _CELL) for cell in row] for row in rows]
    widths: dict[int, int] = {}
    for row in shown:
        for place, cell in enumerate(row[:-1]):
            widths[place] = max(widths.get(place, 0), len(cell))
    lines = [
        "  ".join([*(cell.ljust(widths[n]) for n, cell in enumerate(row[:-1])), row[-1]])
        for row in shown
    ]
    return [visible(line, _WIDTH - 2) for line in lines]


def _escape(cell: str) -> str:
    return markup.escape(visible(cell, _CELL_HTML), quote=True)
