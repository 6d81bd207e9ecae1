"""Syslog files and ``journalctl``'s text: ``Nov 21 11:00:00 host postgres[123]: message``.

The time may be as in RFC 3164 (no year, no zone), with a fraction (``journalctl -o
short-precise``), or ISO 8601 (rsyslog's ``RSYSLOG_FileFormat``, the default since Debian 12;
``journalctl -o short-iso``, ``short-iso-precise``), with or without a priority ``<134>`` before it.
Each program of each host is a stream of its own. What PostgreSQL sent in parts is joined
(:mod:`~perfkit.ingest.envelopes.pg_parts`), what rsyslog escaped is unescaped.

Checked: RFC 3164, rsyslog's predefined templates, systemd ``logs-show.c`` (further lines of a
message are indented by the width of what is before the first), PostgreSQL ``elog.c``; and files
that rsyslog 8.2302, journald 252 and PostgreSQL 15 wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes import pg_parts
from perfkit.ingest.envelopes.hosts.messages import Found, Header, put_together
from perfkit.ingest.envelopes.model import NO_TIME, Envelope, Ints, Unwrapped
from perfkit.ingest.envelopes.moments import from_iso, from_month
from perfkit.ingest.envelopes.prefixes import matching_lines
from perfkit.ingest.envelopes.rows import coded
from perfkit.ingest.envelopes.text import Bools, Lines, read_lines, slices

__all__ = ["ENVELOPE"]

_BSD = rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{6})?"
_ISO = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
_LINE = re.compile(
    rb"(<\d{1,3}>)?(?:(" + _BSD + rb")|" + _ISO + rb") (?!\d{4}-)([^\s\[\]:=\"{]{1,255}) "
    rb"[A-Za-z_(./-][^\s:\[\]]{0,63}(\[\d{1,10}\])?:(?: |$)"
)
_WHO = re.compile(rb"(\S{1,255})(?: ([^\s\[]{1,128}?)(?:\[([^\s\]]{1,64})\])?:)?")
_PASSING = re.compile(rb"-- |(?:last )?message repeated \d+ times")
_REPEATED = re.compile(rb"(?:last )?message repeated \d+ times")
#: What stands behind the time of an application's own line, where a host would be.
_LEVELS = frozenset(b"debug info notice warn warning error err fatal critical trace".split())
_BSD_WIDTH, _PRECISE_WIDTH = 15, 22


@dataclass(frozen=True, kw_only=True)
class _Carry:
    """The last writer, for a message whose further lines follow, and PostgreSQL's parts."""

    held: pg_parts.Held
    header: Header
    at: int
    width: int


def recognises(head: bytes) -> Recognition:
    """Recognise a time, a host, and a program with a colon and, somewhere, a process."""
    found, count = matching_lines(head, _LINE)
    named = [match for match in found if match[3].lower() not in _LEVELS]
    sure = any(match[1] or match[2] or match[4] for match in named)
    indented = head.count(b"\n        ")
    enough = len(named) >= 0.7 * max(1, count - indented)
    return Recognition(confidence=0.93 if sure and enough else 0.0, reason="lines of syslog")


def unwrap(data: bytes, carry: _Carry | None) -> Unwrapped:
    """Take time, host and program off."""
    lines = read_lines(data)
    found, headers, indent = _found(lines)
    found, headers = _continued(lines, found, headers, indent, carry)
    passes = _passes(lines, found)
    found.valid[passes] = False
    result = put_together(lines, found, headers, carry.held if carry else None, passes=passes)
    result.carry = _carried(found, headers, indent, result.carry, carry)
    return result


def finish(carry: _Carry | None) -> Unwrapped:
    """Give out the last messages of PostgreSQL."""
    return pg_parts.finish(carry.held if carry else None)


def _found(lines: Lines) -> tuple[Found, list[Header], Ints]:
    start = _behind_priority(lines)
    first = lines.byte(start)
    month = (first >= ord("A")) & (first <= ord("Z"))
    time_end = lines.space(np.where(month, np.minimum(start + _BSD_WIDTH, lines.end), start))
    at = np.full(len(lines), NO_TIME)
    rows = np.flatnonzero(month)
    at[rows] = _of_month(lines, start[rows], time_end[rows])
    rows = np.flatnonzero((first >= ord("0")) & (first <= ord("9")))
    at[rows] = from_iso(slices(lines.data, start[rows], time_end[rows]))
    host_end = lines.space(time_end + 1)
    tag_end = lines.space(host_end + 1)
    tagged = lines.byte(np.maximum(tag_end - 1, lines.start)) == ord(":")
    tagged |= (tag_end == lines.end) & (lines.raw[np.maximum(lines.end, 1) - 1] == ord(":"))
    who_end = np.where(tagged, tag_end, host_end)
    content = np.minimum(who_end + 1, lines.end)
    code, values = coded(slices(lines.data, np.minimum(time_end + 1, lines.end), who_end))
    headers = [_header(value) for value in values]
    known = np.array([header is not None for header in headers], np.bool_)[code]
    valid = (at != NO_TIME) & known
    nobody = Header("", b"", 0, postgres=False)
    found = Found(at=at, code=code, content=content, valid=valid)
    return found, [header or nobody for header in headers], content - lines.start


def _behind_priority(lines: Lines) -> Ints:
    """Skip ``<134>``."""
    start = lines.start.copy()
    opened = lines.byte(start) == ord("<")
    if not opened.any():
        return start
    for width in (2, 3, 4):
        closed = opened & (lines.byte(lines.start + width) == ord(">"))
        start[closed] = lines.start[closed] + width + 1
    return start


def _of_month(lines: Lines, start: Ints, end: Ints) -> Ints:
    width = end - start
    at = from_month(slices(lines.data, start, np.minimum(start + _BSD_WIDTH, end)))
    precise = np.flatnonzero(width == _PRECISE_WIDTH)
    if len(precise):
        fraction = _digits(lines, start[precise] + _BSD_WIDTH)
        at[precise] = np.where(at[precise] == NO_TIME, NO_TIME, at[precise] + fraction * 1000)
    at[(width != _BSD_WIDTH) & (width != _PRECISE_WIDTH)] = NO_TIME
    return at


def _digits(lines: Lines, at: Ints) -> Ints:
    """Read ``.123456``."""
    window = lines.raw[at[:, None] + np.arange(1, 7)].astype(np.int64) - ord("0")
    return np.asarray(np.clip(window, 0, 9) @ 10 ** np.arange(5, -1, -1))


def _header(value: bytes) -> Header | None:
    match = _WHO.fullmatch(value)
    if match is None:
        return None
    host, program, process = (
        part.decode("utf-8", "replace") if part else "" for part in match.groups()
    )
    return Header.of(f"{host}/{program}" if program else host, program, process, value)


def _continued(
    lines: Lines, found: Found, headers: list[Header], indent: Ints, carry: _Carry | None
) -> tuple[Found, list[Header]]:
    """Give an indented line to the writer of the message before it."""
    loose = ~found.valid & (lines.byte(lines.start) == ord(" "))
    if not loose.any():
        return found, headers
    known = np.where(found.valid, np.arange(len(lines)), -1)
    owner = np.maximum.accumulate(known)
    loose &= (owner >= 0) | (carry is not None)
    rows, mine = np.flatnonzero(loose), owner[loose]
    header = carry.header if carry else Header("", b"", 0, postgres=False)
    at, width = (carry.at, carry.width) if carry else (NO_TIME, 0)
    found.code[rows] = np.where(mine < 0, len(headers), found.code[mine])
    found.at[rows] = np.where(mine < 0, at, found.at[mine])
    widths = np.where(mine < 0, width, indent[mine])
    last = np.minimum(lines.start[rows] + np.maximum(widths, 1), lines.end[rows]) - 1
    fits = lines.raw[last] == ord(" ")
    found.content[rows] = np.minimum(lines.start[rows] + np.where(fits, widths, 0), lines.end[rows])
    indent[rows] = widths
    found.valid[rows] = True
    return found, [*headers, header]


def _passes(lines: Lines, found: Found) -> Ints:
    """Return lines on the log itself: ``-- Boot ... --``, ``message repeated 3 times``."""
    dashes = ~found.valid & (lines.byte(lines.start) == ord("-"))
    rows = np.flatnonzero(dashes | _repeated(lines, found))
    chosen = [row for row in rows.tolist() if _PASSING.match(lines.text(row)) or found.valid[row]]
    return np.array(chosen, np.int64)


def _repeated(lines: Lines, found: Found) -> Bools:
    if b"message repeated " not in lines.data:
        return np.zeros(len(lines), np.bool_)
    message = slices(lines.data, found.content, lines.end)
    pattern = "^" + _REPEATED.pattern.decode()
    return np.asarray(pc.match_substring_regex(message, pattern)) & found.valid


def _carried(
    found: Found, headers: list[Header], indent: Ints, held: pg_parts.Held, before: _Carry | None
) -> _Carry:
    rows = np.flatnonzero(found.valid)
    if len(rows):
        row = int(rows[-1])
        return _Carry(
            held=held,
            header=headers[found.code[row]],
            at=int(found.at[row]),
            width=int(indent[row]),
        )
    if before is not None:
        return replace(before, held=held)
    return _Carry(held=held, header=Header("", b"", 0, postgres=False), at=NO_TIME, width=0)


ENVELOPE = Envelope(
    name="syslog",
    title="syslog (RFC 3164, rsyslog) and journalctl text",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
    finish=finish,
)
