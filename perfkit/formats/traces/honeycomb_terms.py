"""What an event of Honeycomb says, in the words of the tables.

Spans of OpenTelemetry (with the attributes of resource and scope beside their own) and of the
Beelines that came before. ``status_code`` is OpenTelemetry's: 2 is an error.

Checked: Honeycomb's documentation (sending traces, dataset definitions), otlp/traces.go of
honeycombio/husky (how OTLP becomes events), trace/trace.go of beeline-go (``meta.span_type``),
beeline/middleware/django of beeline-python (names of requests and queries).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from perfkit.formats.traces.conventions import Facts, category_of_type, facts
from perfkit.formats.traces.conventions.values import text
from perfkit.formats.traces.datadog_objects import encoded
from perfkit.formats.traces.flat_process import divided
from perfkit.formats.traces.flat_values import (
    Unclear,
    identifier,
    is_true,
    nanoseconds,
    number,
    parent,
    trace_identifier,
)
from perfkit.formats.traces.span_rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TIMES", "event", "is_annotation", "is_span", "row"]

#: Of the event itself first; fields of that name second.
TIMES = ("Timestamp", "time", "timestamp", "Time")
_TRACE, _SPAN, _PARENT = "trace.trace_id", "trace.span_id", "trace.parent_id"
_SERVICE = ("service.name", "service_name", "serviceName", "service")
_RATES = ("SampleRate", "samplerate", "sampleRate", "sample_rate", "meta.sample_rate")
_DURATION = "duration_ms"
_COLUMNS = frozenset(
    {*TIMES, _TRACE, _SPAN, _PARENT, *_SERVICE, *_RATES, _DURATION, "name", "span.kind"}
)
_KINDS = frozenset({"server", "client", "producer", "consumer", "internal"})
#: Beelines' ``type`` and ``meta.type``: Python, Go, Node.js, Ruby.
_TYPES = {
    "http_server": "server",
    "http_request": "server",
    "express": "server",
    "fastify": "server",
    "http_client": "client",
    "http": "client",
    "https": "client",
    "db": "client",
    "sql": "client",
}
_CATEGORIES = {"http_client": "http", "https": "http"}
_ENTERED = frozenset({"root", "subroot"})
_ANNOTATIONS = frozenset({"span_event", "link"})
#: Beelines' names -> those that the conventions know.
_NAMES = {
    "request.path": "url.path",
    "request.host": "http.host",
    "request.url": "http.url",
    "request.route": "http.route",
    "handler.pattern": "http.route",
    "request.remote_addr": "client.address",
    "request.header.x-request-id": "request_id",
    "db.error": "error.message",
    "request.error": "error.message",
    "db.query_args": "db.statement.parameters",
}
_PROCESS = {
    "meta.local_hostname": "host.name",
    "hostname": "host.name",
    "meta.beeline_version": "telemetry.sdk.version",
    "meta.build_id": "service.version",
}
#: ``GET /orders/:id(.:format)``, as Rails names a route.
_ROUTE = re.compile(r"(?:[A-Z]{3,7} )?(/.*?)(?:\(\.:format\))?", re.DOTALL)
_FAILED = 2


def event(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return one flat event: what Libhoney sends has its fields in ``data``."""
    inner = item.get("data")
    if not isinstance(inner, dict):
        return dict(item)
    return {**inner, **{name: value for name, value in item.items() if name != "data"}}


def is_span(values: Mapping[str, Any]) -> bool:
    """Say whether a row's names are those of a span, or of what is noted at one."""
    return _TRACE in values and (_SPAN in values or _PARENT in values)


def is_annotation(values: Mapping[str, Any]) -> bool:
    """Say whether an event is noted at a span (an event, a link, a log), and is none itself."""
    noted = values.get("meta.annotation_type") in _ANNOTATIONS
    older = values.get("meta.span_type") in _ANNOTATIONS
    signal = values.get("meta.signal_type")
    return noted or older or signal in {"log", "metrics"}


def _weight(values: Mapping[str, Any]) -> float | None:
    """Return how many spans this one stands for; None: one."""
    for name in _RATES:
        if values.get(name) not in (None, ""):
            rate = number(values[name])
            return rate if rate and rate > 1 else None
    return None


def _heard(values: Mapping[str, Any]) -> Facts:
    named: dict[str, Any] = {}
    for name, value in values.items():
        known = _NAMES.get(name, name)
        if known == name or known not in values:
            named[known] = value
    route, args = named.get("http.route"), named.get("db.statement.parameters")
    found = _ROUTE.fullmatch(route) if isinstance(route, str) else None
    if found:
        named["http.route"] = found[1]
    if isinstance(args, list | dict):
        named["db.statement.parameters"] = encoded(args).decode("utf-8", "replace")
    return facts(named)


@lru_cache(maxsize=4096)
def _kind(stated: str, types: tuple[str, str], *, enters: bool, asked: bool) -> str | None:
    """Return a span's kind: as stated, by its type, or a root that a request was heard by."""
    if stated in _KINDS:
        return stated
    by_type = next((_TYPES.get(one, one) for one in types if one in _TYPES or one in _KINDS), None)
    return by_type or ("server" if enters and asked else None)


def _error(values: Mapping[str, Any], known: Facts) -> str | None:
    failed = is_true(values.get("error")) or (
        "span.kind" in values and number(values.get("status_code")) == _FAILED
    )
    told = text(values.get("status_message"))
    return known.error or (told or "error" if failed else None)


def row(values: Mapping[str, Any], line: int, started_ns: int | None) -> Row | str:
    """Return a row of the tables, or why there is none."""
    trace, own = trace_identifier(values.get(_TRACE)), identifier(values.get(_SPAN))
    if trace is None or own is None:
        return "it has no trace and span id"
    try:
        duration_ns, weight = nanoseconds(values.get(_DURATION), "ms"), _weight(values)
    except Unclear as unclear:
        return str(unclear)
    known = _heard(values)
    typed = (text(values.get("type")) or "", text(values.get("meta.type")) or "")
    above = parent(values.get(_PARENT))
    kind = _kind(
        (text(values.get("span.kind")) or "").lower(),
        typed,
        enters=values.get("meta.span_type") in _ENTERED,
        asked=known.method is not None or known.path is not None,
    )
    said = divided(values, _COLUMNS, _PROCESS)
    category = next((found for one in typed if (found := _category(one, kind))), None)
    return Row(
        trace,
        own,
        above,
        next((found for name in _SERVICE if (found := text(values.get(name)))), None),
        text(values.get("name")) or "",
        kind,
        started_ns,
        duration_ns,
        _error(values, known),
        line,
        known,
        said.attributes,
        category=None if known.category else category,
        weight=weight,
        resource=said.process,
    )


def _category(kind_of_span: str, kind: str | None) -> str | None:
    return _CATEGORIES.get(kind_of_span) or category_of_type(kind_of_span, kind)
