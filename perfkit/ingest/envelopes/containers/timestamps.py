"""Lines with a time before their own beginning: ``2016-10-06T00:17:09.669794202Z {"event":...``.

``docker logs --timestamps`` and ``kubectl logs --timestamps`` write nine digits of a second,
CloudWatch's export to S3 (gzip files of ``2026-11-21T11:00:00.000Z message``) three. An
application writes such times too: so this is an envelope only where most of what is behind the
time is a line of a log of its own (it begins with another time, is JSON, ...). Lines without a
time continue the one before (a message of several lines in CloudWatch).

Checked: moby ``RFC3339NanoFixed``, Kubernetes' ``kuberuntime/logs``; of the export to S3 only
examples in public code, its manual does not describe the lines.
"""

from __future__ import annotations

import re

import numpy as np

from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.model import NO_TIME, Envelope, Ints, Unwrapped
from perfkit.ingest.envelopes.moments import from_iso
from perfkit.ingest.envelopes.prefixes import matching_lines
from perfkit.ingest.envelopes.raw_lines import share
from perfkit.ingest.envelopes.stamps import Stamps, cut_at_stamp, unstamped
from perfkit.ingest.envelopes.text import Lines, read_lines, slices

__all__ = ["ENVELOPE"]

_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(?:\d{3}|\d{9})Z(?: |$)")
_NEXT = re.compile(rb"\n(?=" + _STAMP.pattern.replace(b"|$", b"|\n") + rb")")
_SHORT, _LONG = 24, 30


def recognises(head: bytes) -> Recognition:
    """Recognise a time before what is a line of a log without it."""
    found, count = matching_lines(head, _STAMP)
    if len(found) < 0.3 * count or not _STAMP.match(head):
        return Recognition(confidence=0.0)
    inner = share([match.string[match.end() :].decode("utf-8", "replace") for match in found])
    sure = 0.9 if inner > 0.5 else 0.0  # noqa: PLR2004 - most, as above
    return Recognition(confidence=sure, reason="a time before each line of another log")


def cut(data: bytes) -> int:
    """Return where the last line with a time begins."""
    return cut_at_stamp(data, _NEXT)


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the times off."""
    del carry
    lines = read_lines(data)
    at, content = _stamps(lines)
    code = np.zeros(len(lines), np.int64)
    return unstamped(lines, Stamps(at != NO_TIME, at, code, [""], content))


def _stamps(lines: Lines) -> tuple[Ints, Ints]:
    """Return the time at the beginning of each line (NO_TIME: none), and what begins behind."""
    at, content = np.full(len(lines), NO_TIME), lines.start.copy()
    dated = (lines.byte(lines.start + 10) == ord("T")) & (lines.byte(lines.start + 19) == ord("."))
    for width in (_SHORT, _LONG):
        end = lines.start + width
        after = lines.byte(end)
        zulu = (
            dated & (lines.byte(end - 1) == ord("Z")) & ((after == ord(" ")) | (end == lines.end))
        )
        rows = np.flatnonzero(zulu)
        found = from_iso(slices(lines.data, lines.start[rows], end[rows]))
        rows = rows[found != NO_TIME]
        at[rows] = found[found != NO_TIME]
        content[rows] = np.minimum(end[rows] + 1, lines.end[rows])
    return at, content


ENVELOPE = Envelope(
    name="timestamps",
    title="Lines with a time in front (docker logs -t, CloudWatch export to S3)",
    recognises=recognises,
    cut=cut,
    unwrap=unwrap,
)
