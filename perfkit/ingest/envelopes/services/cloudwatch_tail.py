"""``aws logs tail``: ``2026-11-21T11:00:00.123000+00:00 stream message``, also ``--format short``.

A message of several lines goes on in lines without a time. The short format is
``2026-11-21T11:00:00 message``, in UTC. ``--format json`` writes JSON over several lines, which
becomes one line again.

Checked: aws-cli ``awscli/customizations/logs/tail.py`` of version 2 (formerly the time had a
fraction only where it was not 0).
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.model import NO_TIME, Envelope, Unwrapped
from perfkit.ingest.envelopes.moments import from_iso
from perfkit.ingest.envelopes.prefixes import matching_lines
from perfkit.ingest.envelopes.raw_lines import share
from perfkit.ingest.envelopes.rows import coded
from perfkit.ingest.envelopes.stamps import Stamps, cut_at_stamp, unstamped
from perfkit.ingest.envelopes.text import Lines, read_lines, slices

__all__ = ["ENVELOPE"]

_TIME = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_DETAILED = re.compile(_TIME + rb"(?:\.\d{6})?\+00:00 ([^\s:*]{1,512})(?:\s|$)")
_SHORT = re.compile(_TIME + rb"()(?: |$)")
_NEXT = re.compile(rb"\n(?=" + _TIME + rb"(?:(?:\.\d{6})?\+00:00)? )")
#: Names of streams that AWS gives: of Lambda, of ECS, random ones.
_GIVEN = re.compile(rb".*(?:/|\[\$|[0-9a-f]{8}-?[0-9a-f]{4}|\.0$)")
_SHORT_WIDTH = 19


def recognises(head: bytes) -> Recognition:
    """Recognise a time in UTC and a stream, with a line of a log behind or AWS's name for it."""
    for pattern in (_DETAILED, _SHORT):
        found, count = matching_lines(head, pattern)
        if not pattern.match(head) or len(found) < 0.02 * count:
            continue
        inner = share([match.string[match.end() :].decode("utf-8", "replace") for match in found])
        given = sum(1 for match in found if _GIVEN.match(match[1])) / len(found)
        if max(inner, given) > 0.5:  # noqa: PLR2004 - most of them
            return Recognition(confidence=0.9, reason="lines of aws logs tail")
    return Recognition(confidence=0.0)


def cut(data: bytes) -> int:
    """Return where the last line with a time begins."""
    return cut_at_stamp(data, _NEXT)


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take times and streams off."""
    del carry
    lines = read_lines(data)
    return unstamped(lines, _stamps(lines))


def _stamps(lines: Lines) -> Stamps:
    end = lines.space(lines.start)
    dated = lines.byte(lines.start + 10) == ord("T")
    short = dated & (end == lines.start + _SHORT_WIDTH)
    rows = np.flatnonzero(dated)
    texts = slices(lines.data, lines.start[rows], end[rows])
    zone = pa.array(np.where(short[rows], b"Z", b"").astype(object), pa.large_binary())
    nothing = pa.scalar(b"", pa.large_binary())
    at = np.full(len(lines), NO_TIME)
    at[rows] = from_iso(pc.binary_join_element_wise(texts, zone, nothing))
    stream_end = np.where(short, end, lines.space(end + 1))
    begin = np.minimum(end + 1, stream_end)
    code, values = coded(slices(lines.data, begin, stream_end))
    content = np.minimum(stream_end + 1, lines.end)
    names = [value.decode("utf-8", "replace") for value in values]
    return Stamps(at != NO_TIME, at, code, names, content)


ENVELOPE = Envelope(
    name="cloudwatch-tail",
    title="aws logs tail",
    recognises=recognises,
    cut=cut,
    unwrap=unwrap,
)
