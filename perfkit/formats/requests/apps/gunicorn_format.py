"""gunicorn's notation for access logs: ``%(h)s %(t)s "%(r)s" %(s)s %(b)s %(D)s``.

``access_log_format`` in gunicorn's documentation of settings: ``%(D)s`` are microseconds,
``%(M)s`` milliseconds, ``%(L)s`` seconds with decimals and ``%(T)s`` whole seconds to serve the
request, ``%(t)s`` is the time when the line was written, in brackets; ``%({name}i)s`` is a header
of the request, ``o`` of the response, ``e`` a variable of the environment. What has no value is a
dash.
"""

from __future__ import annotations

import re
from dataclasses import replace

from perfkit.formats.requests.access.dialect import Dialect, Part
from perfkit.formats.requests.access.template import Field

__all__ = ["DIALECT"]

_TOKEN = re.compile(r"%\((?P<atom>\{(?P<name>[^}]*)\}(?P<of>[ioe])|[A-Za-z])\)s")
_ROLES = {
    "h": ("client", ""),
    "r": ("request", ""),
    "m": ("method", ""),
    "U": ("path", ""),
    "q": ("query", ""),
    "s": ("status", ""),
    "b": ("response_bytes", ""),
    "B": ("response_bytes", ""),
    "D": ("duration", "us"),
    "M": ("duration", "ms"),
    "L": ("duration", "s"),
    "T": ("duration", "s"),
}
#: What has no column: user, protocol, referrer, user agent, process.
_UNREAD = frozenset("luHfap")
_HEADERS = {
    "host": ("service", ""),
    "x-forwarded-for": ("client", "forwarded"),
    "x-real-ip": ("client", ""),
    "x-request-id": ("request_id", ""),
    "x-correlation-id": ("request_id", ""),
    "traceparent": ("trace_id", "traceparent"),
    "x-amzn-trace-id": ("trace_id", "xray"),
    "x-cache": ("cache_status", ""),
}
_WHOLE_SECONDS = "%(T)s"


def _meaning(found: re.Match[str]) -> tuple[Part, ...] | None:
    atom = found["atom"]
    if atom == "t":
        return "[", Field(role="time", unit="clf", name=found[0]), "]"
    if found["name"] is not None:
        role, unit = _HEADERS.get(found["name"].lower(), ("", ""))
    elif atom in _ROLES or atom in _UNREAD:
        role, unit = _ROLES.get(atom, ("", ""))
    else:
        return None
    return (Field(role=role, unit=unit, several=unit == "forwarded", name=found[0]),)


def _joined(parts: list[Part]) -> list[Part]:
    """Leave whole seconds unread where the line also has finer ones."""
    durations = [part for part in parts if isinstance(part, Field) and part.role == "duration"]
    if len(durations) < 2:  # noqa: PLR2004 - nothing to choose from
        return parts
    return [
        replace(part, role="", unit="")
        if isinstance(part, Field) and part.name == _WHOLE_SECONDS
        else part
        for part in parts
    ]


def _belongs(text: str) -> bool:
    return _TOKEN.search(text) is not None


DIALECT = Dialect(
    name="gunicorn access_log_format",
    token=_TOKEN,
    meaning=_meaning,
    belongs=_belongs,
    joined=_joined,
)
