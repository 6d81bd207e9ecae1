"""Matched lines of events -> the ``events`` table, and ``metrics`` of Lambda's reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.requests.apps.lambda_reports import cold_starts, memory
from perfkit.formats.requests.apps.request_rows import prefixes
from perfkit.formats.requests.apps.values import milliseconds

if TYPE_CHECKING:
    from perfkit.formats.requests.apps.matching import Matched

__all__ = ["events"]

_INVOCATION = "invocation"


def events(lines: Matched, zone: str | None) -> tuple[list[tuple[str, pa.Table]], bool]:
    """Return tables (by name) of what matched lines tell, and: did times name no zone."""
    times = prefixes(lines, zone)
    columns = {
        "at": times.started(),
        "kind": pa.repeat(pa.scalar(lines.kind.event), len(lines.rows)),
        "duration_ms": milliseconds(lines),
        "message": _messages(lines),
        "session_id": lines.group("process"),
        "line": pa.array(lines.rows + 1),
        "attributes": lines.text.cast(pa.binary()),
    }
    found = [("events", tables.from_columns("events", columns))]
    if lines.kind.event == _INVOCATION:
        found.append(("events", cold_starts(lines.text, lines.rows)))
        found.append(("metrics", memory(lines.text, lines.rows)))
    return found, times.naive


def _messages(lines: Matched) -> pa.Array:
    """Return what stands behind the prefix of each line."""
    before = lines.groups.get("before")
    if before is None:
        return lines.text
    pairs = zip(lines.text.to_pylist(), pc.utf8_length(before).to_pylist(), strict=True)
    return pa.array([text[length:] for text, length in pairs], pa.string())
