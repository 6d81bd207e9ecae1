"""What Zipkin's tags, endpoints and span names say.

Checked: Brave's tags (``http.method``, ``http.path``, ``http.route``, ``sql.query``,
``cassandra.query``), its span names (``get /orders/{id}`` in lower case where the route is
known), Sleuth 1's (``http:/orders``), and Zipkin's rule that an ``error`` tag, even an empty
one, says that the span failed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from perfkit.formats.traces.conventions import Facts, facts
from perfkit.formats.traces.zipkin_model import Endpoint, endpoint
from perfkit.routes import path_template

__all__ = ["Process", "Told", "joined", "process", "told"]

_NAMED = re.compile(
    r"(?:(get|put|post|head|patch|delete|options|trace|connect) |http:)(/.*)", re.IGNORECASE
)
_WORD = re.compile(r"[a-z]+")
_KINDS = {name.upper(): name for name in ("client", "server", "producer", "consumer")}
_STATEMENTS = ("sql.query", "cassandra.query", "query")

#: What services that are called are, by the first word of the name Brave's instrumentations give
#: them (``mysql``, ``mysql-shop``, ``mongodb-cluster``): system and category.
_SYSTEMS = {
    **{name: (name, "db") for name in ("mysql", "mariadb", "postgresql", "cassandra", "mongodb")},
    **{name: (name, "db") for name in ("oracle", "elasticsearch", "dynamodb", "couchbase")},
    **{name: (name, "cache") for name in ("redis", "memcached", "valkey")},
    "postgres": ("postgresql", "db"),
    "mongo": ("mongodb", "db"),
    "sqlserver": ("microsoft.sql_server", "db"),
    "mssql": ("microsoft.sql_server", "db"),
    "memcache": ("memcached", "cache"),
    **{name: (name, "queue") for name in ("kafka", "rabbitmq", "activemq", "jms", "sqs")},
}

_tags = msgspec.json.Decoder(dict[str, Any])


class Told(NamedTuple):
    """What a span's tags, the other side's endpoint, its kind and its name say."""

    kind: str
    facts: Facts
    error: str | None
    category: str | None
    attributes: bytes


class Process(NamedTuple):
    """The service that tells of a span, and JSON of where it runs."""

    service: str | None
    resource: str | None


def told(tags: bytes, remote: bytes, kind: str | None, name: str) -> Told:
    """Return what is said; ``kind`` as Zipkin writes it, None: a span within its service."""
    of_kind = _KINDS.get(kind or "", "internal")
    said = _decoded(tags)
    found, error, category = _told(said, endpoint(remote), of_kind, name)
    return Told(of_kind, found, error, category, tags if tags[:1] == b"{" else b"{}")


def process(local: bytes) -> Process:
    """Return the process with this endpoint."""
    here = endpoint(local)
    said = {"host.ip": here.ipv4 or here.ipv6, "port": here.port}
    known = {name: value for name, value in said.items() if value}
    resource = msgspec.json.encode(known).decode() if known else None
    return Process(here.serviceName or None, resource)


def joined(one: bytes, other: bytes) -> bytes:
    """Return one JSON object with what is in both."""
    inner = filter(None, (one[1:-1].strip(), other[1:-1].strip()))
    return b"{" + b",".join(inner) + b"}"


def _told(
    tags: dict[str, Any], remote: Endpoint, kind: str, name: str
) -> tuple[Facts, str | None, str | None]:
    found = facts(tags)
    error = tags.get("error")
    other = remote.serviceName or remote.address
    if kind == "server":
        found = _served(found, name)
        found = found._replace(peer=None, client=found.client or remote.address or other)
    elif other and not (found.peer or "").startswith(f"{other}:"):  # the tags tell its port
        found = found._replace(peer=other)
    found, category = _called(found, tags, remote, kind)
    failed = "error" in tags and str(error).lower() != "false"
    return found, (str(error or "") or found.error or "error") if failed else None, category


def _served(found: Facts, name: str) -> Facts:
    """Add the route and the method that the name tells."""
    named = _NAMED.fullmatch(name)
    if named is None:  # names are in lower case, procedures are not
        called = found.url.partition("://")[2] if found.url and found.category == "rpc" else None
        return found._replace(route=found.route or called)
    return found._replace(
        method=found.method or (named[1].upper() if named[1] else None),
        route=found.route or path_template(named[2].partition("?")[0]),
    )


def _called(
    found: Facts, tags: dict[str, Any], remote: Endpoint, kind: str
) -> tuple[Facts, str | None]:
    """Add the system that is called, where its service is named after it; also the category."""
    if kind == "server":
        return found, None
    system, category = _system(remote.serviceName or "")
    queue = "queue" if kind in {"producer", "consumer"} else None
    if found.system or not category:
        return found, None if found.category else queue
    if category == "db" and not found.statement:
        statement = next((tags[key] for key in _STATEMENTS if tags.get(key)), None)
        found = found._replace(statement=str(statement) if statement else None)
    return found._replace(system=system, category=category), queue


@lru_cache(maxsize=8192)
def _system(service: str) -> tuple[str | None, str | None]:
    word = _WORD.match(service.lower())
    return _SYSTEMS.get(word[0], (None, None)) if word else (None, None)


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        return _tags.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
