"""When statements of a slow query log began.

The best that a record says is used: ``# Time`` as MySQL 5.7 and later write it (the end, with
microseconds and an offset), else ``SET timestamp`` (whole seconds; the end, or the start in
releases that ``mysql_server`` lists), else ``# Time`` of older servers (local time).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.clock import time_zone
from perfkit.formats.logs.mysql_state import held_lines
from perfkit.formats.times import read_times, zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.mysql_lines import Records
    from perfkit.formats.logs.mysql_server import Server

__all__ = ["started_at"]

_NS = pa.timestamp("ns", "UTC")
_UNKNOWN = int(np.iinfo(np.int64).min)
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$"
_STAMP = re.compile(r"timestamp=([0-9]{1,10})(?:\.[0-9]+)?;")
_LOCAL = re.compile(r"# Time: ([0-9]{2})([0-9]{2})([0-9]{2}) +([0-9]+):([0-9]+):([0-9]+)")
_CENTURY = 2000
#: Seconds since 1970 of a time in 2262, when 64 bits of nanoseconds end.
_NEVER = 9_223_372_036


def started_at(
    records: Records, server: Server, duration_ms: pa.Array, zone: str | None, held: str
) -> tuple[pa.Array, list[Note]]:
    """Return when each statement began, unknown times as null; ``held``: the last ``# Time``."""
    ended = _from_iso(records)
    lasted = (duration_ms.fill_null(0.0).to_numpy(zero_copy_only=False) * 1e6).astype(np.int64)
    start = np.where(ended == _UNKNOWN, _UNKNOWN, ended - lasted)
    notes: list[Note] = []
    if (start == _UNKNOWN).any():
        stamp = _from_stamps(records)
        # without a version: MariaDB as it is today, MySQL as it was before it wrote ISO times
        guessed = server.starts is None and server.system == "mariadb"
        starts = server.starts or guessed
        by_stamp = np.where(stamp == _UNKNOWN, _UNKNOWN, stamp - (0 if starts else lasted))
        start = np.where(start == _UNKNOWN, by_stamp, start)
        if (by_stamp != _UNKNOWN).any():
            notes = [_RESOLUTION, *([_GUESSED] * guessed)]
    missing = np.flatnonzero(start == _UNKNOWN)
    if len(missing):
        local = _from_local(records, missing, zone, held)
        start[missing] = np.where(local == _UNKNOWN, _UNKNOWN, local - lasted[missing])
        notes += [zone_note(zone)] if (local != _UNKNOWN).any() else []
    return pa.array(start, _NS, mask=start == _UNKNOWN), notes


_RESOLUTION = Note(
    kind="time_resolution",
    message="the log has times in whole seconds: the order of statements within one is unknown",
)


_GUESSED = Note(
    kind="start_assumed",
    message=(
        "the log does not say which MariaDB wrote it: its times are read as the start of "
        "statements; releases before 2024 wrote the end"
    ),
)


def _from_iso(records: Records) -> Ints:
    texts = records.lines(records.time, without=len("# Time: "))
    if texts.null_count == len(texts):
        return np.full(len(texts), _UNKNOWN)
    try:
        return _plain(texts.cast(_NS))
    except pa.ArrowInvalid:  # local times, or such as the 31st of June
        iso = pc.if_else(pc.match_substring_regex(texts, _ISO), texts, None)
        return _plain(read_times(iso.to_pylist(), None).array)


def _from_stamps(records: Records) -> Ints:
    lines = records.lines(records.stamp).dictionary_encode()
    found = [_STAMP.search(line) for line in lines.dictionary.to_pylist()]
    seconds = [int(m[1]) if m else _NEVER for m in found]
    values = pa.array([s * 10**9 if s < _NEVER else None for s in seconds], pa.int64())
    return _plain(values.take(lines.indices))


def _from_local(records: Records, rows: Ints, zone: str | None, held: str) -> Ints:
    lines = held_lines(records, records.time, held).take(pa.array(rows)).dictionary_encode()
    where = time_zone(zone) if zone else UTC
    values = [_local_ns(line, where) for line in lines.dictionary.to_pylist()]
    return _plain(pa.array(values, pa.int64()).take(lines.indices))


def _local_ns(line: str, where: Any) -> int | None:
    found = _LOCAL.match(line)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part[:9]) for part in found.groups())
    try:
        local = datetime(_CENTURY + year, month, day, hour, minute, second, tzinfo=where)
        return int(local.timestamp()) * 10**9
    except ValueError:
        return None


def _plain(values: pa.Array) -> Ints:
    whole: Ints = values.cast(pa.int64()).fill_null(_UNKNOWN).to_numpy(zero_copy_only=False)
    return whole
