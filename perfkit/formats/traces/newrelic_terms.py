"""What New Relic's Span and Transaction events say, in the words of the tables.

NRDB keeps ``timestamp`` in milliseconds and ``duration`` in seconds; ``duration.ms`` says its
unit. Agents name a root span and its transaction alike: ``WebTransaction/Function/shop:orders``.

Checked: New Relic's data dictionary (Span, Transaction), lib/spans/span-event.js,
lib/spans/helpers.js and lib/agent.js of newrelic/node-newrelic (units, names, kinds),
newrelic/core/root_node.py of newrelic-python-agent (the entry's ``transaction.name``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from perfkit.formats.traces.conventions import Facts, category_of_type, facts
from perfkit.formats.traces.conventions.values import text
from perfkit.formats.traces.flat_process import Said, divided
from perfkit.formats.traces.flat_values import (
    Unclear,
    identifier,
    is_true,
    nanoseconds,
    parent,
    trace_identifier,
)
from perfkit.formats.traces.span_rows import Row
from perfkit.routes import path_template

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["duration", "error", "first", "heard", "is_span", "is_transaction", "route", "row"]

TRACE, SPAN, PARENT = ("trace.id", "traceId"), ("id", "guid", "span.id"), ("parent.id", "parentId")
SERVICE = ("service.name", "appName", "entity.name")
_UNITS = {"duration.ms": "ms", "duration": "s"}
_COLUMNS = frozenset({*TRACE, *SPAN, *PARENT, *SERVICE, *_UNITS, "timestamp", "name", "span.kind"})
_KINDS = frozenset({"server", "client", "producer", "consumer", "internal"})
#: New Relic's names -> those that the conventions know.
_NAMES = {
    "request.uri": "http.target",
    "response.status": "http.status_code",
    "httpResponseCode": "http.status_code",
    "response.statusCode": "http.status_code",
    "db.collection": "db.collection.name",
    "response.headers.contentLength": "http.response_content_length",
}
_PROCESS = {
    "host": "host.name",
    "hostname": "host.name",
    "containerId": "container.id",
    "agentName": "telemetry.sdk.name",
    "entity.guid": "entity.guid",
    "entityGuid": "entity.guid",
    "entity.type": "entity.type",
    "appId": "newrelic.app_id",
    "realAgentId": "newrelic.agent_id",
}
#: What tells that a row with ids and a duration is New Relic's.
_OWN = frozenset(
    {
        "nr.entryPoint",
        "nr.guid",
        "appName",
        "appId",
        "entity.guid",
        "entityGuid",
        "entity.name",
        "transactionId",
        "transaction.name",
        "realAgentId",
        "guid",
        "duration.ms",
        "trace.id",
        "parent.id",
        "newRelic.ingestPoint",
        "newrelic.source",
    }
)
_OF_TRANSACTIONS = frozenset(
    {
        "totalTime",
        "webDuration",
        "databaseCallCount",
        "databaseDuration",
        "externalCallCount",
        "externalDuration",
        "transactionType",
        "transactionSubType",
        "apdexPerfZone",
        "nr.apdexPerfZone",
    }
)
#: Names that Span events have, and Transaction events have not.
_OF_SPANS = frozenset({"category", "nr.entryPoint", "transactionId", "span.kind"})
_TRUNCATED = "Truncated/"
_WEB = re.compile(r"(?:Truncated/)?WebTransaction/([^/]+)/(.*)", re.DOTALL)
_METHOD_FIRST = re.compile(r"([A-Z]{3,7})[ /](/.*)", re.DOTALL)
_METHOD_LAST = re.compile(r"(.*) \(([A-Z]{3,7})\)", re.DOTALL)
_BACKGROUND = "OtherTransaction/"
#: Milliseconds may be rounded to whole ones.
_ROUNDED_NS = 1_000_000


def is_span(values: Mapping[str, Any]) -> bool:
    """Say whether a row's names are those of a Span event."""
    ids = any(name in values for name in TRACE) and any(name in values for name in SPAN)
    timed = "timestamp" in values and any(name in values for name in _UNITS)
    return ids and timed and not _OWN.isdisjoint(values) and not is_transaction(values)


def is_transaction(values: Mapping[str, Any]) -> bool:
    """Say whether a row is a Transaction event."""
    timed = "timestamp" in values and any(name in values for name in _UNITS)
    if not timed or "name" not in values or not _OF_SPANS.isdisjoint(values):
        return False
    name = str(values["name"]).removeprefix(_TRUNCATED)
    named = name.startswith(("WebTransaction/", _BACKGROUND))
    return named or not _OF_TRANSACTIONS.isdisjoint(values)


def first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """Return the first value of several names that there is."""
    return next((values[name] for name in names if values.get(name) not in (None, "")), None)


def duration(values: Mapping[str, Any]) -> int | None:
    """Return nanoseconds; ``duration.ms`` counts before ``duration``.

    Raises:
        Unclear: they contradict each other, or a number has a comma.
    """
    found = {
        name: nanoseconds(values[name], unit)
        for name, unit in _UNITS.items()
        if values.get(name) not in (None, "")
    }
    known = [ns for ns in found.values() if ns is not None]
    if known and max(known) - min(known) > _ROUNDED_NS + 0.01 * max(known):
        raise Unclear("its duration and duration.ms contradict each other")
    return known[0] if known else None


def heard(values: Mapping[str, Any]) -> Facts:
    """Return what the attributes say."""
    named = {_NAMES.get(name, name): value for name, value in values.items()}
    if values.get("category") == "datastore" and "component" in values:
        named.setdefault("db.system", values["component"])
    if values.get("peer.address"):  # with its port, which peer.hostname has not
        named.setdefault("server.address", values["peer.address"])
    return facts(named)


def error(values: Mapping[str, Any], known: Facts) -> str | None:
    """Return the error; one that was configured as expected is none."""
    if is_true(values.get("error.expected")):
        return None
    told = text(first(values, ("errorMessage", "errorType", "otel.status_description")))
    failed = is_true(values.get("error")) or values.get("otel.status_code") == "ERROR"
    return known.error or (told or "error" if failed else None)


def route(name: str) -> str | None:
    """Return the route in a web transaction's name; None: it is no web transaction.

    Example:
        >>> route("WebTransaction/Expressjs/GET//orders/:id"), route("WebTransaction/Go/GET /a")
        ('/orders/:id', '/a')
        >>> route("WebTransaction/Function/shop.views:orders")
        'shop.views:orders'
    """
    found = _WEB.fullmatch(name)
    if not found:
        return None
    kind, rest = found.groups()
    if kind == "Uri":
        return path_template(f"/{rest.lstrip('/')}")
    methods = _METHOD_FIRST.fullmatch(rest)
    if methods:
        return methods[2]
    last = _METHOD_LAST.fullmatch(rest)
    return f"/{last[1].lstrip('/')}" if last else rest or None


@lru_cache(maxsize=4096)
def _kind(stated: str, name: str, category: str, *, enters: bool, asked: bool) -> str | None:
    """Return a span's kind; older agents state none, and mark where a service was entered."""
    if enters and name.startswith("WebTransaction/"):
        return "server"
    if stated in _KINDS:
        return stated
    if enters:
        return "server" if asked and not name.startswith(_BACKGROUND) else None
    return "client" if category in {"http", "datastore"} else None


def row(values: Mapping[str, Any], line: int, started_ns: int | None) -> Row | str:
    """Return a row of the tables, or why there is none."""
    trace, own = trace_identifier(first(values, TRACE)), identifier(first(values, SPAN))
    if trace is None or own is None:
        return "it has no trace and span id"
    try:
        duration_ns = duration(values)
    except Unclear as unclear:
        return str(unclear)
    known, name = heard(values), text(values.get("name")) or ""
    category = text(values.get("category")) or ""
    entered = (text(values.get("transaction.name")) or name).removeprefix(_TRUNCATED)
    kind = _kind(
        (text(values.get("span.kind")) or "").lower(),
        entered,
        category,
        enters=is_true(values.get("nr.entryPoint")),
        asked=known.method is not None or known.path is not None,
    )
    if kind == "server" and not known.route:
        known = known._replace(route=route(entered))
    said: Said = divided(values, _COLUMNS, _PROCESS)
    return Row(
        trace,
        own,
        parent(first(values, PARENT)),
        text(first(values, SERVICE)),
        name,
        kind,
        started_ns,
        duration_ns,
        error(values, known),
        line,
        known,
        said.attributes,
        category=None if known.category else category_of_type(category, kind),
        resource=said.process,
    )
