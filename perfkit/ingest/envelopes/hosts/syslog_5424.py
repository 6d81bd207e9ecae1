"""Syslog as in RFC 5424: ``<134>1 2026-11-21T11:00:00.1Z host app 123 - - message``.

Also with the octet count of RFC 6587 before it, and Heroku's log drains, which leave the
structured data out (``290 <134>1 2022-03-24T23:59:39+00:00 host app postgres.1 - [GREEN] [14-1]``).

Checked: RFC 5424 section 6, Heroku's "Log Drains" and drain lines in public code, and a file
that rsyslog's ``RSYSLOG_SyslogProtocol23Format`` wrote.
"""

from __future__ import annotations

import re

import numpy as np

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes import pg_parts
from perfkit.ingest.envelopes.hosts.heroku import heroku_header, with_router
from perfkit.ingest.envelopes.hosts.messages import Found, Header, with_messages
from perfkit.ingest.envelopes.model import Envelope, Ints, Unwrapped
from perfkit.ingest.envelopes.moments import from_iso
from perfkit.ingest.envelopes.prefixes import share_of_lines
from perfkit.ingest.envelopes.rows import coded
from perfkit.ingest.envelopes.text import Lines, read_lines, slices

__all__ = ["ENVELOPE"]

_LINE = re.compile(
    rb"(?:\d{1,9} )?<\d{1,3}>1 (?:-|\d{4}-\d\d-\d\dT\S{8,24}) "
    rb"\S{1,255} \S{1,48} \S{1,128} \S{1,32}(?: |$)"
)
_BEGIN = re.compile(rb"<\d{1,3}>1")
_DATA = re.compile(rb'(?:\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\])+')
_DRAINS = ("app", "heroku")
_MARK = "\ufeff".encode()


def recognises(head: bytes) -> Recognition:
    """Recognise priority, version 1, and six words."""
    sure = 0.98 if share_of_lines(head, _LINE) > 0.8 else 0.0  # noqa: PLR2004 - a few broken lines
    return Recognition(confidence=sure, reason="lines of syslog (RFC 5424)")


def unwrap(data: bytes, carry: pg_parts.Held | None) -> Unwrapped:
    """Take the header and structured data off."""
    lines = read_lines(data)
    counted = lines.byte(lines.start) != ord("<")
    words = [np.where(counted, np.minimum(lines.space(lines.start) + 1, lines.end), lines.start)]
    for _ in range(6):
        words.append(np.minimum(lines.space(words[-1]) + 1, lines.end))
    at = from_iso(slices(data, words[1], words[2] - 1))
    code, values = coded(slices(data, words[2], np.maximum(words[5] - 1, words[2])))
    headers = [_header(value) for value in values]
    begin, begins = coded(slices(data, words[0], np.maximum(words[1] - 1, words[0])))
    valid = np.array([_BEGIN.fullmatch(value) is not None for value in begins], np.bool_)[begin]
    valid &= np.array([header is not None for header in headers], np.bool_)[code]
    drain = np.array([value.startswith(b"host ") for value in values], np.bool_)[code]
    content = _behind_data(lines, words[6], drain)
    found = Found(at=at, code=code, content=content, valid=valid)
    known = [header or Header("", b"", 0, postgres=False) for header in headers]
    good = np.flatnonzero(valid)
    message = slices(data, content[good], lines.end[good])
    stamp = slices(data, words[1][good], words[2][good] - 1)
    message = with_router(message, stamp, [h.stream for h in known], code[good])
    passes = np.zeros(0, np.int64)
    return with_messages(lines, found, known, carry, message=message, passes=passes)


def _behind_data(lines: Lines, at: Ints, drain: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Ints:
    content = at.copy()
    first = lines.byte(at)
    nothing = (first == ord("-")) & ((lines.byte(at + 1) == ord(" ")) | (at + 1 >= lines.end))
    content[nothing] = np.minimum(at + 2, lines.end)[nothing]
    for row in np.flatnonzero((first == ord("[")) & ~drain).tolist():
        match = _DATA.match(lines.data, int(at[row]), int(lines.end[row]))
        if match:
            content[row] = min(match.end() + 1, int(lines.end[row]))
    marked = np.zeros(len(at), np.bool_)
    if _MARK in lines.data:
        marked = (lines.byte(content) == _MARK[0]) & (lines.byte(content + 1) == _MARK[1])
        marked &= lines.byte(content + 2) == _MARK[2]
    # rsyslog writes two blanks before a message; after a mark a blank is the message's own.
    second = ~marked & (lines.byte(content) == ord(" "))
    return np.asarray(content + np.where(marked, len(_MARK), second))


def _header(value: bytes) -> Header | None:
    words = value.decode("utf-8", "replace").split(" ")
    if len(words) != 3 or not all(words):  # noqa: PLR2004 - host, application, process
        return None
    host, program, process = words
    if host == "host" and program in _DRAINS:
        return heroku_header(program, process, value)
    return Header.of(f"{host}/{program}", program, process, value)


ENVELOPE = Envelope(
    name="syslog-5424",
    title="syslog (RFC 5424) and Heroku log drains",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
    finish=pg_parts.finish,
)
