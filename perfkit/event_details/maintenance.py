"""The numbers in what PostgreSQL logs of checkpoints, autovacuum and autoanalyze."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["checkpoint_values", "vacuum_values"]

# The optional parts came with 9.1 (files, sync files), 9.5 (distance) and 17 (SLRU).
_CHECKPOINT = re.compile(
    r"wrote (?P<buffers>\d{1,18}) buffers(?: \([^)]*\))?"
    r"(?:, wrote (?P<slru_buffers>\d{1,18}) SLRU buffers)?"
    r"(?:; (?P<wal_added>\d{1,18}) (?:transaction log|WAL) file\(s\) added"
    r", (?P<wal_removed>\d{1,18}) removed, (?P<wal_recycled>\d{1,18}) recycled)?"
    r"(?:; write=(?P<write_ms>[\d.]+) s, sync=(?P<sync_ms>[\d.]+) s, total=(?P<total_ms>[\d.]+) s)?"
    r"(?:; sync files=(?P<sync_files>\d{1,18}), longest=(?P<longest_ms>[\d.]+) s"
    r", average=(?P<average_ms>[\d.]+) s)?"
    r"(?:; distance=(?P<distance_bytes>\d{1,18}) kB, estimate=(?P<estimate_bytes>\d{1,18}) kB)?"
)
_TABLE = re.compile(
    r' table "(?P<table>.*?)"(?::| system usage|\n|$)(?: index scans: (?P<scans>\d{1,18}))?'
)
_VACUUM = (
    re.compile(r"pages: (?P<pages_removed>\d{1,18}) removed, (?P<pages_remain>\d{1,18}) remain"),
    # how many are dead but must stay: since 9.4
    re.compile(
        r"tuples: (?P<tuples_removed>\d{1,18}) removed, (?P<tuples_remain>\d{1,18}) remain"
        r"(?:, (?P<tuples_dead>\d{1,18}) are dead)?"
    ),
    # "misses" are "reads" since 18
    re.compile(
        r"buffer usage: (?P<buffer_hits>\d{1,18}) hits, (?P<buffer_reads>\d{1,18}) (?:misses|reads)"
        r", (?P<buffer_dirtied>\d{1,18}) dirtied"
    ),
    re.compile(
        r"WAL usage: (?P<wal_records>\d{1,18}) records, \d+ full page images"
        r", (?P<wal_bytes>\d{1,18}) bytes"
    ),
    # before 10: "CPU 0.02s/0.01u sec elapsed 0.10 sec", system first
    re.compile(
        r"system usage: CPU(?: (?P<system_s>[\d.]+)s/(?P<user_s>[\d.]+)u sec"
        r"|: user: (?P<cpu_user_ms>[\d.]+) s, system: (?P<cpu_system_ms>[\d.]+) s,)"
        r" elapsed:? (?P<elapsed_ms>[\d.]+) s"
    ),
)
_UNKNOWN = dict.fromkeys(name for pattern in _VACUUM for name in pattern.groupindex)


def checkpoint_values(message: str) -> dict[str, Any]:
    """Return the numbers of ``checkpoint complete`` or ``restartpoint complete``."""
    found = _CHECKPOINT.search(message)
    values = found.groupdict() if found else dict.fromkeys(_CHECKPOINT.groupindex)
    return {"restartpoint": message.startswith("restartpoint")} | {
        name: _number(name, text) for name, text in values.items()
    }


def vacuum_values(message: str) -> dict[str, Any]:
    """Return table and numbers of ``automatic vacuum`` or ``automatic analyze``."""
    table = _TABLE.search(message[:400])
    texts: dict[str, str | None] = dict(_UNKNOWN)
    for pattern in _VACUUM:
        if found := pattern.search(message):
            texts |= found.groupdict()
    old = texts.pop("user_s"), texts.pop("system_s")
    texts["cpu_user_ms"] = texts["cpu_user_ms"] or old[0]
    texts["cpu_system_ms"] = texts["cpu_system_ms"] or old[1]
    return {
        "table": table["table"] if table else None,
        "aggressive": message.startswith("automatic aggressive"),
        "to_prevent_wraparound": "to prevent wraparound" in message[:60],
        "index_scans": int(table["scans"]) if table and table["scans"] else None,
        **{name: _number(name, text) for name, text in texts.items()},
    }


def _number(name: str, text: str | None) -> float | None:
    """Return seconds as milliseconds, kilobytes of WAL as bytes, whole numbers as they are."""
    if text is None:
        return None
    if name.endswith("_ms"):
        return _milliseconds(text)
    return int(text) * (1024 if name in {"distance_bytes", "estimate_bytes"} else 1)


def _milliseconds(seconds: str) -> float | None:
    try:
        return round(float(seconds) * 1000, 3)
    except ValueError:
        return None
