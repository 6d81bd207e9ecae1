"""``docker compose logs``: ``web-1  | line``; each service is a stream of its own.

Checked: docker/compose ``cmd/formatter/logs.go`` (the name padded to the widest, `` | ``, the
whole prefix in one colour; with ``--timestamps`` a time of nine digits follows). The Python
version 1 named containers ``web_1`` and closed the colour before the blank; ``docker service
logs`` writes ``web.1.<task>@node    | line`` (both from memory).
"""

from __future__ import annotations

import re

import numpy as np

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.prefixes import Prefixed, matching_lines, taken_off
from perfkit.ingest.envelopes.raw_lines import share
from perfkit.ingest.envelopes.rows import coded
from perfkit.ingest.envelopes.text import read_lines, slices

__all__ = ["ENVELOPE"]

_COLOUR = rb"(?:\x1b\[[0-9;]{0,20}m)"
_PREFIX = re.compile(
    _COLOUR + rb"?([a-z0-9][\w.@-]{0,160}) {1,80}\|" + _COLOUR + rb"? ?" + _COLOUR + rb"?"
)
_COLOURED = re.compile(rb"^\x1b\[[0-9;]{0,20}m([^\x1b\n|]{1,200}\| ?)\x1b\[0?m", re.MULTILINE)
_NAME = re.compile(rb"([a-zA-Z0-9][\w.@-]{0,160}) *")
_STATUS = re.compile(
    rb"Attaching to |Gracefully stopping|"
    rb"\W{0,8}[\w.-]{1,120} (?:exited with code|has been recreated) ?"
)
_NUMBERED = re.compile(rb".*[-_]\d{1,4}|.*\.\d{1,4}\.\w{25}@.*")
_LEVELS = {b"debug", b"info", b"warn", b"warning", b"error", b"fatal", b"trace", b"critical"}
_WRONG = "it has no name of a service and | before it"


def recognises(head: bytes) -> Recognition:
    """Recognise a container's name, padded, and a vertical bar."""
    found, count = matching_lines(head, _PREFIX)
    named = [match for match in found if match[1].lower() not in _LEVELS]
    count -= len(matching_lines(head, _STATUS)[0])
    if not named or len(named) < 0.8 * count:
        return Recognition(confidence=0.0)
    numbered = sum(1 for match in named if _NUMBERED.fullmatch(match[1])) / len(named)
    inner = share([match.string[match.end() :].decode("utf-8", "replace") for match in named])
    sure = 0.97 if numbered > 0.5 or inner > 0.3 else 0.0  # noqa: PLR2004 - the clear cases
    return Recognition(confidence=sure, reason="lines of docker compose logs")


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the names off, and the times of ``--timestamps``."""
    del carry
    if b"\x1b[" in data:
        data = _COLOURED.sub(rb"\1", data)
    lines = read_lines(data)
    bars = np.append(np.flatnonzero(lines.raw == ord("|")), len(data))
    bar = np.minimum(bars[np.searchsorted(bars, lines.start)], lines.end)
    code, values = coded(slices(data, lines.start, bar))
    names = [match[1].decode() if (match := _NAME.fullmatch(value)) else None for value in values]
    missing = bar >= lines.end
    code = np.where(missing, len(names), code)
    blank = lines.byte(bar + 1) == ord(" ")
    found = Prefixed(content=bar + 1 + blank, code=code, names=[*names, None])
    return taken_off(lines, found, _STATUS, _WRONG)


ENVELOPE = Envelope(
    name="docker-compose",
    title="docker compose logs",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
)
