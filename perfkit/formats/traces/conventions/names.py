"""The names of attributes, by what they mean; of several names the one listed first wins.

Sources: open-telemetry/semantic-conventions (model/**/registry*.yaml with its deprecated names,
docs/non-normative/{db,http,rpc,messaging}-migration.md), opentracing/specification
(semantic_conventions.md), DataDog/dd-trace-py (ddtrace/ext) and dd-trace-dotnet (Tags.cs),
openzipkin/brave (instrumentation/*/README.md), elastic/apm (specs/agents), getsentry/sentry-docs
(span-data-conventions), Spring Framework's and datasource-micrometer's reference, Envoy's tags.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

__all__ = ["IMPLIED_SYSTEMS", "Place", "place"]

_NAMES: dict[str, tuple[str, ...]] = {
    "system": ("db.system.name", "db.system", "db.type", "span.db.type"),
    "statement": (
        "db.query.text",
        "db.statement",
        "sql.query",
        "redis.raw_command",
        "mongodb.query",
        "cassandra.query",
        "memcached.query",
        "jdbc.query[0]",
        "db.query",
    ),
    "operation": ("db.operation.name", "db.operation", "mongodb.command"),
    "collection": (
        "db.collection.name",
        "db.mongodb.collection",
        "mongodb.collection",
        "db.sql.table",
        "db.cassandra.table",
        "db.cosmosdb.container",
    ),
    "database": (
        "db.namespace",
        "db.name",
        "db.instance",
        "sql.db",
        "mongodb.db",
        "cassandra.keyspace",
        "db.redis.database_index",
        "out.redis_db",
        "out.db",
        "db.elasticsearch.cluster.name",
    ),
    "user": ("db.user", "db.user.name"),
    "parameters": ("db.statement.parameters", "jdbc.params[0]"),
    "rows": (
        "db.response.returned_rows",
        "db.row_count",
        "db.rowcount",
        "sql.rows",
        "mongodb.rows",
        "cassandra.row_count",
        "jdbc.row-count",
    ),
    "method": ("http.request.method", "http.method", "request.method"),
    "other_method": ("http.request.method_original",),
    "http_status": (
        "http.response.status_code",
        "http.status_code",
        "response.status_code",
        "http.statusCode",
    ),
    "rpc_status": (
        "rpc.response.status_code",
        "rpc.grpc.status_code",
        "rpc.connect_rpc.error_code",
        "rpc.jsonrpc.error_code",
        "grpc.status.code",
        "grpc.status_code",
        "grpc.code",
    ),
    "route": (
        "http.route",
        "url.template",
        "aspnet_core.route",
        "aspnet.route",
        "next.route",
        "http.endpoint",
    ),
    "url": ("url.full", "http.url", "request.url.full", "url.original", "elasticsearch.url"),
    "path": ("url.path", "http.path", "request.url.pathname", "http.url_details.path"),
    "query": ("url.query", "http.query", "http.query.string"),
    "target": ("http.target",),
    "host": (
        "server.address",
        "net.peer.name",
        "out.host",
        "network.destination.name",
        "peer.hostname",
        "net.sock.peer.name",
        "destination.address",
        "peer.address",
        "messaging.kafka.bootstrap.servers",
    ),
    "port": (
        "server.port",
        "net.peer.port",
        "network.destination.port",
        "out.port",
        "peer.port",
        "destination.port",
    ),
    "address": (
        "network.peer.address",
        "net.sock.peer.addr",
        "net.peer.ip",
        "network.destination.ip",
        "peer.ipv4",
        "peer.ipv6",
    ),
    "address_port": ("network.peer.port", "net.sock.peer.port"),
    "peer_service": (
        "service.peer.name",
        "peer.service",
        "destination.service.resource",
        "service.target.name",
    ),
    "own_host": ("http.host",),
    "client": (
        "client.address",
        "http.client_ip",
        "network.client.ip",
        "client.ip",
        "request.socket.remote_address",
    ),
    "size": (
        "http.response.body.size",
        "http.response_content_length",
        "http.response.size",
        "http.response.header.content-length",
        "http.response.headers.content-length",
        "response.transfer_size",
        "http.response.transfer_size",
        "http.response_transfer_size",
        "response_size",
    ),
    "request_id": (
        "http.request.header.x-request-id",
        "http.request.header.x_request_id",
        "http.request.headers.x-request-id",
        "guid:x-request-id",
        "request_id",
        "http.request_id",
        "request.id",
    ),
    "error": (
        "error.type",
        "exception.type",
        "error.kind",
        "error.class",
        "error.message",
        "error.msg",
        "exception.message",
        "error",
    ),
    "rpc_system": ("rpc.system.name", "rpc.system"),
    "rpc_service": ("rpc.service",),
    "rpc_method": ("rpc.method", "rpc.grpc.full_method", "grpc.method.path"),
    "aws_service": ("aws.service", "aws_service"),
    "aws_operation": ("aws.operation",),
    "destination": (
        "messaging.destination.template",
        "messaging.destination.name",
        "messaging.destination",
        "messaging.source.name",
        "message_bus.destination",
        "kafka.topic",
        "rabbit.queue",
        "rabbit.exchange",
        "amqp.queue",
        "amqp.exchange",
        "jms.queue",
        "jms.topic",
        "msmq.queue.path",
        "aws.queue.name",
        "aws.topic.name",
        "queuename",
        "topicname",
    ),
    "messaging": ("messaging.operation.type", "messaging.operation"),
    "word_method": ("method",),
    "word_status": ("status",),
    "word_uri": ("uri",),
    "word_url": ("url",),
}
#: Slots by what they are about; a span's slots tell which readers have to look at it.
DB, WEB, NET, RPC, OTHER, WORDS = (1 << bit for bit in range(6))
_ABOUT = {
    DB: "system statement operation collection database user",
    WEB: "method other_method http_status route url path query target",
    NET: "host port address address_port peer_service own_host client destination",
    RPC: "rpc_system rpc_service rpc_method rpc_status aws_service aws_operation",
    OTHER: "size request_id error parameters rows messaging",
    WORDS: "word_method word_status word_uri word_url",
}
_BITS = {slot: bit for bit, slots in _ABOUT.items() for slot in slots.split()}


class Place(NamedTuple):
    """What an attribute means: its slot, how far its name is behind the best one, ``_ABOUT``."""

    slot: str
    rank: int
    about: int


_EXACT = {
    name: Place(slot, rank, _BITS[slot])
    for slot, names in _NAMES.items()
    for rank, name in enumerate(names)
}
#: Any other name that begins so tells what kind of work a span is.
_PREFIXES = {
    "messaging.": "messaging",
    "rpc.": "rpc",
    "grpc.": "rpc",
    "http.": "http",
    "gen_ai.": "ai",
    "llm.": "ai",
    "openai.": "ai",
    "graphql.": "graphql",
    "faas.invoked_": "faas",
    "cache.": "cache",
    "file.": "file",
    "s3.": "file",
    "aws.s3.": "file",
}
#: One attribute per parameter of a statement; the rest of the name is the parameter's.
_PARAMETERS = ("db.query.parameter.", "db.operation.parameter.")
#: What exports put before the name that an instrumentation gave.
_WRAPPERS = ("context.", "span.", "meta.", "data.", "attributes.", "tags.")
#: Ranks behind every listed name.
HINT, PARAMETER = 98, 99
#: Names that only one system's instrumentations give.
IMPLIED_SYSTEMS = {
    _EXACT[name][:2]: system
    for system, names in {
        "redis": "redis.raw_command out.redis_db db.redis.database_index",
        "mongodb": """mongodb.query mongodb.command mongodb.collection mongodb.db
            db.mongodb.collection""",
        "cassandra": "cassandra.query cassandra.keyspace db.cassandra.table",
        "memcached": "memcached.query",
        "elasticsearch": "db.elasticsearch.cluster.name",
    }.items()
    for name in names.split()
}


@lru_cache(maxsize=16384)
def place(name: str) -> Place | None:
    """Return what an attribute means; None: nothing that a column needs.

    The slot of a parameter of a statement is the parameter's name, its rank ``PARAMETER``.

    Example:
        >>> place("http.url").slot, place("context.db.statement").slot, place("team")
        ('url', 'statement', None)
    """
    found = _EXACT.get(name)
    if found:
        return found
    for prefix in _PARAMETERS:
        if name.startswith(prefix):
            return Place(name.removeprefix(prefix), PARAMETER, OTHER)
    bare = next((name.removeprefix(w) for w in _WRAPPERS if name.startswith(w)), name)
    if bare in _EXACT:
        return _EXACT[bare]
    hint = next((hint for prefix, hint in _PREFIXES.items() if bare.startswith(prefix)), None)
    return Place(hint, HINT, OTHER) if hint else None
