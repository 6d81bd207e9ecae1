"""OpenTelemetry's semantic conventions, old and new spellings -> what the tables need.

Where a span carries both (``OTEL_SEMCONV_STABILITY_OPT_IN=.../dup``) the new one wins.
Source: docs/non-normative/{db,http}-migration.md of open-telemetry/semantic-conventions.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Facts", "category", "facts", "service"]

_SYSTEM = ("db.system.name", "db.system")
_STATEMENT = ("db.query.text", "db.statement")
_DATABASE = ("db.namespace", "db.name")
_METHOD = ("http.request.method", "http.method")
_STATUS = ("http.response.status_code", "http.status_code", "rpc.grpc.status_code")
_ROUTE = ("http.route", "url.template")
_URL = ("url.full", "http.url")
_PEER = ("server.address", "net.peer.name", "net.sock.peer.name", "network.peer.address")
_PEER_PORT = ("server.port", "net.peer.port", "net.sock.peer.port")
_CLIENT = ("client.address", "http.client_ip", "net.sock.peer.addr", "net.peer.ip")
_SIZE = ("http.response.body.size", "http.response_content_length")
_SYSTEMS = {"mssql": "microsoft.sql_server", "postgres": "postgresql", "oracle": "oracle.db"}
_CACHES = frozenset({"redis", "memcached", "valkey", "hazelcast", "couchbase.cache"})


class Facts(NamedTuple):
    """What a span's attributes say; None: nothing."""

    system: str | None
    statement: str | None
    database: str | None
    user: str | None
    method: str | None
    status: int | None
    route: str | None
    url: str | None
    path: str | None
    peer: str | None
    client: str | None
    response_bytes: int | None
    error: str | None
    category: str | None


def facts(attributes: Mapping[str, Any]) -> Facts:
    """Read the attributes of one span."""
    system = _text(attributes, *_SYSTEM)
    url = _text(attributes, *_URL)
    return Facts(
        system=_SYSTEMS.get(system, system) if system else None,
        statement=_text(attributes, *_STATEMENT),
        database=_text(attributes, *_DATABASE),
        user=_text(attributes, "db.user"),
        method=_text(attributes, *_METHOD),
        status=_integer(attributes, *_STATUS),
        route=_text(attributes, *_ROUTE),
        url=url or _target(attributes),
        path=_path(attributes, url),
        peer=_peer(attributes, url),
        client=_text(attributes, *_CLIENT),
        response_bytes=_integer(attributes, *_SIZE),
        error=_text(attributes, "error.type", "exception.type"),
        category=_category(attributes, system),
    )


def service(attributes: Mapping[str, Any]) -> str | None:
    """Return the name of the service that a resource describes."""
    return _text(attributes, "service.name")


def _first(attributes: Mapping[str, Any], *names: str) -> Any:
    return next((attributes[n] for n in names if attributes.get(n) not in {None, ""}), None)


def _text(attributes: Mapping[str, Any], *names: str) -> str | None:
    value = _first(attributes, *names)
    return None if value is None else str(value)


def _integer(attributes: Mapping[str, Any], *names: str) -> int | None:
    value = _first(attributes, *names)
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1 << 62 else None


def _target(attributes: Mapping[str, Any]) -> str | None:
    path, query = _text(attributes, "url.path"), _text(attributes, "url.query")
    return f"{path}?{query}" if path and query else path or _text(attributes, "http.target")


def _path(attributes: Mapping[str, Any], url: str | None) -> str | None:
    path = _text(attributes, "url.path") or (_text(attributes, "http.target") or "").split("?")[0]
    return path or (_split(url).path if url else None) or None


def _split(url: str) -> Any:
    try:
        return urlsplit(url)
    except ValueError:  # such as an unclosed bracket around an IPv6 address
        return urlsplit("")


def _peer(attributes: Mapping[str, Any], url: str | None) -> str | None:
    host, port = _text(attributes, *_PEER), _integer(attributes, *_PEER_PORT)
    if host:
        return f"{host}:{port}" if port else host
    return (_split(url).netloc.rpartition("@")[2] if url else "") or _text(
        attributes, "peer.service"
    )


def _category(attributes: Mapping[str, Any], system: str | None) -> str | None:
    if system:
        return "cache" if system in _CACHES else "db"
    for prefix, name in (("messaging.", "queue"), ("http.", "http"), ("rpc.", "rpc")):
        if any(key.startswith(prefix) for key in attributes):
            return name
    return "http" if "url.full" in attributes or "url.path" in attributes else None


#: Span names as instrumentations give them, for what no convention covers.
_BY_NAME = (
    ("pool", r"\bpool\b|pool[._-]|acquire|checkout connection|getconnection|^(?:pg\.)?connect$"),
    ("serialize", r"seriali[sz]|\bto_?json\b|\bjson\b|marshal|\bencode\b"),
    ("template", r"template|\brender|jinja|\bview\b"),
    ("cache", r"\bcache\b|\bredis\b|memcache"),
    ("queue", r"\bqueue\b|\bpublish\b|\benqueue\b|celery|kafka"),
    ("file", r"\bfile\b|\bs3\b|\bfs\."),
    ("http", r"\bhttp (?:send|receive)$"),
)
_NAMES = [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _BY_NAME]


@lru_cache(maxsize=8192)
def category(
    by_attributes: str | None, name: str, kind: str | None, *, statement: bool = False
) -> str:
    """Return what a span spends its time on.

    Own code of a service that serves a request is ``app``; ``http`` is a call to another.
    A database span named ``connect`` waits for a connection.
    """
    serves = kind == "server"
    if by_attributes in {"http", "rpc"} and serves:
        return "app"
    if not by_attributes:
        return _by_name(name) or ("app" if serves else "other")
    waits = by_attributes == "db" and not statement and _by_name(name) == "pool"
    return "pool" if waits else by_attributes


def _by_name(name: str) -> str | None:
    return next((label for label, pattern in _NAMES if pattern.search(name)), None)
