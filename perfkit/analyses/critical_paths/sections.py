"""The critical path of one request, piece by piece, and the slack of what is beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.analyses.critical_paths.order import Order
    from perfkit.analyses.critical_paths.paths import Paths
    from perfkit.span_ids import Ints

__all__ = ["drawn", "pieces", "section_table", "span_table"]

_TIME = pa.timestamp("ns", "UTC")
_IDS = ("trace_id", "span_id")
_SECTIONS = pa.schema(
    [
        ("started_at", _TIME),
        ("duration_ms", pa.float64()),
        *((name, pa.string()) for name in ("operation", "service", "category", "name")),
        ("span_ms", pa.float64()),
        *((name, pa.string()) for name in _IDS),
    ]
)
_SPANS = pa.schema(
    [
        *((name, pa.string()) for name in (*_IDS, "parent_id", "service", "operation", "category")),
        ("level", pa.int64()),
        ("lane", pa.int64()),
        ("started_at", _TIME),
        *((name, pa.float64()) for name in ("start_ms", "duration_ms", "path_ms", "slack_ms")),
    ]
)


def pieces(order: Order) -> tuple[Ints, Ints, Ints]:
    """Return row, start and end (ns) of each section of all paths, in the order of time.

    A span on the path has a section wherever none of its children on the path runs.
    """
    found = [
        (row, start, end)
        for row in np.flatnonzero(order.on_path).tolist()
        for start, end in _gaps(order, row)
        if end > start
    ]
    found.sort(key=lambda piece: (piece[1], piece[2]))
    rows, starts, ends = zip(*found, strict=True) if found else ((), (), ())
    return np.array(rows, np.int64), np.array(starts, np.int64), np.array(ends, np.int64)


def _gaps(order: Order, row: int) -> Iterator[tuple[int, int]]:
    """Yield where a span on the path runs alone, last first."""
    until = int(order.nested.end[row])
    at = int(order.last[row])
    while at >= 0:
        yield int(order.end[at]), until
        until = int(order.start[at])
        at = int(order.before[at])
    yield int(order.nested.start[row]), until


def section_table(paths: Paths) -> pa.Table:
    """Return one row per section of the paths, in the order of time."""
    rows, starts, ends = pieces(paths.order)
    spans = paths.forest.rows.take(rows)
    columns: dict[str, Any] = _described(paths, rows) | {
        "trace_id": spans["trace_id"],
        "span_id": spans["span_id"],
        "name": spans["name"].cast(pa.string()),
        "started_at": pa.array(starts).cast(_TIME),
        "duration_ms": (ends - starts) / 1e6,
        "span_ms": paths.order.nested.length[rows] / 1e6,
    }
    return pa.table([columns[name] for name in _SECTIONS.names], schema=_SECTIONS)


def drawn(paths: Paths) -> pa.Table:
    """Return the sections as a picture needs them: since the start of the request, by lane."""
    rows, starts, ends = pieces(paths.order)
    return pa.table(
        {
            "lane": _lanes(paths, rows)["lane"],
            "start_ms": (starts - paths.order.nested.start[paths.order.nested.entry[rows]]) / 1e6,
            "duration_ms": (ends - starts) / 1e6,
        }
    )


def span_table(paths: Paths) -> pa.Table:
    """Return one row per span of the requests, by its start, with time on the path and slack.

    ``started_at`` and ``duration_ms`` are those within the parent; ``start_ms`` counts from the
    start of the request; ``slack_ms`` is how much longer the span could take before the request
    does (see :mod:`.schedule`).
    """
    nested = paths.order.nested
    kept = np.flatnonzero(nested.kept)
    level = paths.forest.links.depth
    rows = kept[np.lexsort((level[kept], -nested.end[kept], nested.start[kept]))]
    spans = paths.forest.rows.take(rows)
    entry = nested.entry[rows]
    columns: dict[str, Any] = _described(paths, rows) | {
        "trace_id": spans["trace_id"],
        "span_id": spans["span_id"],
        "parent_id": spans["parent_id"],
        **_lanes(paths, rows),
        "started_at": pa.array(nested.start[rows]).cast(_TIME),
        "start_ms": (nested.start[rows] - nested.start[entry]) / 1e6,
        "duration_ms": nested.length[rows] / 1e6,
        "path_ms": paths.order.path_ns[rows] / 1e6,
        "slack_ms": paths.schedule.slack()[rows] / 1e6,
    }
    return pa.table([columns[name] for name in _SPANS.names], schema=_SPANS)


def _lanes(paths: Paths, rows: Ints) -> dict[str, Ints]:
    """Return how deep below the request the rows are, and a number per depth and operation."""
    depth = paths.forest.links.depth
    level = depth[rows] - depth[paths.order.nested.entry[rows]]
    many = len(paths.operations.known)
    return {"level": level, "lane": level * many + paths.operations.code[rows]}


def _described(paths: Paths, rows: Ints) -> dict[str, Any]:
    known = paths.operations.known
    chosen = [known[code] for code in paths.operations.code[rows].tolist()]
    return {
        "operation": [one.name for one in chosen],
        "service": [one.service for one in chosen],
        "category": [one.category for one in chosen],
    }
