"""Where a call goes: peers and URLs, never with a password in them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["Url", "peer", "split"]

#: The scheme of JDBC's URLs has two parts: ``jdbc:postgresql://db:5432/shop``.
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:){0,3}//([^/?#]*)([^?#]*)")
#: User and password before a host without a scheme.
_LOGIN = re.compile(r"[^/?#@:\s]*:[^/?#\s]*@")
#: An address of IPv6 has at least two colons.
_COLONS_OF_IPV6 = 2


class Url(NamedTuple):
    """A URL without user and password, its ``host:port`` and its path (None: it has none)."""

    text: str
    authority: str | None
    path: str | None


def split(url: str) -> Url:
    """Take a URL apart, or what is left of one: a path, a host.

    Example:
        >>> split("http://user:secret@api:8080/x?y=1")
        Url(text='http://api:8080/x?y=1', authority='api:8080', path='/x')
    """
    found = _URL.match(url)
    if not found:
        login = _LOGIN.match(url)
        url = url[login.end() :] if login else url
        path = url.partition("#")[0].partition("?")[0]
        return Url(url, None, path if path[:1] == "/" else None)
    host, path = found[1], found[2]
    if "@" in host:
        host = host.rpartition("@")[2]
        url = url[: found.start(1)] + host + url[found.end(1) :]
    if ("[" in host) != ("]" in host):
        host = ""
    return Url(url, host or None, path or None)


def peer(found: dict[str, Any], authority: str | None) -> str | None:
    """Return who was called: a name with its port, else a service, else an address."""
    host = found.get("host")
    if host:
        return _with_port(host, found.get("port"))
    named = authority or found.get("peer_service")
    if named:
        return str(named)
    address = found.get("address")
    if address:
        return _with_port(address, found.get("address_port", found.get("port")))
    return found.get("own_host")


@lru_cache(maxsize=4096)
def _with_port(host: str, port: int | None) -> str | None:
    """Return ``host:port``; the port is left out when it is unknown or already there."""
    host = split(host).authority or host.rpartition("@")[2]
    if not port or not host:
        return host or None
    if host.count(":") >= _COLONS_OF_IPV6 and not host.startswith("["):
        return f"[{host}]:{port}"
    return host if ":" in host.rpartition("]")[2] else f"{host}:{port}"
