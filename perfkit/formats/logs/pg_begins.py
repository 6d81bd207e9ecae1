"""Where the first record of a PostgreSQL log begins: before it may be the end of a rotated one.

Only the first line of a file can have lost its beginning to the file before it; the lines that
go on with its record (a TAB, a DETAIL, what is within quotes) come right behind.
"""

from __future__ import annotations

import re

import msgspec

from perfkit.formats.logs.pg_prefix import MAIN
from perfkit.formats.logs.pg_severities import FOREIGN

__all__ = ["ROW", "first_message", "first_object", "first_row"]

_WORDS = "|".join((*MAIN, *(word for word, name in FOREIGN.items() if name in MAIN)))
_MESSAGE = re.compile(rf"^(?!\t)[^\n]{{0,500}}?(?:{_WORDS}) ?:  ".encode(), re.MULTILINE)
#: How a record of a csvlog begins: time, user, database, pid, host, session, number.
ROW = re.compile(
    rb'^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15} [^,"\n]{1,10},(?:"(?:[^"\n]|"")*")?,'
    rb'(?:"(?:[^"\n]|"")*")?,[0-9]+,(?:"[^"\n]*")?,[0-9a-f]+\.[0-9a-f]+,[0-9]+,',
    re.MULTILINE,
)
#: So much of a line shows whether it begins as the others do: ``2026-11-``, ``2026 Nov``.
_WIDTH = 10
_CLASSES = bytes.maketrans(
    b"0123456789" + bytes(range(65, 91)) + bytes(range(97, 123)), b"0" * 10 + b"a" * 52
)


def first_message(head: bytes) -> int:
    """Return where the first LOG, ERROR, ... of a stderr log begins, 0 when none is found.

    Lines of one log begin alike (``0000-00-00``); a first one that was cut begins as no other,
    even if its severity is still there.
    """
    found = [match.start() for match in _MESSAGE.finditer(head)]
    shapes = [head[at : at + _WIDTH].translate(_CLASSES) for at in found]
    is_cut = found[:1] == [0] and len(found) > 1 and shapes[0] not in shapes[1:]
    return found[is_cut] if found else 0


def first_row(head: bytes) -> int:
    """Return where the first record of a csvlog begins, 0 when none is found."""
    found = ROW.search(head)
    return found.start() if found else 0


def first_object(head: bytes) -> int:
    """Return where the first line begins that may be a JSON object, 0 when none is found."""
    line, ended, _ = head.partition(b"\n")
    if line.startswith(b"{") and (not ended or _is_json(line)):
        return 0
    return head.find(b"\n{") + 1


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True
