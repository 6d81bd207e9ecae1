"""The attributes of one span -> what the tables have columns for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from perfkit.formats.traces.conventions import mongodb, systems
from perfkit.formats.traces.conventions.addresses import peer, split
from perfkit.formats.traces.conventions.names import (
    DB,
    IMPLIED_SYSTEMS,
    OTHER,
    RPC,
    WEB,
    WORDS,
)
from perfkit.formats.traces.conventions.slots import PARAMETERS, Slots, slots_of
from perfkit.formats.traces.conventions.values import text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Facts", "facts", "facts_of", "service"]

_VERBS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"}
)
#: What Micrometer puts in the place of a template, and ``error`` tags that only say that.
_NO_ROUTES = frozenset({"UNKNOWN", "NOT_FOUND", "REDIRECTION", "root", "none"})
_NO_ERRORS = frozenset({"true", "false", "1", "0", "none", "null"})
_RPC_SYSTEMS = {"apache_dubbo": "dubbo", "connect_rpc": "connectrpc"}
_AWS = "aws-api"
#: Slots that tell a category by themselves, in this order.
_HINTS = {
    "rpc_system": "rpc",
    "rpc_method": "rpc",
    "ai": "ai",
    "method": "http",
    "url": "http",
    "http_status": "http",
    "path": "http",
    "route": "http",
    "target": "http",
    "http": "http",
    "rpc": "rpc",
    "faas": "faas",
    "cache": "cache",
    "file": "file",
    "graphql": "app",
}
_DELIVERED = frozenset({"process", "deliver"})


class Facts(NamedTuple):
    """What a span's attributes say; None: nothing.

    ``url`` of a remote procedure call is ``grpc://shop.Inventory/GetItem`` (system, service,
    method), so that repeated calls are found as those of URLs are; ``peer`` of a message is its
    destination. ``status`` is HTTP's, else gRPC's code. ``parameters`` is what the
    instrumentation wrote, or a JSON object. ``rows_returned`` counts rows or documents.
    """

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
    parameters: str | None = None
    rows_returned: int | None = None
    request_id: str | None = None


_NOTHING = Facts(*(None,) * 14)
#: System, statement, database, user.
_Database = tuple[str | None, str | None, str | None, str | None]
_NO_DATABASE: _Database = (None, None, None, None)
#: Method, status, route, URL, path.
_Web = tuple[str | None, int | None, str | None, str | None, str | None]
_NO_WEB: tuple[_Web, str | None] = ((None, None, None, None, None), None)
#: Size, error, parameters, rows, request id.
_Other = tuple[int | None, str | None, str | None, int | None, str | None]
_NO_OTHER: _Other = (None, None, None, None, None)


def facts(attributes: Mapping[str, Any]) -> Facts:
    """Read the attributes of one span, whatever convention their names follow.

    Values may be of any type; those that cannot be what their name says count as unknown.

    Example:
        >>> facts({"http.request.method": "GET", "http.method": "get"}).method
        'GET'
    """
    return facts_of(slots_of(attributes))


def facts_of(slots: Slots) -> Facts:
    """Return what the slots say that a span's attributes fill."""
    found, ranks, about = slots
    if not about:
        return _NOTHING
    if about & WORDS:
        about |= _read_words(found)
    system, statement, database, user = _database(found, ranks) if about & DB else _NO_DATABASE
    web, authority = _web(found, about) if about & (WEB | RPC) else _NO_WEB
    method, status, route, url, path = web
    other = _other(found) if about & OTHER else _NO_OTHER
    size, error, parameters, rows, request_id = other
    return Facts(
        system,
        statement,
        database,
        user,
        method,
        status,
        route,
        url,
        path,
        found.get("destination") or peer(found, authority),
        found.get("client") or found.get("address"),
        size,
        error,
        _category(found, system),
        parameters,
        rows,
        request_id,
    )


def service(attributes: Mapping[str, Any]) -> str | None:
    """Return the name of the service that a resource describes."""
    return text(attributes.get("service.name")) or None


def _read_words(found: dict[str, Any]) -> int:
    """Take ``uri``, ``method`` and ``status`` (Micrometer), ``url`` (Sentry) for HTTP's."""
    method, route, url = (found.get(f"word_{word}") for word in ("method", "uri", "url"))
    is_url = url and ("://" in url or url.startswith("/"))
    if (method and method.upper() not in _VERBS) or not (route or is_url):
        return 0
    if method:
        found.setdefault("method", method)
    if is_url:
        found.setdefault("url", url)
    if route:
        found.setdefault("http_status", found.get("word_status"))
    if route and route not in _NO_ROUTES:
        found.setdefault("route", route)
    return WEB


def _database(found: dict[str, Any], ranks: dict[str, int]) -> _Database:
    named = found.get("system")
    system = systems.system_named(named) if named else _implied_system(ranks)
    statement = found.get("statement")
    if system == "mongodb":
        statement = mongodb.command(statement, found.get("operation"), found.get("collection"))
    elif not statement and system in systems.CACHES:
        statement = found.get("operation")
    return system, statement, found.get("database"), found.get("user")


def _implied_system(ranks: dict[str, int]) -> str | None:
    for slot in ("statement", "database", "collection", "operation"):
        system = IMPLIED_SYSTEMS.get((slot, ranks.get(slot, -1)))
        if system:
            return system
    return None


def _web(found: dict[str, Any], about: int) -> tuple[_Web, str | None]:
    """Return what HTTP's or RPC's columns hold, and ``host:port`` of the URL."""
    method, status = found.get("method"), found.get("http_status")
    if method == "_OTHER":
        method = found.get("other_method") or method
    route = found.get("route")
    if about & RPC:
        status = status if status is not None else found.get("rpc_status")
        call = _rpc(found)
        if call:
            return (method, status, route, call, found.get("path")), None
    raw = found.get("url") or _target(found)
    if not raw:
        return (method, status, route, None, None), None
    url = split(raw)
    return (method, status, route, url.text, found.get("path") or url.path), url.authority


def _rpc(found: dict[str, Any]) -> str | None:
    """Return ``system://service/method``."""
    service_name, method = found.get("rpc_service"), found.get("rpc_method")
    system = found.get("rpc_system")
    if not method and "aws_operation" in found:
        system, service_name, method = _AWS, found.get("aws_service"), found["aws_operation"]
    if not method or method == "_OTHER":
        return None
    full = method.lstrip("/")
    if service_name and "/" not in full:
        full = f"{service_name}/{full}"
    return f"{_RPC_SYSTEMS.get(system, system) if system else 'rpc'}://{full}"


def _target(found: dict[str, Any]) -> str | None:
    path, query = found.get("path"), found.get("query")
    return f"{path}?{query.lstrip('?')}" if path and query else path or found.get("target")


def _other(found: dict[str, Any]) -> _Other:
    error, named = found.get("error"), found.get(PARAMETERS)
    if error is not None and error.lower() in _NO_ERRORS:
        error = None
    parameters = found.get("parameters")
    if named and not parameters:
        parameters = msgspec.json.encode(named).decode("utf-8", "replace")
    size, rows = _count(found.get("size")), _count(found.get("rows"))
    return size, error, parameters, rows, found.get("request_id")


def _count(value: int | None) -> int | None:
    """Return a number of bytes or rows; -1 is what drivers say when they do not know."""
    return value if value is None or value >= 0 else None


def _category(found: dict[str, Any], system: str | None) -> str | None:
    """Return what the attributes say that the span does; the rest is up to names and kinds."""
    if system:
        return systems.category_of_system(system)
    if "statement" in found or "system" in found:
        return "db"
    if "destination" in found or "messaging" in found:
        return "app" if found.get("messaging") in _DELIVERED else "queue"
    if "aws_service" in found or found.get("rpc_system") == _AWS:
        return systems.category_of_aws(found.get("aws_service") or found.get("rpc_service") or "")
    for slot, label in _HINTS.items():
        if slot in found:
            return label
    return None
