"""nginx's notation for log formats: ``$remote_addr - $remote_user [$time_local] "$request"``.

Also as the whole directive (``log_format main '...' '...';``, with ``escape=``), as a format of
JSON, and with the variables of ingress-nginx and OpenResty. What nginx documents:
``$time_local``, ``$time_iso8601`` and ``$msec`` are when the line is written, after the last byte
was sent;
``$request_time`` is seconds with milliseconds from the first byte read to that moment. The
upstream module's times list every server that was tried: ``0.1, 0.2 : 0.3``. Variables that
nobody knows (a ``map``) are there and not read.
"""

from __future__ import annotations

import re

from perfkit.formats.requests.access.dialect import Dialect, Part
from perfkit.formats.requests.access.template import Field

__all__ = ["DIALECT"]

_CLIENTS = "remote_addr proxy_protocol_addr realip_remote_addr the_real_ip http_x_real_ip"
_FORWARDED = "http_x_forwarded_for proxy_add_x_forwarded_for"
_SERVICES = "server_name host http_host vhost"
_REQUEST_IDS = "request_id req_id http_x_request_id sent_http_x_request_id http_x_correlation_id"
_TRACE_IDS = "opentelemetry_trace_id otel_trace_id datadog_trace_id http_x_b3_traceid trace_id"
_ROLES: dict[str, tuple[str, str]] = {
    "time_local": ("time", "clf"),
    "time_iso8601": ("time", "iso"),
    "msec": ("time", "s"),
    "request": ("request", ""),
    "request_method": ("method", ""),
    "request_uri": ("path", ""),
    "uri": ("path", ""),
    "document_uri": ("path", ""),
    "is_args": ("query", ""),
    "args": ("query", ""),
    "query_string": ("query", ""),
    "status": ("status", ""),
    "body_bytes_sent": ("response_bytes", ""),
    "bytes_sent": ("response_bytes", ""),
    "request_time": ("duration", "s"),
    "upstream_response_time": ("upstream", "s"),
    "upstream_cache_status": ("cache_status", ""),
    "http_traceparent": ("trace_id", "traceparent"),
    "opentelemetry_context_traceparent": ("trace_id", "traceparent"),
    **dict.fromkeys(_CLIENTS.split(), ("client", "")),
    **dict.fromkeys(_FORWARDED.split(), ("client", "forwarded")),
    **dict.fromkeys(_SERVICES.split(), ("service", "")),
    **dict.fromkeys(_REQUEST_IDS.split(), ("request_id", "")),
    **dict.fromkeys(_TRACE_IDS.split(), ("trace_id", "")),
}
#: Lists of several values.
_SEVERAL = re.compile(r"upstream_(?!cache_|http_|cookie_|trailer_)|.*forwarded_for")
_TOKEN = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<plain>\w+))")
_DIRECTIVE = re.compile(
    r"\s*log_format\s+(?P<name>\S+)\s+(?:escape=(?P<escape>\w+)\s+)?(?P<pieces>.*?);?\s*\Z",
    re.DOTALL,
)
_PIECE = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([^\s;'\"]+))", re.DOTALL)


def _unwrapped(text: str) -> str:
    """Return the format string of a ``log_format`` directive; any other text as it is."""
    directive = _DIRECTIVE.match(text)
    if not directive:
        return text
    pieces = (one or two or bare for one, two, bare in _PIECE.findall(directive["pieces"]))
    return "".join(re.sub(r"\\(['\"\\])", r"\1", piece) for piece in pieces)


def _meaning(found: re.Match[str]) -> tuple[Part, ...]:
    name = found["braced"] or found["plain"]
    role, unit = _ROLES.get(name, ("", ""))
    several = _SEVERAL.match(name) is not None
    return (Field(role=role, unit=unit, several=several, name=found[0]),)


def _belongs(text: str) -> bool:
    return _TOKEN.search(text) is not None


DIALECT = Dialect(
    name="nginx log_format",
    token=_TOKEN,
    meaning=_meaning,
    belongs=_belongs,
    unwrapped=_unwrapped,
)
