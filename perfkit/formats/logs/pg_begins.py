"""Where the first record of a PostgreSQL log begins: before it may be the end of a rotated one."""

from __future__ import annotations

import re
from collections import Counter

from perfkit.formats.logs.pg_prefix import MAIN
from perfkit.formats.logs.pg_severities import FOREIGN

__all__ = ["first_message", "first_object"]

_WORDS = "|".join((*MAIN, *(word for word, name in FOREIGN.items() if name in MAIN)))
_MESSAGE = re.compile(rf"^(?!\t)[^\n]{{0,500}}?(?:{_WORDS}) ?:  ".encode(), re.MULTILINE)
#: So much of a line shows whether it begins as the others do: ``2026-11-``, ``2026 Nov``.
_WIDTH = 10
_CLASSES = bytes.maketrans(
    b"0123456789" + bytes(range(65, 91)) + bytes(range(97, 123)), b"0" * 10 + b"a" * 52
)


def first_message(head: bytes) -> int:
    """Return where the first LOG, ERROR, ... of a stderr log begins, 0 when none is found.

    Lines of one log begin alike (``0000-00-00``); one that was cut does not, even if its
    severity is still there.
    """
    found = [match.start() for match in _MESSAGE.finditer(head)]
    shapes = [head[at : at + _WIDTH].translate(_CLASSES) for at in found]
    if not shapes:
        return 0
    usual = Counter(shapes).most_common(1)[0][0]
    return found[shapes.index(usual)]


def first_object(head: bytes) -> int:
    """Return where the first line begins that may be a JSON object, 0 when none is found."""
    if head.startswith(b"{"):
        return 0
    return head.find(b"\n{") + 1
