"""A PostgreSQL log record taken apart: severity, message, DETAIL, HINT, CONTEXT, STATEMENT."""

from __future__ import annotations

import re

__all__ = ["sections"]

_SEVERITY = re.compile(r"(LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?):  ")
_LABEL = re.compile(r"\n(DETAIL|HINT|QUERY|CONTEXT|STATEMENT):  ")
#: In this order PostgreSQL writes them: a label behind a later one is part of its text.
_ORDER = {"DETAIL": 1, "HINT": 2, "QUERY": 3, "CONTEXT": 4, "STATEMENT": 5}


def sections(record: bytes | None) -> dict[str, str]:
    r"""Return the parts of a record by name: severity, message, detail, hint, ...

    ``record`` is what ``events.attributes`` holds, whatever the log was written as. Parts that
    it does not have are absent; bytes that are no such record give an empty dict.

    Example:
        >>> sections(b"ERROR:  no\nHINT:  try\nagain")
        {'severity': 'ERROR', 'message': 'no', 'hint': 'try\nagain'}
    """
    text = (record or b"").decode("utf-8", "replace")
    begins = _SEVERITY.match(text)
    if begins is None:
        return {}
    parts = {"severity": begins[1]}
    name, start, last = "message", begins.end(), 0
    for label in _LABEL.finditer(text, start - 1):
        if _ORDER[label[1]] > last:
            parts[name] = text[start : label.start()]
            name, start, last = label[1].lower(), label.end(), _ORDER[label[1]]
    parts[name] = text[start:]
    return parts
