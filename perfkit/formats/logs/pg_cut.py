"""Where a stderr log may be divided: before a message, and never between one and its DETAIL.

PostgreSQL writes both in one piece, but processes that write to the same pipe may tear each
other's pieces apart. A DETAIL is looked for among the next few records only (``NEAR_RECORDS``,
``NEAR_BYTES``), so that a place can be found beyond which no DETAIL is of a message before it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from perfkit.formats.logs.pg_prefix import MAIN, SEVERITIES
from perfkit.formats.logs.pg_severities import FOREIGN
from perfkit.formats.logs.pg_templates import TIME

__all__ = ["NEAR_BYTES", "NEAR_RECORDS", "last_message"]

#: So many records, and bytes, behind a message its DETAIL may come.
NEAR_RECORDS, NEAR_BYTES = 8, 1 << 16

_TAIL, _MOST = 1 << 13, 4 << 20
_WORDS = "|".join((*MAIN, *(word for word, name in FOREIGN.items() if name in MAIN)))
_RECORD = re.compile(
    rf"(?<=\n)(?!\t)(?:([^\n]{{0,500}}?)(?:({_WORDS})|{SEVERITIES}) ?:  )?".encode()
)
_TIME = re.compile(TIME.encode())
_NUMBERS = re.compile(rb"([0-9]+)")


class _Line(NamedTuple):
    """A record: where it begins, whether it is a message, whether it may be torn off one."""

    at: int
    is_message: bool
    is_torn: bool


def last_message(data: bytes) -> int:
    """Return where the last message begins that is surely whole, 0 when there is none.

    In a log whose records are mixed throughout it is the last message at all.
    """
    size = _TAIL
    while True:
        base = max(0, len(data) - size)
        lines = _lines(data, base)
        found = _whole(lines, len(data))
        if found or not base:
            return found
        if size >= _MOST:
            return max((line.at for line in lines if line.is_message), default=0)
        size *= 4


def _lines(data: bytes, base: int) -> list[_Line]:
    lines: list[_Line] = []
    before: bytes | None = None
    for found in _RECORD.finditer(data, base):
        if found.start() == len(data):
            break
        head, main = found.groups()
        torn = head is not None and not main and not _goes_on(before, head)
        lines.append(_Line(found.start(), bool(main), torn))
        before = head
    return lines


def _whole(lines: list[_Line], size: int) -> int:
    """Return the last message behind which the next records are known, and none is torn."""
    limit, torn = size, len(lines) + NEAR_RECORDS + 1
    for place in range(len(lines) - 1, -1, -1):
        line = lines[place]
        ends = lines[place + 1].at if place + 1 < len(lines) else size
        known = place + NEAR_RECORDS + 1 < len(lines) or limit - ends > 2 * NEAR_BYTES
        if line.is_message and known and torn > place + NEAR_RECORDS:
            return line.at
        torn = place if line.is_torn else torn
    return 0


def _goes_on(before: bytes | None, head: bytes | None) -> bool:
    """Say whether two heads are of one message: only a counter (``%l``) may have gone on.

    The first number is the process.
    """
    if before is None or head is None:
        return False
    one, other = (_NUMBERS.split(_TIME.sub(b"", text)) for text in (before, head))
    return len(one) == len(other) and all(
        a == b or (place % 2 == 1 and place > 1 and int(b) - int(a) == 1)
        for place, (a, b) in enumerate(zip(one, other, strict=True))
    )
