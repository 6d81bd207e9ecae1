"""``heroku logs``: ``2026-11-21T11:00:00.123456+00:00 app[postgres.123]: [DATABASE] [5-1] ...``.

Each source (``app[web.1]``) is a stream of its own. Lines of ``heroku[router]`` keep their
beginning, by which they are known. PostgreSQL's lines come with the colour of the database and
PostgreSQL's own numbers before them, and with blanks where a TAB was; they are joined as
:mod:`~perfkit.ingest.envelopes.pg_parts` says.

Checked: Heroku's "Logging" and "Heroku Postgres Logs", and such lines in public code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import Ints, cut_at_line
from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes import pg_parts
from perfkit.ingest.envelopes.hosts.messages import Found, Header, with_messages
from perfkit.ingest.envelopes.model import NO_TIME, Envelope, Unwrapped
from perfkit.ingest.envelopes.moments import from_iso
from perfkit.ingest.envelopes.prefixes import share_of_lines
from perfkit.ingest.envelopes.rows import coded
from perfkit.ingest.envelopes.text import read_lines, slices

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ENVELOPE", "heroku_header", "with_router"]

_STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00"
_LINE = re.compile(
    rb"(?:\x1b\[[0-9;]{0,20}m)?"
    + _STAMP
    + rb" ([\w-]{1,100})\[([\w.-]{1,100})\]:(?:\x1b\[0?m)?(?: |$)"
)
_COLOURED = re.compile(rb"^\x1b\[[0-9;]{0,20}m([^\x1b\n]{1,300}\]:)\x1b\[0?m", re.MULTILINE)
_SOURCE = re.compile(rb"([\w-]{1,100})\[([\w.-]{1,100})\]:")
_ROUTER = "heroku[router]"


def recognises(head: bytes) -> Recognition:
    """Recognise a time in UTC with ``+00:00`` and a source such as ``app[web.1]:``."""
    sure = 0.97 if share_of_lines(head, _LINE) > 0.8 else 0.0  # noqa: PLR2004 - a few broken lines
    return Recognition(confidence=sure, reason="lines of heroku logs")


def unwrap(data: bytes, carry: pg_parts.Held | None) -> Unwrapped:
    """Take time and source off."""
    if b"\x1b[" in data:
        data = _COLOURED.sub(rb"\1", data)
    lines = read_lines(data)
    first = lines.space(lines.start)
    second = lines.space(first + 1)
    at = from_iso(slices(data, lines.start, first))
    code, values = coded(slices(data, np.minimum(first + 1, lines.end), second))
    headers = [_header(value) for value in values]
    valid = np.array([header is not None for header in headers], np.bool_)[code] & (at != NO_TIME)
    content = np.minimum(second + 1, lines.end)
    known = [header or Header("", b"", 0, postgres=False) for header in headers]
    good = np.flatnonzero(valid)
    message = with_router(
        slices(data, content[good], lines.end[good]),
        slices(data, lines.start[good], first[good]),
        [header.stream for header in known],
        code[good],
    )
    found = Found(at=at, code=code, content=content, valid=valid)
    passes = np.zeros(0, np.int64)
    return with_messages(lines, found, known, carry, message=message, passes=passes)


def heroku_header(program: str, process: str, key: bytes) -> Header:
    """Name the stream of a source; ``app[postgres.123]`` is process 123 of PostgreSQL."""
    kind, _, number = process.partition(".")
    if kind == "postgres":
        return Header.of(f"{program}[postgres]", "postgres", number, key)
    return Header.of(f"{program}[{process}]", program, "", key)


def with_router(message: pa.Array, stamp: pa.Array, streams: Sequence[str], code: Ints) -> pa.Array:
    """Put time and source back before the messages of the router."""
    router = np.array([stream == _ROUTER for stream in streams], np.bool_)[code]
    if not router.any():
        return message
    mask = pa.array(router)
    source = pa.scalar(f" {_ROUTER}: ".encode(), pa.large_binary())
    nothing = pa.scalar(b"", pa.large_binary())
    lines = pc.binary_join_element_wise(stamp.filter(mask), source, message.filter(mask), nothing)
    return pc.replace_with_mask(message, mask, lines)


def _header(value: bytes) -> Header | None:
    match = _SOURCE.fullmatch(value)
    if match is None:
        return None
    return heroku_header(
        match[1].decode("utf-8", "replace"), match[2].decode("utf-8", "replace"), value
    )


ENVELOPE = Envelope(
    name="heroku",
    title="heroku logs",
    recognises=recognises,
    cut=cut_at_line,
    unwrap=unwrap,
    finish=pg_parts.finish,
    once=True,  # the router's lines keep their beginning
)
