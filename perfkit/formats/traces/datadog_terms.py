"""What a Datadog span says, in the words of the tables.

``resource`` is the route of a ``web`` span and the statement of a ``sql`` span; the tags
(``meta`` and ``metrics``) are read by :mod:`.conventions`. Types: SpanTypes of dd-trace-py,
DDSpanTypes of dd-trace-java, ext/app_types.go of dd-trace-go.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from perfkit.formats.traces.conventions import Facts, category_of_type, facts, system_named
from perfkit.formats.traces.conventions.values import text
from perfkit.formats.traces.datadog_ids import upper_half
from perfkit.formats.traces.datadog_objects import encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Label", "Said", "error_of", "process", "said"]

_KINDS = frozenset({"server", "client", "producer", "consumer", "internal"})
#: Types of spans that serve a request, and of those that call another process.
_SERVING = frozenset({"web", "serverless"})
_CALLING = frozenset({"http", "db", "cache"})
#: Types that are the name of a database system.
_SYSTEMS = frozenset(
    {
        "mongodb",
        "redis",
        "valkey",
        "memcached",
        "cassandra",
        "elasticsearch",
        "opensearch",
        "aerospike",
    }
)
#: Systems that an operation's name begins with: ``postgres.query``, ``mysql2.query``.
_BY_NAME = frozenset(
    """postgresql mysql mariadb sqlite oracle.db microsoft.sql_server ibm.db2 clickhouse snowflake
    redis mongodb memcached cassandra""".split()  # noqa: SIM905 - a list of words
)
_ROUTE = re.compile(r"(?:([A-Z]{3,10}) +)?(/.*|\^.*|[\w:]+(?:[.#]\w+)+.*|\*)", re.DOTALL)
#: Datadog's tags of a process -> OpenTelemetry's names, so that both meet.
_PROCESS = {
    "version": "service.version",
    "env": "deployment.environment.name",
    "_dd.hostname": "host.name",
    "host": "host.name",
    "hostname": "host.name",
    "language": "telemetry.sdk.language",
    "runtime-id": "service.instance.id",
    "process_id": "process.pid",
    "system.pid": "process.pid",
    "container_id": "container.id",
    "pod_name": "k8s.pod.name",
    "kube_namespace": "k8s.namespace.name",
    "region": "cloud.region",
    "availability-zone": "cloud.availability_zone",
    "functionname": "faas.name",
}
#: Rates with which traces, and spans without their traces, are kept (ddtrace/constants.py).
_RATES = ("_dd.rule_psr", "_dd.agent_psr", "_dd.limit_psr")
_SINGLE = "_dd.span_sampling.mechanism"
_ERRORS = ("error.message", "error.msg", "error.type")


class Label(NamedTuple):
    """What a span is called: operation, resource, type; ``top``: its service was entered here."""

    name: str
    resource: str | None
    type: str | None
    top: bool


class Said(NamedTuple):
    """What a span says, beside its ids and times.

    ``sampled``: its trace was kept with a probability below 1; ``single``: it was kept without
    its trace; ``upper``: the upper half of its trace id.
    """

    facts: Facts
    kind: str | None
    process: str | None
    error: str | None
    sampled: bool = False
    single: bool = False
    upper: str | None = None


def said(tags: Mapping[str, Any], label: Label) -> Said:
    """Read the tags of one span."""
    kind = _kind(tags, label)
    found = facts(_added(tags, label))
    category = _category(found, label.type, kind)
    return Said(
        facts=found._replace(category=category, **_described(found, category, kind, label)),
        kind=kind,
        process=process(tags),
        error=error_of(tags),
        sampled=any(_below_one(tags.get(name)) for name in _RATES),
        single=_SINGLE in tags,
        upper=upper_half(tags.get("_dd.p.tid")),
    )


def error_of(tags: Mapping[str, Any]) -> str | None:
    """Return what went wrong; None when the tags do not say."""
    return next((text(tags[name]) for name in _ERRORS if tags.get(name)), None)


def process(tags: Mapping[str, Any]) -> str | None:
    """Return what the tags say of the process, as JSON with OpenTelemetry's names."""
    found = {_PROCESS[name]: value for name, value in tags.items() if name in _PROCESS and value}
    return encoded(found).decode("utf-8", "replace") if found else None


def _below_one(rate: Any) -> bool:
    return isinstance(rate, int | float) and 0 <= rate < 1


def _kind(tags: Mapping[str, Any], label: Label) -> str | None:
    stated = text(tags.get("span.kind"))
    if stated and stated.lower() in _KINDS:
        return stated.lower()
    kind = (label.type or "").lower()
    if kind in _SERVING and (label.top or "http.url" in tags or "http.method" in tags):
        return "server"
    return "client" if category_of_type(kind) in _CALLING else None


def _added(tags: Mapping[str, Any], label: Label) -> Mapping[str, Any]:
    """Add what only the type and the resource say of MongoDB and gRPC."""
    kind, resource = (label.type or "").lower(), label.resource or ""
    if kind == "mongodb" and "db.statement" not in tags:
        shaped = "{" in resource or "mongodb.query" not in tags
        return {"db.statement": resource, **tags} if shaped and resource != label.name else tags
    if kind == "grpc" and "rpc.system" not in tags:
        method = {"rpc.method": resource} if "/" in resource else {}
        return {"rpc.system": "grpc", **method, **tags}
    return tags


def _category(found: Facts, kind_of_span: str | None, kind: str | None) -> str | None:
    """Return the category: the type's, or what the tags know better (a queue called by HTTP)."""
    if kind == "server":
        return found.category or "http"  # that it is served is the kind's to say
    label = category_of_type(kind_of_span, kind)
    if label in {None, "http", "db"} and found.category:
        return found.category
    return label or found.category


def _described(
    found: Facts, category: str | None, kind: str | None, label: Label
) -> dict[str, Any]:
    """Return route, statement and system as resource, type and name tell them."""
    resource = label.resource or ""
    if kind == "server":
        named = resource if label.type == "serverless" else route_of(resource)
        return {"route": found.route or named or None, "peer": None}
    if category not in {"db", "cache"}:
        return {}
    stated = resource if resource != label.name and label.type not in _SEARCHES else ""
    return {
        "system": found.system or _system(label),
        "statement": found.statement or stated or None,
    }


#: Their resources are requests of HTTP, which the columns of the URL hold.
_SEARCHES = frozenset({"elasticsearch", "opensearch"})


@lru_cache(maxsize=4096)
def route_of(resource: str) -> str | None:
    """Return the route that a resource names: ``GET /orders/{id}``, ``OrdersController#index``.

    Example:
        >>> route_of("GET /orders/{id}"), route_of("GET 200")
        ('/orders/{id}', None)
    """
    found = _ROUTE.fullmatch(resource.strip())
    return found[2] if found else None


@lru_cache(maxsize=4096)
def _system(label: Label) -> str | None:
    kind = (label.type or "").lower()
    if kind in _SYSTEMS:
        return kind
    named = system_named(label.name.partition(".")[0])
    return named if named in _BY_NAME else None
