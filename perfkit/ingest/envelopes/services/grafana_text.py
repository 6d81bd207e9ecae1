"""Logs downloaded from Grafana as TXT: epoch in ms, TAB, ISO time, TAB, line.

What Grafana says about all of them comes first (``Common labels: {...}``).

Checked: Grafana ``public/app/features/inspector/utils/download.ts`` (downloadLogsModelAsTxt). They
come newest first unless the order was changed.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.model import NO_TIME, Envelope, Unwrapped
from perfkit.ingest.envelopes.moments import from_number
from perfkit.ingest.envelopes.prefixes import matching_lines
from perfkit.ingest.envelopes.stamps import Stamps, cut_at_stamp, unstamped
from perfkit.ingest.envelopes.text import Lines, read_lines, slices

__all__ = ["ENVELOPE"]

_STAMP = re.compile(rb"\d{13}\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t")
_NEXT = re.compile(rb"\n(?=" + _STAMP.pattern + rb")")
_EPOCH, _WIDTH = 13, 39
_MILLISECOND = 1_000_000


def recognises(head: bytes) -> Recognition:
    """Recognise a time as a number, and again as text."""
    found, count = matching_lines(head, _STAMP)
    sure = 0.98 if found and len(found) >= 0.1 * count else 0.0
    return Recognition(confidence=sure, reason="a download of logs from Grafana")


def cut(data: bytes) -> int:
    """Return where the last line with a time begins."""
    return cut_at_stamp(data, _NEXT)


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the times off."""
    del carry
    lines = read_lines(data)
    return unstamped(lines, _stamps(lines))


def _stamps(lines: Lines) -> Stamps:
    at = np.full(len(lines), NO_TIME)
    tabs = lines.byte(lines.start + _EPOCH) == ord("\t")
    rows = np.flatnonzero(tabs & (lines.byte(lines.start + _WIDTH - 1) == ord("\t")))
    texts = slices(lines.data, lines.start[rows], lines.start[rows] + _EPOCH)
    numbers = pa.array(
        [int(text) if text.isdigit() else -1 for text in texts.to_pylist()], pa.int64()
    )
    found = numbers.to_numpy()
    at[rows] = np.where(found >= 0, from_number(found, _MILLISECOND), NO_TIME)
    code = np.zeros(len(lines), np.int64)
    return Stamps(at != NO_TIME, at, code, [""], np.minimum(lines.start + _WIDTH, lines.end))


ENVELOPE = Envelope(
    name="grafana-text",
    title="Grafana logs download (TXT)",
    recognises=recognises,
    cut=cut,
    unwrap=unwrap,
)
