"""uWSGI's notation for access logs: ``%(addr) [%(ltime)] "%(method) %(uri) %(proto)" %(status)``.

uWSGI's documentation, "Formatting uWSGI requests logs": ``%(micros)`` and ``%(msecs)`` are how long
it took, ``%(time)`` and ``%(ctime)`` when the request began, ``%(ltime)`` is that as Apache
writes it, ``%(epoch)`` the time when the line was written.
"""

from __future__ import annotations

import re

from perfkit.formats.requests.access.dialect import Dialect, Part
from perfkit.formats.requests.access.template import Field

__all__ = ["DIALECT"]

_TOKEN = re.compile(r"%\((?P<name>[A-Za-z_][\w.]*)\)")
_ROLES = {
    "uri": ("path", ""),
    "method": ("method", ""),
    "addr": ("client", ""),
    "host": ("service", ""),
    "status": ("status", ""),
    "micros": ("duration", "us"),
    "msecs": ("duration", "ms"),
    "secs": ("duration", "s"),
    "time": ("start", "s"),
    "ctime": ("start", "%a %b %d %H:%M:%S %Y"),
    "ltime": ("start", "clf"),
    "epoch": ("time", "s"),
    "size": ("response_bytes", ""),
    "rsize": ("response_bytes", ""),
}


def _meaning(found: re.Match[str]) -> tuple[Part, ...]:
    """Return the field; variables that the application set itself are not read."""
    role, unit = _ROLES.get(found["name"], ("", ""))
    return (Field(role=role, unit=unit, name=found[0]),)


def _belongs(text: str) -> bool:
    return any(found["name"] in _ROLES for found in _TOKEN.finditer(text))


DIALECT = Dialect(
    name="uWSGI log-format",
    token=_TOKEN,
    meaning=_meaning,
    belongs=_belongs,
)
