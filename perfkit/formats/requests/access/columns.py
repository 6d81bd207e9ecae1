"""The fields of log lines -> columns of the ``requests`` table.

A line is written when its response has been sent: ``started_at`` is its time less the duration,
where that is known, unless the log says itself when the request began. It is as fine as the
log's time (a second, mostly).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.requests.access.fields import Fields

__all__ = ["columns"]

_NS = pa.timestamp("ns", "UTC")
_IN_A_MS = 1e6
#: W3C Trace Context: version, trace id, parent id, flags.
_TRACEPARENT = r"^[0-9a-f]{2}-(?P<id>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}"
_HEX = r"^[0-9a-fA-F]{16,32}$"
_PORT = re.compile(r":[0-9]{1,5}\Z")


def columns(fields: Fields) -> dict[str, Any]:
    """Return every column that the fields fill."""
    ms = fields.milliseconds("duration")
    found = {
        "duration_ms": ms,
        "upstream_ms": fields.milliseconds("upstream"),
        "status": fields.integer("status"),
        "response_bytes": fields.integer("response_bytes"),
        "client": _client(fields),
        "service": _service(fields),
        "cache_status": _lower(fields.category("cache_status")),
        "trace_id": _trace_id(fields),
    }
    for role in ("request_id", "error", "route", "peer"):
        found[role] = fields.text_of(role)
    return {**found, **_target(fields), "started_at": _started(fields, ms)}


def _started(fields: Fields, ms: pa.Array) -> pa.Array:
    start, end = fields.times("start"), fields.times("time")
    if start.null_count == 0 or end.null_count == len(end):
        return start.cast(_NS)
    lasted = pc.multiply(pc.fill_null(ms, 0.0), _IN_A_MS).cast(pa.int64(), safe=False)
    return pc.coalesce(start, pc.subtract(end, lasted)).cast(_NS)


def _target(fields: Fields) -> dict[str, Any]:
    """Return method and path: from the request line, or from fields of their own."""
    method, path = fields.method(), fields.text_of("path")
    line = fields.request_line()
    if line is not None:
        whole = fields.between(line.begin, line.end, line.known)
        path = pc.coalesce(whole, path) if path.null_count < len(path) else whole
        method = line.method if method is None else method
    return {"path": path} | ({} if method is None else {"method": method})


def _client(fields: Fields) -> pa.Array:
    return _addresses(fields, "client")


def _addresses(fields: Fields, role: str) -> pa.Array:
    """Return clients or hosts, without what their unit says to leave out."""
    found = fields.category(role)
    units = {fields.template.fields[place].unit for place in fields.template.places(role)}
    if units & {"port", "forwarded"}:
        plain = [_address(value, units) for value in found.dictionary.to_pylist()]
        return _renamed(found, plain)
    return found


def _address(value: str, units: set[str]) -> str:
    if "forwarded" in units:
        value = value.split(",", 1)[0].strip()
    if "port" in units and (value.count(":") == 1 or value.startswith("[")):
        value = _PORT.sub("", value).strip("[]")
    return value


def _service(fields: Fields) -> pa.Array:
    """Return virtual hosts; ``_`` is nginx's name for none."""
    found = _addresses(fields, "service")
    return _renamed(found, [None if name == "_" else name for name in found.dictionary.to_pylist()])


def _lower(found: pa.Array) -> pa.Array:
    return _renamed(found, pc.utf8_lower(found.dictionary).to_pylist())


def _renamed(found: pa.Array, names: Sequence[str | None]) -> pa.Array:
    """Return a dictionary array with other names, of which several may be the same or none."""
    if names == found.dictionary.to_pylist():
        return found
    return pa.array(names, pa.string()).take(found.indices).dictionary_encode()


def _trace_id(fields: Fields) -> pa.Array:
    found = fields.text_of("trace_id")
    if found.null_count == len(found):
        return found
    inner = pc.extract_regex(found, _TRACEPARENT).field("id")
    plain = pc.if_else(pc.match_substring_regex(found, _HEX), pc.utf8_lower(found), found)
    padded = pc.if_else(pc.match_substring_regex(found, _HEX), pc.utf8_lpad(plain, 32, "0"), plain)
    is_parent = pc.match_substring_regex(found, _TRACEPARENT)
    return pc.if_else(is_parent, inner, padded)
