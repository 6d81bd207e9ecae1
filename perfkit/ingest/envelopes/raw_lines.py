"""Which texts are lines of a log with a time or a structure of their own."""

from __future__ import annotations

import re

__all__ = ["is_line", "share"]

_LINE = re.compile(
    r"""\s{0,8}(?:
        \{\s{0,4}["}]                                            # JSON
      | \[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d                    # 2026-11-21 11:00
      | [A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d                   # syslog
      | <\d{1,3}>(?:1\ |[A-Z])                                   # syslog with priority
      | [\w.:-]{1,60}\ \S{1,60}\ \S{1,60}\ \[\d{1,2}/[A-Z][a-z]{2}/\d{4}:   # access log
      | \#\ (?:Time|User@Host|administrator)                     # slow query log
    )
    | [^\n]{0,300}?(?:LOG|ERROR|FATAL|WARNING|DETAIL|HINT|STATEMENT|CONTEXT):\ \ \S  # PostgreSQL
    """,
    re.VERBOSE,
)


def is_line(text: str) -> bool:
    """Say whether ``text`` begins like a line of a log, not like a message within one."""
    return _LINE.match(text) is not None


def share(texts: list[str]) -> float:
    """Return which part of ``texts`` :func:`is_line`; texts without content do not count."""
    found = [is_line(text) for text in texts if text.strip()]
    return sum(found) / len(found) if found else 0.0
