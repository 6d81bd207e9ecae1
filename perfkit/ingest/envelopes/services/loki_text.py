"""``logcli query``: ``2026-11-21T11:00:00Z {app="web"} line``, the labels padded to the widest.

``--output=raw`` is no envelope.

Checked: Loki ``pkg/logcli/output/default.go`` (RFC 3339 without a fraction, labels as Prometheus
writes them).
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.model import NO_TIME, Envelope, Unwrapped
from perfkit.ingest.envelopes.moments import from_iso
from perfkit.ingest.envelopes.prefixes import matching_lines
from perfkit.ingest.envelopes.services.labels import of_labels, parsed_labels
from perfkit.ingest.envelopes.stamps import Stamps, cut_at_stamp, unstamped
from perfkit.ingest.envelopes.text import Lines, read_lines, slices

__all__ = ["ENVELOPE"]

_STAMP = re.compile(
    rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)) "
    rb'(\{(?:[a-zA-Z_]\w{0,200}="(?:[^"\\\n]|\\.)*"(?:, )?)*\}) *'
)
_NEXT = re.compile(
    rb'\n(?=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d) \{(?:\}|[a-zA-Z_]\w{0,200}="))'
)


def recognises(head: bytes) -> Recognition:
    """Recognise a time and labels in braces."""
    found, count = matching_lines(head, _STAMP)
    sure = 0.97 if found and len(found) >= 0.3 * count else 0.0
    return Recognition(confidence=sure, reason="lines of logcli")


def cut(data: bytes) -> int:
    """Return where the last line with a time begins."""
    return cut_at_stamp(data, _NEXT)


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take times and labels off."""
    del carry
    lines = read_lines(data)
    return unstamped(lines, _stamps(lines))


def _stamps(lines: Lines) -> Stamps:
    at = np.full(len(lines), NO_TIME)
    code, content = np.zeros(len(lines), np.int64), lines.start.copy()
    place: dict[bytes, int] = {}
    found = []
    for row, (start, end) in enumerate(zip(lines.start.tolist(), lines.end.tolist(), strict=True)):
        match = _STAMP.match(lines.data, start, end)
        if match:
            found.append((row, start, match.end(1), match.end()))
            code[row] = place.setdefault(match[2], len(place))
    if found:
        rows, starts, ends, contents = np.array(found, np.int64).T
        at[rows] = from_iso(slices(lines.data, starts, ends))
        content[rows] = contents
    names = [_name(labels) for labels in place] or [""]
    return Stamps(at != NO_TIME, at, code, names, content)


@lru_cache(maxsize=4096)
def _name(labels: bytes) -> str:
    return of_labels(parsed_labels(labels))


ENVELOPE = Envelope(name="loki-text", title="logcli", recognises=recognises, cut=cut, unwrap=unwrap)
