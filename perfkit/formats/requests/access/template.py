"""A log line's layout: fields with a meaning between literal texts, whoever's notation it was in.

=============== ================================================================================
role            unit
=============== ================================================================================
time            when it was logged, that is, when the request had ended: ``clf``
                (``10/Oct/2000:13:55:36 -0700``), ``iso``, ``s``, ``ms`` or ``us`` since 1970, or
                a format of ``strptime`` (any text with a ``%``)
start           when it began; units as above
request         the request line, ``GET /orders?page=2 HTTP/1.1``
method
path            with or without its query
query           what may be missing at the end of ``path``: ``?page=2``, or ``page=2``
route           the template of the path, where the log knows it
status          an integer, such as 200, 499 or 000
response_bytes  ``clf``: a dash is 0
client          ``port``: ``127.0.0.1:5000``; ``forwarded``: the first of several
duration        ``s``, ``ms``, ``us``, ``ns``
upstream        as ``duration``; the tries of several servers are added up
cache_status
service         who served it: a virtual host
peer            who was called
request_id
trace_id        ``traceparent``: in W3C's header; ``xray``: in Amazon's
error           why it failed
(empty)         must be there, is not read
=============== ================================================================================

Of several fields of one role that are known the first counts; of times and durations the finest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from perfkit.formats.requests.access.clocks import fixed_width, is_strptime, pattern_of

if TYPE_CHECKING:
    from perfkit.recording import Note

__all__ = ["Field", "Template"]

_TIMES = frozenset({"time", "start"})
#: What a time of varying length may be written with.
_IN_TIMES = frozenset(" :/-.,+")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One value of a line: what it means, its unit, and how it is written.

    ``several``: it may hold several values, ``0.1, 0.2 : 0.3``, with blanks between them.
    ``name`` is what the format calls it (for messages).
    """

    role: str = ""
    unit: str = ""
    several: bool = False
    name: str = ""

    @property
    def width(self) -> int:
        """How many bytes it always has; 0 when that differs."""
        return fixed_width(self.unit) if self.role in _TIMES else 0

    def may_hold(self, sign: str) -> bool:
        """Say whether a time in a format of strptime may have ``sign`` within."""
        return self.role in _TIMES and is_strptime(self.unit) and sign in _IN_TIMES

    def pattern(self, literal: str, beyond: str, *, last: bool) -> str:
        """Return a regular expression for it in front of ``literal``; none goes back.

        Where that is empty a path follows, and then ``beyond``.
        """
        if self.role in _TIMES and (own := pattern_of(self.unit)):
            return own
        if self.several and literal.startswith(" "):
            return r"[^ ]*+(?:(?:(?<=,)\ |\ :\ )[^ ]++)*+"
        if not literal:
            return ".*+" if last else f"[^/{re.escape(beyond[:1])}]*+"
        behind = re.escape(literal) + (r"\Z" if last else "")
        if literal.startswith('"'):
            return rf'(?:[^"\\]|\\.|"(?!{behind[1:]}))*+'
        return f"[^{behind}]*+" if len(literal) == 1 and not last else f"(?:(?!{behind}).)*+"


@dataclass(frozen=True, kw_only=True)
class Template:
    r"""``literals`` stand before, between and behind ``fields``: there is one more of them.

    Attributes:
        fields: the values, in the order of the line.
        literals: what is between them; an empty one only in front of a ``path`` that begins
            with ``/``, at the beginning and at the end.
        title: what it is called, for people.
        strict: a line that does not fit is rejected, otherwise it is irrelevant.
        escaped: values are escaped with backslashes (``\x22``, ``\"``).
        notes: what was inferred.
        otherwise: a template for lines that do not fit this one.
    """

    fields: tuple[Field, ...]
    literals: tuple[str, ...]
    title: str
    strict: bool = True
    escaped: bool = True
    notes: tuple[Note, ...] = ()
    otherwise: Template | None = None

    @cached_property
    def texts(self) -> tuple[bytes, ...]:
        """The literals as bytes."""
        return tuple(text.encode() for text in self.literals)

    @cached_property
    def line(self) -> re.Pattern[bytes]:
        """A regular expression of a whole line, one group per field; it takes linear time."""
        parts = map(self._expression, range(len(self.fields)))
        return re.compile(re.escape(self.texts[0]) + b"".join(parts) + rb"\Z", re.DOTALL)

    def places(self, role: str) -> list[int]:
        """Return which fields have a role."""
        return [place for place, field in enumerate(self.fields) if field.role == role]

    @cached_property
    def beginning(self) -> re.Pattern[bytes]:
        """A regular expression of any line, with groups for as many fields as it fits."""
        return re.compile(re.escape(self.texts[0]) + self._nested(0), re.DOTALL)

    def misfit(self, line: bytes) -> str:
        """Say at which field a line stops to fit."""
        found = self.beginning.match(line)
        fits = 0 if found is None else (found.lastindex or 0)
        if fits == len(self.fields):
            return "its end, or a value that is no number or time"
        return self.fields[fits].name or self.fields[fits].role or f"its part {fits + 1}"

    def _nested(self, place: int) -> bytes:
        if place == len(self.fields):
            return b""
        return b"(?:" + self._expression(place) + self._nested(place + 1) + b")?+"

    def _expression(self, place: int) -> bytes:
        """Return a field, as a group, and the literal behind it."""
        literal, beyond = (*self.literals, "")[place + 1 : place + 3]
        last = place + 1 == len(self.fields)
        pattern = self.fields[place].pattern(literal, beyond, last=last)
        return f"({pattern}){re.escape(literal)}".encode()
