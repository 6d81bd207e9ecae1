"""Requests as lines of ``key=value`` (logfmt): lograge, logrus, zap, slog, structlog's renderer.

``method=GET path=/orders format=html controller=OrdersController action=index status=200
duration=58.33 view=40.43 db=15.26`` (lograge: milliseconds); ``level=info msg="request completed"
method=GET path=/ status=200 duration=12.3ms``. What keys mean is what they mean in JSON lines.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.orm.log_lines import plain_text
from perfkit.formats.requests.classified import REQUEST, classified
from perfkit.formats.requests.durations import unit_notes, units_of
from perfkit.formats.requests.rows import Line, RowBuilder
from perfkit.formats.times import zone_note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.formats.lines import Ints
    from perfkit.formats.model import Chunk
    from perfkit.recording import Note

__all__ = ["LogfmtLines", "logfmt_lines", "pairs"]

#: RE2: a line has a method, and further on or before it a path, a route or a URL.
_METHOD = r"(?:^|[\s|])(?:http[._])?(?:request[._])?(?:method|verb)=\"?[A-Z]{3,10}\b"
_WHERE = r"[\s|](?:\w+[._])?(?:path|uri|url|route|target|controller)=|^(?:path|uri|url|route)="
#: The router's lines of Heroku are a format of their own.
_ROUTER = "heroku[router]"
_PAIR = re.compile(r'(?:^|(?<=[\s|,]))([A-Za-z_@][\w.@-]*)=("(?:[^"\\]|\\.)*"|[^\s,|]*)')
_ESCAPED = re.compile(r"\\(.)")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")


class LogfmtLines(NamedTuple):
    """Tables of the requests among lines, the places of these lines, and notes."""

    rows: Ints
    tables: dict[str, pa.Table]
    notes: list[Note]

    @classmethod
    def read(cls, texts: pa.Array, chunk: Chunk, but: Ints) -> LogfmtLines:
        """Read the lines that are requests, except those at ``but``."""
        free = np.ones(len(texts), np.bool_)
        free[but] = False
        others = np.flatnonzero(free)
        rows = others[logfmt_lines(texts.filter(pa.array(free)))]
        if not len(rows):
            return cls(rows, {}, [])
        units = _units(chunk.head)
        found = list(_requests(texts, rows, units))
        builder = RowBuilder(chunk.zone)
        lines: defaultdict[str, list[Line]] = defaultdict(list, {REQUEST: found})
        contents = builder.tables(lines)
        notes = unit_notes(units) + ([zone_note(chunk.zone)] if builder.naive else [])
        return cls(np.array([number - 1 for number, _, _ in found], np.int64), contents, notes)


def logfmt_lines(texts: pa.Array) -> Ints:
    """Return which lines have ``method=`` and ``path=`` among their pairs."""
    marked = pc.and_(
        pc.match_substring_regex(texts, _METHOD), pc.match_substring_regex(texts, _WHERE)
    )
    ours = pc.and_(marked, pc.invert(pc.match_substring(texts, _ROUTER)))
    return np.flatnonzero(ours.to_numpy(zero_copy_only=False))


def pairs(text: str) -> dict[str, Any]:
    """Return the pairs of a line: numbers as numbers, other values as text."""
    return {key: _value(value) for key, value in _PAIR.findall(text)}


def _requests(texts: pa.Array, rows: Ints, units: dict[str, str]) -> Iterator[Line]:
    chosen = texts.take(pa.array(rows)).to_pylist()
    for row, text in zip(rows.tolist(), chosen, strict=True):
        kind, values = classified(_with_time(text), units)
        if kind == REQUEST:
            yield row + 1, text.encode(), values


def _with_time(text: str) -> dict[str, Any]:
    """Return the pairs of a line, and the time that stands before them as ``@timestamp``."""
    found = pairs(text)
    before = text[: text.find("=")].rpartition(" ")[0]
    moment = _BEFORE.search(before)
    return {"@timestamp": moment[0].replace("/", "-"), **found} if moment else found


_BEFORE = re.compile(
    r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
    r"(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?"
)


def _value(text: str) -> Any:
    if text.startswith('"'):
        text = _ESCAPED.sub(r"\1", text[1:-1])
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text or None


@lru_cache(maxsize=16)
def _units(head: bytes) -> dict[str, str]:
    texts = pa.array(plain_text(head)[0].decode().split("\n"), pa.string())
    return dict(units_of(map(pairs, texts.take(pa.array(logfmt_lines(texts))).to_pylist())))
