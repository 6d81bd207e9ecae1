r"""HAProxy's HTTP log (``option httplog``), and its HTTPS log (``option httpslog``).

``10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ----
1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"``: the time is local, without zone, and when
the request began. The five times are ms, -1 where it never came to that: TR (to get the request),
Tw (in queues), Tc (to connect), Tr (until the server's response headers) and Ta, the whole. With
``option logasap`` that ends at the headers, has a ``+`` in front, and a note says so. Of the
termination state the first two signs are the error, such as ``sH``: the server timed out before
its headers came; not where the client was it (``C``, ``c``) or HAProxy refused a request (``P``
with a status of 400 to 499). A request line has ``#22`` for a quote, and no end where the line was
too long.

Lines of ``option tcplog``, and those of starts and stops, are irrelevant.

Checked: configuration manual 2.6, sections 8.2.3, 8.2.4, 8.4, 8.5 and 8.6; lines of HAProxy 2.6.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.requests.access.numbers import decimals, integers
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.access.template import Field, Template
from perfkit.formats.requests.cloud.proxy_lines import (
    in_front,
    place_of,
    recognised,
    rejecting,
    without_port,
)
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.access.fields import Fields

__all__ = ["FORMAT"]

_BEGINS = re.compile(
    rb"\S+:\d+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] \S+ \S+/\S+ "
    rb"-?\d+/-?\d+/-?\d+/-?\d+/"
)
_LINE = re.compile(
    _BEGINS.pattern + rb'\+?\d+ -?\d+ \+?\d+ .* [A-Za-z-]{4} (?:\d+/){4}\+?\d+ \d+/\d+ [^"]*"'
)
_FIRST_BYTE = Note(
    kind="first_byte",
    message="HAProxy logged requests when their response headers had come (option logasap): their"
    " durations, with a + in front, and sizes are without the body",
)
_ESCAPE = re.compile(r"#([0-9A-F]{2})")
_FIELDS = (
    Field(role="client", name="client_ip:client_port"),
    Field(role="start", unit="%d/%b/%Y:%H:%M:%S", name="request_date"),
    Field(name="its milliseconds"),
    Field(name="frontend_name"),
    Field(role="service", name="backend_name"),
    Field(name="server_name"),
    Field(name="TR"),
    Field(name="Tw"),
    Field(name="Tc"),
    Field(role="upstream", unit="ms", name="Tr"),
    Field(name="Ta"),
    Field(role="status", name="status_code"),
    Field(name="bytes_read"),
    Field(name="captured_request_cookie"),
    Field(name="captured_response_cookie"),
    Field(role="error", name="termination_state"),
    Field(name="connections, queues and captured headers"),
    Field(role="request", name="http_request"),
)
_LITERALS = ("", " [", ".", "] ", " ", "/", " ", *"////", *"      ", ' "')
#: The line was longer than ``log ... len`` (1024 bytes): its end, and the quote, are not there.
_CUT = Template(
    fields=_FIELDS, literals=(*_LITERALS, ""), title="HAProxy log", strict=False, escaped=False
)
_LAYOUT = replace(
    _CUT,
    fields=(*_FIELDS, Field(name="what follows the request")),
    literals=(*_LITERALS, '"', ""),
    otherwise=_CUT,
)


def recognises(head: bytes) -> Recognition:
    """Recognise a time in brackets, five times between slashes, and a termination state."""
    return recognised(head, _LINE, "of HAProxy")


def parse(chunk: Chunk) -> Parsed:
    """Parse requests."""
    found = rejecting(parse_template(_LAYOUT, chunk, adapt=_adapted), chunk.data, _BEGINS)
    some = b"/+" in chunk.data and "requests" in found.tables
    early = some and _has_early(found.tables["requests"])
    return replace(found, notes=(*found.notes, _FIRST_BYTE)) if early else found


def _has_early(rows: pa.Table) -> bool:
    raw = rows["attributes"].cast(pa.string())
    return bool(
        pc.any(pc.match_substring_regex(raw, r"^\S+ \[[^\]]*\] \S+ \S+ [0-9/-]+/\+")).as_py()
    )


def _adapted(fields: Fields, found: dict[str, Any]) -> dict[str, Any]:
    """Read what has a ``+``, the milliseconds of the time, and undo the escapes."""
    ms = _unsigned(fields, "Ta")
    fraction = integers(fields.text, *fields.edges(place_of(fields, "its milliseconds")))
    sizes = integers(fields.text, *_behind_plus(fields, "bytes_read"))
    fields.broken |= ~fraction.valid | np.asarray(pc.is_null(ms))
    started = pc.add(found["started_at"].cast(pa.int64()), pa.array(fraction.value * 1_000_000))
    state = pc.utf8_slice_codeunits(found["error"], 0, 2)
    refused = pc.and_(pc.greater_equal(found["status"], 400), pc.less(found["status"], 500))
    refused = pc.fill_null(pc.and_(refused, pc.starts_with(state, "P")), False)  # noqa: FBT003 - the value to fill in
    normal = pc.or_(pc.match_substring_regex(state, "^[-LCc]"), refused)
    return found | {
        "client": without_port(found["client"]),
        "duration_ms": ms,
        "response_bytes": pa.array(sizes.value, mask=~sizes.valid),
        "started_at": started.cast(pa.timestamp("ns", "UTC")),
        "error": pc.if_else(normal, pa.scalar(None, pa.string()), state),
        "path": in_front(_unescaped(found["path"])),
    }


def _unsigned(fields: Fields, name: str) -> pa.Array:
    found = decimals(fields.text, *_behind_plus(fields, name))
    return pa.array(found.value, mask=~found.valid)


def _behind_plus(fields: Fields, name: str) -> tuple[Ints, Ints]:
    begin, end = fields.edges(place_of(fields, name))
    return begin + (fields.text.view[begin] == ord("+")), end


def _unescaped(paths: pa.Array) -> pa.Array:
    escaped = pc.fill_null(pc.match_substring(paths, "#"), fill_value=False)
    if not pc.any(escaped).as_py():
        return paths
    plain = [_plain(path) for path in paths.filter(escaped).to_pylist()]
    return pc.replace_with_mask(paths, escaped, pa.array(plain, pa.string()))


def _plain(path: str) -> str:
    raw = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), path)
    try:
        return raw.encode("latin-1").decode()
    except UnicodeError:
        return raw


FORMAT = Format(
    name="haproxy",
    title="HAProxy HTTP log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
