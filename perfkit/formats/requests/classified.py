"""What one decoded log line is: a request, a statement, an event, and its values by role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfkit.formats.orm.log_lines import SQL_WORD
from perfkit.formats.requests.durations import to_ms, upstream_ms
from perfkit.formats.requests.happenings import deployment, lambda_report
from perfkit.formats.requests.outgoing import is_outgoing, outgoing
from perfkit.formats.requests.shapes import flat

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CLOSED", "DEPLOY", "LAMBDA", "NAMED", "OPENED", "QUERY", "REQUEST", "TEXT", "classified",
]  # fmt: skip

REQUEST, QUERY, DEPLOY, LAMBDA, TEXT = "request", "slow_query", "deploy", "lambda", "text"
#: A request of which one line tells the beginning and another the end, as Fastify's do.
OPENED, CLOSED = "opened", "closed"
#: Events that perfkit's probes and the demo shop write by these names.
NAMED = frozenset({"blocked_loop", "pool_sample", "checkout"})
#: "GET /orders?page=2 HTTP/1.1", as proxies log it
_REQUEST_LINE = re.compile(r"([A-Z]{3,10}) (\S+)(?: HTTP/[0-9.]+)?")
#: "GET /orders/{id}", as API Gateway names a route
_METHOD_BEFORE = re.compile(r"[A-Z]{3,10} (?=/)")
_SQL = re.compile(rf"\s*(?:{SQL_WORD})")
#: A path of the file system: what took a while there was no request.
_FILE = re.compile(r"/(?:tmp|var|usr|etc|opt|mnt|home|srv|dev|proc)/|[A-Za-z]:\\|\.{0,2}\\|file:")


def classified(line: Any, units: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return the kind of a line ("": irrelevant) and its values; ``units``: as inferred."""
    if not isinstance(line, dict):
        return "", {}
    event = line.get("event")
    values = by_role(line, units)
    if isinstance(event, str) and event in NAMED:
        return event, {"timestamp": values.get("time"), **line}
    if _is_query(values, event):
        return QUERY, values
    if is_outgoing(line, values):
        return REQUEST, outgoing(line, values)
    kind = _half(line, values) or (REQUEST if _is_request(values) and not _is_span(line) else "")
    return (kind, values) if kind else _happening(line, values)


def _half(line: dict[str, Any], values: dict[str, Any]) -> str:
    """Say which half of a request a line is, by the objects that pino writes of them."""
    if "request_id" not in values:
        return ""
    if "req" in line and {"method", "path"} <= values.keys() and "duration_ms" not in values:
        # What failed is told by a line of its own, with the status, before the last one.
        return OPENED if "status" not in values or "err" in line else ""
    is_answer = "res" in line and "req" not in line and "path" not in values
    return CLOSED if is_answer and {"status", "duration_ms"} <= values.keys() else ""


def _happening(line: dict[str, Any], values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if lambda_report(line):
        return LAMBDA, {"line": line, "time": values.get("time")}
    if (found := deployment(line)) is not None:
        return DEPLOY, {**found, "at": found["at"] or values.get("start") or values.get("time")}
    text = values.get("text") or line.get("event")
    return (TEXT, {"text": text, "time": values.get("time")}) if isinstance(text, str) else ("", {})


def _is_query(values: dict[str, Any], event: Any) -> bool:
    statement = values.get("statement")
    if not isinstance(statement, str) or not _SQL.match(statement):
        return False
    return event == QUERY or (values.get("duration_ms") is not None and "method" not in values)


def _is_span(line: dict[str, Any]) -> bool:
    """Say whether a line is a span of a trace, which has a parent, and none of a log."""
    return {"trace_id", "span_id", "parent_id"} <= line.keys()


def _is_request(values: dict[str, Any]) -> bool:
    where = "path" in values or "route" in values
    if values.get("duration_ms") is None:
        return where and "method" in values and "status" in values
    if "method" in values or "route" in values:
        return True
    return where and not _FILE.match(str(values["path"]))


def by_role(line: Mapping[str, Any], units: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a line by what they mean; durations as ``duration_ms``."""
    shape, found = flat(line)
    values: dict[str, Any] = {}
    for name, numbers in shape.roles:
        for number in numbers:
            if (value := found[number]) is not None:
                values[name] = value
                break
    for place in shape.durations:
        if (ms := to_ms(found[place.number], place.unit or units.get(place.key, "ms"))) is not None:
            values["duration_ms"] = ms
            break
    for place in shape.upstream:
        values["upstream_ms"] = upstream_ms(found[place.number], place.unit)
    return _mended(values, shape.product, line) if values else values


def _mended(values: dict[str, Any], product: str, line: Mapping[str, Any]) -> dict[str, Any]:
    if "request_line" in values and (said := _REQUEST_LINE.fullmatch(str(values["request_line"]))):
        values = {"method": said[1], "path": said[2]} | values
    if product == "lograge" and {"controller", "action"} <= line.keys():
        values["route"] = f"{line['controller']}#{line['action']}"
    if product == "API Gateway" and isinstance(values.get("route"), str):
        values["route"] = _METHOD_BEFORE.sub("", values["route"])
    if product == "Envoy" and values.get("error") == "-":
        del values["error"]
    return values
