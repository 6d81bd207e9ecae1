"""Text between and inside JSON lines: what servers wrote in their own words.

An application that logs JSON may still be served by uvicorn or gunicorn, whose lines stand between
its own; or their lines, and morgan's, are the message of a JSON line that has the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.orm.log_lines import plain_text
from perfkit.formats.requests.apps.told import Told, told
from perfkit.formats.times import read_times

if TYPE_CHECKING:
    from perfkit.formats.requests.rows import Line

__all__ = ["between", "inside"]

_NS = pa.timestamp("ns", "UTC")


def between(lines: list[tuple[int, bytes]], zone: str | None) -> tuple[Told, set[int]]:
    """Return what lines that are no JSON tell, and the numbers of those that tell something."""
    found = told(pa.array([_plain(line) for _, line in lines], pa.string()), zone)
    numbers = pa.array([number for number, _ in lines], pa.int64())
    placed = {name: _placed(table, numbers) for name, table in found.tables.items()}
    known = {lines[row][0] for row in found.rows.tolist()}
    return Told(placed, found.rows, found.naive, found.without_duration, found.untimed), known


def inside(lines: list[Line], zone: str | None) -> tuple[Told, set[int]]:
    """Return what the messages of JSON lines tell; times and attributes are of the lines."""
    texts = [_plain(values["text"].encode("utf-8", "replace")) for _, _, values in lines]
    found = told(pa.array(texts, pa.string()), zone)
    times = read_times([values.get("time") for _, _, values in lines], zone)
    raw = pa.array([line for _, line, _ in lines], pa.binary())
    numbers = pa.array([number for number, _, _ in lines], pa.int64())
    placed = {
        name: _placed(_of_lines(table, name, times.array, raw), numbers)
        for name, table in found.tables.items()
    }
    known = {lines[row][0] for row in found.rows.tolist()}
    naive = found.naive or (times.naive and bool(known))
    untimed = tuple(n for n in found.untimed if _lacks_time(placed))
    return Told(placed, found.rows, naive, found.without_duration, untimed), known


def _lacks_time(placed: dict[str, pa.Table]) -> bool:
    return "requests" in placed and placed["requests"]["started_at"].null_count > 0


def _plain(line: bytes) -> str:
    return plain_text(line.strip().replace(b"\n", b" "))[0].decode("utf-8", "replace")


def _placed(table: pa.Table, numbers: pa.Array) -> pa.Table:
    at = pc.subtract(table["line"], 1)
    return tables.with_column(table, "line", pc.take(numbers, at))


def _of_lines(table: pa.Table, name: str, times: pa.Array, raw: pa.Array) -> pa.Table:
    at = pc.subtract(table["line"], 1)
    column = tables.TIME_COLUMN[name]
    ends = pc.take(times, at).cast(pa.int64())
    if name == "requests":
        ms = pc.coalesce(table["duration_ms"], 0.0)
        ends = pc.subtract(ends, pc.multiply(ms, 1e6).cast(pa.int64(), safe=False))
    known = pc.coalesce(table[column], ends.cast(_NS))
    table = tables.with_column(table, column, known)
    return tables.with_column(table, "attributes", pc.take(raw, at))
