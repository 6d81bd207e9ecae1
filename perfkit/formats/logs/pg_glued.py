"""Two lines of a stderr log that lost the line end between them are two records again.

Processes that write to one file without PostgreSQL's logging collector may tear each other's
lines. A complete head (time, prefix, severity) right behind other text begins a record, unless
a quote, a blank or punctuation before it makes it part of a statement.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.logs.pg_templates import MARK, TIME

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.pg_prefix import Prefix

__all__ = ["glued"]

_HEAD_BYTES = 512
_TIME = re.compile(TIME.encode())
_SEVERITY = re.compile(rb"(?:LOG|ERROR|FATAL|PANIC|WARNING):  $")
_SEVERITY_BYTES = 10
_ENDS = b"GRLC"
_OF_A_STATEMENT = frozenset(b" \t\r\n'\"`(,;=:<>[{")


def glued(data: bytes, colons: Ints, start: Ints, prefix: Prefix) -> Ints:
    """Return where records begin within a line.

    ``colons`` are the places of ``:  ``, ``start`` where the records begin that begin a line.
    """
    if not prefix.time_width or not prefix.pattern.startswith(f"^{MARK}"):
        return np.zeros(0, np.int64)
    begins, heads = [], []
    for colon in _behind_severity(data, colons, start).tolist():
        end = colon + 3
        if _SEVERITY.search(data, max(0, end - _SEVERITY_BYTES), end):
            at, width = _last_time(data, end)
            if width:
                begins.append(at)
                heads.append(MARK + data[at + width : end].decode("utf-8", "replace"))
    if not heads:
        return np.zeros(0, np.int64)
    fits = pc.match_substring_regex(pa.array(heads, pa.string()), prefix.pattern)
    found: Ints = np.array(begins, np.int64)[fits.to_numpy(zero_copy_only=False)]
    return found


def _behind_severity(data: bytes, colons: Ints, start: Ints) -> Ints:
    """Leave the colons that may be behind a severity and are not the first of their record."""
    inner = np.ones(len(colons) + 1, np.bool_)
    inner[np.searchsorted(colons, start)] = False
    left = colons[inner[:-1]]
    view = np.frombuffer(data, np.uint8)
    likely: Ints = left[np.isin(view[np.maximum(left - 1, 0)], list(_ENDS))]
    return likely


def _last_time(data: bytes, end: int) -> tuple[int, int]:
    """Return place and width (0: none) of the last time before ``end`` that may begin a line."""
    begin = max(data.rfind(b"\n", 0, end) + 1, end - _HEAD_BYTES)
    found = list(_TIME.finditer(data, begin, end))
    if not found or found[-1].start() == 0:
        return 0, 0
    place = found[-1].start()
    return (0, 0) if data[place - 1] in _OF_A_STATEMENT else (place, found[-1].end() - place)
