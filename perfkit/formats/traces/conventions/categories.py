"""What a span spends its time on: db, cache, http, rpc, queue, file, faas, ai, pool, ..."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["category", "category_of_type"]

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
#: What a serving span's attributes describe is the request that it serves.
_SERVED = frozenset({"http", "rpc", "queue", "faas", "ai"})

#: Types of spans, or how they begin (cut at dots), by category. Datadog: SpanTypes of dd-trace-py,
#: DDSpanTypes of dd-trace-java, ext/app_types.go of dd-trace-go. Elastic: span_types.json of
#: elastic/apm. Sentry: span-operations of its developer documentation. New Relic: the attribute
#: ``category`` of Span events.
_TYPES = {
    "app": """web web.request app middleware function worker graphql request scheduled
        http.server grpc.server rpc.server websocket.server queue.task queue.process topic.process
        view.process_action event controller handler request_handler proxy""",
    "db": """db sql mongodb cassandra elasticsearch opensearch couchbase aerospike hibernate
        datanucleus leveldb dynamodb cosmosdb datastore""",
    "cache": "cache redis valkey memcached db.redis db.memcached db.valkey",
    "pool": "db.connection db.pool",
    "http": "http external resource websocket external.http",
    "rpc": "rpc grpc soap dubbo external.grpc external.dubbo",
    "queue": "queue topic messaging message",
    "file": "file storage",
    "serialize": "serialize protobuf json",
    "template": "template view",
    "faas": "serverless faas lambda function.aws function.gcp function.azure",
    "ai": "ai gen_ai llm",
}
_BY_TYPE = {name: label for label, names in _TYPES.items() for name in names.split()}


@lru_cache(maxsize=8192)
def category(
    by_attributes: str | None, name: str, kind: str | None, *, statement: bool = False
) -> str:
    """Return what a span spends its time on.

    Own code of a service that serves a request is ``app``; ``http`` is a call to another.
    A database span named ``connect`` waits for a connection.
    """
    if kind == "server" and (not by_attributes or by_attributes in _SERVED):
        return "app"
    if by_attributes == "http" and kind == "internal":
        return _by_name(name) or "app"
    if not by_attributes:
        return _by_name(name) or "other"
    waits = by_attributes == "db" and not statement and _by_name(name) == "pool"
    return "pool" if waits else by_attributes


def _by_name(name: str) -> str | None:
    return next((label for label, pattern in _NAMES if pattern.search(name)), None)


@lru_cache(maxsize=4096)
def category_of_type(kind_of_span: str | None, kind: str | None = None) -> str | None:
    """Return the category of a Datadog type, Elastic type, Sentry op or New Relic category.

    ``kind`` is the span's kind: what a server or a consumer does is its own work (``app``).
    None: the type says nothing, or is none that is known.

    Example:
        >>> category_of_type("db.postgresql.query"), category_of_type("external.http")
        ('db', 'http')
        >>> category_of_type("grpc", "server"), category_of_type("custom")
        ('app', None)
    """
    parts = (kind_of_span or "").strip().lower().split(".")
    for count in range(min(len(parts), 4), 0, -1):
        label = _BY_TYPE.get(".".join(parts[:count]))
        if label:
            serves = kind == "server" or (kind == "consumer" and label == "queue")
            return "app" if serves and label in _SERVED else label
    return None
