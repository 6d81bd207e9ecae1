"""What blocks the event loop, for how long, and whom does it hurt?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import sources, units
from perfkit.analyses import event_loop_findings, groups
from perfkit.analyses.frames import culprit
from perfkit.analyses.overlap import Served, on_the_loop
from perfkit.recording import as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.recording import Recording

__all__ = ["event_loop"]

_SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("ns", "UTC")),
        ("lag_ms", pa.float64()),
        ("source", pa.string()),
        ("stack", pa.string()),
        ("frame", pa.string()),
        ("function", pa.string()),
        ("route", pa.string()),
        ("requests_held_up", pa.int64()),
    ]
)
_CHECKED = (
    "what asyncio's debug mode or a heartbeat reported as blocking the event loop",
    f"code that blocks for {units.format_ms(event_loop_findings.LEAST_TOTAL_MS)} in all",
)


def event_loop(data: Any) -> Result:
    """List what blocked an event loop, by the innermost frame of the application.

    While the loop is blocked nothing else on it runs: every request that overlaps waits.
    ``at`` is when the block was reported, which is its end.

    Args:
        data: a Recording, or a table of events (DataFrame or Arrow); rows of the kind
            ``blocked_loop`` count.

    Returns:
        One row per block, longest first. ``source`` says who noticed; ``frame`` is the
        innermost function of the stack that is neither Python's nor a package's;
        ``route`` is what the report names; ``requests_held_up`` counts requests that
        overlap (unknown without requests).

    Raises:
        UsageError: ``data`` is neither.

    Example:
        >>> import perfkit
        >>> event_loop(perfkit.sample("blocking_call")).table  # doctest: +SKIP
    """
    rec = as_recording(data, "events")
    events = rec.arrow("events")
    blocks = events.filter(pc.equal(events["kind"].cast(pa.string()), "blocked_loop"))
    served = Served(on_the_loop(sources.primary(rec, "requests"), blocks))
    table = _table(blocks, served)
    found = event_loop_findings.findings(table, served)
    totals = _totals(table, served)
    return Result(
        analysis="event_loop",
        question="What blocks the event loop, and whom does it hurt?",
        headline=_headline(table, totals),
        arrow=table,
        noun="blocks",
        findings=found,
        caveats=_caveats(rec, table),
        checked=_CHECKED,
        totals=totals,
    )


def _table(blocks: pa.Table, served: Served) -> pa.Table:
    lines = zip(blocks["attributes"].to_pylist(), blocks["message"].to_pylist(), strict=True)
    said = [_said(*line) for line in lines]
    frame, function = _blamed(said)
    lag = groups.numbers(blocks["duration_ms"])
    held_up = served.overlapping(blocks["at"], lag)
    columns = {
        "at": blocks["at"],
        "lag_ms": lag,
        "source": [line.source for line in said],
        "stack": [line.stack for line in said],
        "route": [line.route for line in said],
        "frame": frame,
        "function": function,
        "requests_held_up": held_up,
    }
    table = pa.table([columns[name] for name in _SCHEMA.names], schema=_SCHEMA)
    return table.sort_by([("lag_ms", "descending"), ("at", "ascending"), ("stack", "ascending")])


def _blamed(said: Sequence[_Said]) -> tuple[list[str | None], list[str | None]]:
    """Return the frame to blame for each report, and its function."""
    found = [culprit(line.stack or "") for line in said]
    frames = [str(frame) if frame else None for frame in found]
    return frames, [frame.function if frame else None for frame in found]


class _Said(NamedTuple):
    """What one report says: who noticed, the stack, and the route that was being served."""

    source: str | None
    stack: str | None
    route: str | None


def _said(attributes: bytes | None, message: str | None) -> _Said:
    """Read the raw line; asyncio's own lines are source and stack in one."""
    try:
        line = msgspec.json.decode(attributes or b"{}")
    except msgspec.DecodeError:
        line = {}
    known = line if isinstance(line, dict) else {}
    source, stack, route = (_text(known.get(name)) for name in ("source", "stack", "route"))
    return _Said(source or ("asyncio" if message else None), stack or message, route)


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        return ";".join(map(str, value))
    return str(value) if value else None


def _totals(table: pa.Table, served: Served) -> dict[str, Any]:
    lag = table["lag_ms"].to_numpy()
    known = lag[~np.isnan(lag)]
    return {
        "blocks": len(table),
        "total_ms": float(known.sum()),
        "max_ms": float(known.max()) if known.size else None,
        "requests": len(served),
    }


def _headline(table: pa.Table, totals: dict[str, Any]) -> str:
    if not totals["blocks"]:
        return "Nothing was reported to block the event loop."
    worst = _worst(table)
    by = f", mostly by {worst}" if worst else ""
    return (
        f"The event loop was blocked {totals['blocks']:,} times for"
        f" {units.format_ms(totals['total_ms'])} in all, up to"
        f" {units.format_ms(totals['max_ms'])}{by}"
    )


def _worst(table: pa.Table) -> str | None:
    by = groups.encode(table["frame"])
    lag = table["lag_ms"].to_numpy()
    total = by.total(lag, ~np.isnan(lag))[:-1]
    return by.labels[int(total.argmax())] if total.size and total.max() > 0 else None


def _caveats(rec: Recording, table: pa.Table) -> list[str]:
    notes = rec.caveats()
    if not len(table):
        notes.append(
            "No block was logged: a heartbeat or asyncio's debug mode has to be on to say that"
            " there was none."
        )
    if unnamed := table["frame"].null_count:
        notes.append(f"{unnamed:,} of {len(table):,} blocks do not say which code ran.")
    return notes
