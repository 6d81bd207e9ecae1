"""Blocks of the event loop as findings: one per place in the code."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit import statistics, units
from perfkit.analyses import groups
from perfkit.analyses.frames import code_of
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.overlap import Served

__all__ = ["LEAST_TOTAL_MS", "findings"]

#: asyncio's own threshold for one slow callback (``loop.slow_callback_duration``, 0.1 s).
LEAST_TOTAL_MS = 100.0
#: One block may be the machine's (a neighbour, a page fault); a pattern comes back.
LEAST_BLOCKS = 3
CRITICAL_MS = 1000.0
CRITICAL_SHARE = 0.1  # of the time between the first and the last block
_ROUTE_FROM = 100  # blocks looked at to tell whose request it is
_SLACK_NS = 25_000_000  # between the end of a block and the line about it: two heartbeats
_EVIDENCE = 3


def findings(table: pa.Table, served: Served) -> list[Finding]:
    """Return one finding per function that blocks more than once and for long enough."""
    by = groups.encode(code_of(table["frame"]))
    places = ((label, by.codes == code) for code, label in enumerate(by.labels) if label)
    blocks = ((label, table.filter(pa.array(rows))) for label, rows in places)
    return [_finding(label, of, table, served) for label, of in blocks if _long(of)]


def _long(blocks: pa.Table) -> bool:
    total = np.nansum(blocks["lag_ms"].to_numpy())
    often = blocks.num_rows >= LEAST_BLOCKS and total >= LEAST_TOTAL_MS
    return bool(often or total >= CRITICAL_MS)


def _finding(code: str, blocks: pa.Table, everything: pa.Table, served: Served) -> Finding:
    lag = blocks["lag_ms"].to_numpy()
    lag = lag[~np.isnan(lag)]
    frame, _ = Counter(blocks["frame"].to_pylist()).most_common(1)[0]
    route = _reported_route(blocks) or served.certain_route(_intervals(blocks), _SLACK_NS)
    return Finding(
        rule="blocked-event-loop",
        severity=_severity(lag, everything),
        title=_title(frame, lag, _held_up(blocks), route),
        evidence=blocks.select(["at", "lag_ms", "requests_held_up", "source"])
        .slice(0, _EVIDENCE)
        .cast(_EVIDENCE_SCHEMA, safe=False)
        .to_pylist(),
        saves_ms=float(lag.mean()),
        saves_basis="per block, for every request on the loop",
        saves_times=len(lag),
        fix=_fix(str(blocks["function"][0].as_py())),
        effort="low",
        confidence="high",
        reference="https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code",
        keys={"frame": code, **({"route": route} if route else {})},
    )


def _reported_route(blocks: pa.Table) -> str | None:
    """Return the one route that the reports name, where they name one."""
    named = set(blocks["route"].drop_null().to_pylist())
    return named.pop() if len(named) == 1 else None


# microseconds: Arrow gives Python's own datetime for them, and needs pandas for nanoseconds
_EVIDENCE_SCHEMA = pa.schema(
    [
        ("at", pa.timestamp("us", "UTC")),
        ("lag_ms", pa.float64()),
        ("requests_held_up", pa.int64()),
        ("source", pa.string()),
    ]
)


def _title(frame: str, lag: Any, held_up: int | None, route: str | None) -> str:
    times = f"{len(lag):,} times" if len(lag) > 1 else "once"
    low, _ = statistics.quantile_interval(lag, 0.95)
    typical = f", p95 {units.format_ms(statistics.quantile(lag, 0.95))}" if low == low else ""  # noqa: PLR0124 - NaN
    hurts = f", holding up {held_up / len(lag):,.1f} requests each time" if held_up else ""
    where = f" for {route}" if route else ""
    return (
        f"{frame} blocks the event loop{where} {times}, {units.format_ms(lag.sum())} in all"
        f"{typical}{hurts}"
    )


def _held_up(blocks: pa.Table) -> int | None:
    counts = blocks["requests_held_up"].drop_null()
    return int(counts.to_numpy().sum()) if len(counts) else None


def _severity(lag: Any, everything: pa.Table) -> Any:
    at = everything["at"].drop_null().cast(pa.int64()).to_numpy()
    window_ms = (at.max() - at.min()) / 1e6 if len(at) else 0.0
    heavy = window_ms > 0 and lag.sum() >= CRITICAL_SHARE * window_ms and len(lag) > 1
    return "critical" if heavy or lag.max() >= CRITICAL_MS else "warning"


def _intervals(blocks: pa.Table) -> list[tuple[int, int]]:
    rows = blocks.slice(0, _ROUTE_FROM)
    ends = rows["at"].cast(pa.int64()).to_pylist()
    lags = rows["lag_ms"].to_pylist()
    known = ((end, lag) for end, lag in zip(ends, lags, strict=True) if None not in {end, lag})
    return [(end - int(lag * 1e6), end) for end, lag in known if lag == lag]  # noqa: PLR0124 - NaN


def _fix(function: str) -> Fix:
    name = function.rpartition(".")[2]
    call = name if name.isidentifier() else "blocking_function"
    return Fix(
        text="Let a thread wait or compute, so that the loop serves others meanwhile; use the"
        " library's asynchronous twin where there is one.",
        snippet=(
            f"result = await asyncio.to_thread({call}, ...)\n"
            "# time.sleep(s) -> await asyncio.sleep(s); requests -> httpx.AsyncClient\n"
            "# pure Python that computes for long: loop.run_in_executor(ProcessPoolExecutor(), ...)"
        ),
        language="python",
    )
