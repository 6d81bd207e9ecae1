"""morgan's notation for access logs: ``:method :url :status :response-time ms``.

github.com/expressjs/morgan, "Tokens": ``:response-time`` are milliseconds until the head of the
response was written, ``:total-time`` until it had ended, ``:date[iso|clf|web]`` is when the line
was written; ``:req[name]`` and ``:res[name]`` are headers. Tokens that an application defines
itself (``morgan.token("id", ...)``) are not read, unless their name says what they are. The
predefined formats may be given by name: combined, common, dev, short, tiny.
"""

from __future__ import annotations

import re
from dataclasses import replace

from perfkit.formats.requests.access.dialect import Dialect, Part
from perfkit.formats.requests.access.template import Field

__all__ = ["DIALECT"]

#: As morgan's own compiler finds them.
_TOKEN = re.compile(r":(?P<name>[-\w]{2,})(?:\[(?P<argument>[^\]]+)\])?")
_COMMON = (
    ':remote-addr - :remote-user [:date[clf]] ":method :url HTTP/:http-version" '
    ":status :res[content-length]"
)
_PREDEFINED = {
    "combined": f'{_COMMON} ":referrer" ":user-agent"',
    "common": _COMMON,
    "dev": ":method :url :status :response-time ms - :res[content-length]",
    "short": ":remote-addr :remote-user :method :url HTTP/:http-version :status "
    ":res[content-length] - :response-time ms",
    "tiny": ":method :url :status :res[content-length] - :response-time ms",
}
_ROLES = {
    "method": ("method", ""),
    "url": ("path", ""),
    "status": ("status", ""),
    "remote-addr": ("client", ""),
    "response-time": ("duration", "ms"),
    "total-time": ("duration", "ms"),
    "id": ("request_id", ""),
    "reqid": ("request_id", ""),
    "req-id": ("request_id", ""),
    "request-id": ("request_id", ""),
}
#: Tokens that say: this is morgan's notation.
_OWN = {*_ROLES, "date", "http-version", "remote-user", "referrer", "user-agent", "req", "res"}
_TIMES = {"iso": "iso", "clf": "clf", None: "%a, %d %b %Y %H:%M:%S GMT"}
_HEADERS = {
    "content-length": ("response_bytes", ""),
    "host": ("service", ""),
    "x-forwarded-for": ("client", "forwarded"),
    "x-real-ip": ("client", ""),
    "x-request-id": ("request_id", ""),
    "x-correlation-id": ("request_id", ""),
    "traceparent": ("trace_id", "traceparent"),
    "x-cache": ("cache_status", ""),
}
_TOTAL = ":total-time"


def _meaning(found: re.Match[str]) -> tuple[Part, ...]:
    name, argument = found["name"], found["argument"]
    role, unit = _ROLES.get(name, ("", ""))
    if name == "date":
        role, unit = "time", _TIMES.get(argument, _TIMES[None])
    elif name in {"req", "res"} and argument:
        role, unit = _HEADERS.get(argument.lower(), ("", ""))
        if name == "req" and role == "response_bytes":
            role = ""  # what the client sent
    return (Field(role=role, unit=unit, several=unit == "forwarded", name=found[0]),)


def _joined(parts: list[Part]) -> list[Part]:
    """Leave the total time unread where the line also has the response time."""
    durations = [part for part in parts if isinstance(part, Field) and part.role == "duration"]
    if len(durations) < 2:  # noqa: PLR2004 - nothing to choose from
        return parts
    return [
        replace(part, role="", unit="")
        if isinstance(part, Field) and part.name.startswith(_TOTAL)
        else part
        for part in parts
    ]


def _belongs(text: str) -> bool:
    return text in _PREDEFINED or any(found["name"] in _OWN for found in _TOKEN.finditer(text))


def _unwrapped(text: str) -> str:
    return _PREDEFINED.get(text, text)


DIALECT = Dialect(
    name="morgan",
    token=_TOKEN,
    meaning=_meaning,
    belongs=_belongs,
    unwrapped=_unwrapped,
    joined=_joined,
)
