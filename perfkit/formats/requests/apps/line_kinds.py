"""What a kind of line is: a pattern whose groups say what stands in the line."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BEFORE", "CLF_TIME", "CTIME", "DAY_TIME", "PHRASE", "LineKind"]

#: RE2: what a logging framework puts before a message (``INFO:name:`` is ``BASIC_FORMAT`` of
#: Python's logging); a line that is quoted within another is none.
BEFORE = r'^(?P<before>(?:[A-Z]{4,8}:[A-Za-z_][\w.]*:)?[^"{]*?)'
#: ``21/Nov/2026:10:00:00 +0000``, ``21/Nov/2026 10:00:00`` and ``Sat Nov 21 10:00:00 2026``.
CLF_TIME = r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?: [+-][0-9]{4})?"
DAY_TIME = r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}"
CTIME = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}"
#: A status, and the words that some write behind it.
PHRASE = r"(?P<status>[0-9]{3})(?: [A-Za-z][A-Za-z'\- ]*)?"

_DURATIONS = ("ms", "seconds", "duration")


class LineKind(NamedTuple):
    """One kind of line.

    ``mark`` is a text that every line of the kind contains. ``pattern`` (RE2) matches a whole line
    without colours. Its groups, all optional: ``before`` (prefix of a logging framework),
    ``at``, ``client`` (with or without port), ``method``, ``path``, ``url``, ``request``
    (``GET /a HTTP/1.1``), ``status``, ``bytes``, ``ms``, ``seconds``, ``duration`` (with unit),
    ``error``, ``peer``; of events ``process`` and ``ms``/``seconds``.

    Attributes:
        layout: patterns and what replaces them, so that the time can be read.
        event: the kind of the events that such lines are; empty: they are requests.
        unmistakable: nothing but this program writes such lines.
        sent: the request was sent by who logs it.
        begun: the time is that of the request's begin.
        escaped: quotes and backslashes in paths stand behind a backslash.
    """

    name: str
    mark: str
    pattern: str
    layout: tuple[tuple[str, str], ...] = ()
    event: str = ""
    unmistakable: bool = True
    sent: bool = False
    begun: bool = False
    escaped: bool = False

    @property
    def has_duration(self) -> bool:
        """Say whether lines of the kind may tell how long it took; an event need not."""
        return bool(self.event) or any(f"?P<{name}>" in self.pattern for name in _DURATIONS)
