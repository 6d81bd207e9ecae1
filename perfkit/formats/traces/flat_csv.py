"""CSV of spans, one record each: any usual delimiter, quoted line feeds, physical line numbers.

A quote that has no end costs its line, not the rest of the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Line", "header_of", "read_lines"]

_DELIMITERS = ",\t;|"
#: So many quotes without an end are passed over; behind them the rest is one broken record.
_UNCLOSED = 16


class Line(NamedTuple):
    """One record: its first line (from 1), how many lines it has, and its text or values."""

    number: int
    lines: int
    fields: list[str] | None
    text: str


def header_of(head: bytes) -> tuple[list[str], str]:
    """Return the names of the columns, and the delimiter."""
    first = head.partition(b"\n")[0].decode("utf-8", "replace").lstrip("\ufeff").rstrip("\r")
    delimiter = max(_DELIMITERS, key=first.count)
    found = next(read_lines(first, delimiter), None)
    return [name.strip() for name in found.fields or ()] if found else [], delimiter


def read_lines(text: str, delimiter: str) -> Iterator[Line]:
    """Yield the records of a text; ``fields`` is None where a quote has no end."""
    rest = rf"[^{re.escape(delimiter)}\n]*+"
    quoted, plain = rf'"[^"]*+(?:""[^"]*+)*+"{rest}', f'(?!"){rest}'
    field = re.compile(rf"({quoted}|{plain})({re.escape(delimiter)}|\n|\Z)")
    at, number, unclosed = 0, 1, 0
    while at < len(text):
        end, fields = _fields(text, at, field)
        if fields is None:
            unclosed += 1
            feed = text.find("\n", at) + 1 if unclosed < _UNCLOSED else 0
            end = feed or len(text)
        shown = text[at:end]
        lines = shown.count("\n") + (end == len(text) and not shown.endswith("\n"))
        yield Line(number, lines, fields, shown)
        at, number = end, number + lines


def _fields(text: str, at: int, field: re.Pattern[str]) -> tuple[int, list[str] | None]:
    fields: list[str] = []
    while True:
        found = field.match(text, at)
        if found is None:
            return at, None
        at = found.end()
        fields.append(_unquoted(found[1]))
        if found[2] in {"\n", ""}:
            return at, fields


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1].replace('""', '"') if quoted else value
