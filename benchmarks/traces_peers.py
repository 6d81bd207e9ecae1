"""What one would otherwise write to get traces into a table: 16 columns of every span.

    python benchmarks/traces_peers.py otlp-json|otlp-normalize|jaeger-json|chrome-json|nothing FILE

Ids, service, name, kind, start, end, status, method, route, URL, HTTP status, database system,
statement, peer; both old and new names of the conventions. Chrome's events have no ids: theirs are
their numbers, and their parents are found with a stack per thread. Prints the number of rows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = dict[str, Any]


def first(attributes: Row, *names: str) -> Any:
    """Return the first attribute that is there."""
    for name in names:
        if attributes.get(name) is not None:
            return attributes[name]
    return None


def said(attributes: Row) -> Row:
    """Return the columns that attributes fill."""
    return {
        "method": first(attributes, "http.request.method", "http.method"),
        "route": attributes.get("http.route"),
        "url": first(attributes, "url.full", "http.url", "url.path", "http.target"),
        "http_status": first(attributes, "http.response.status_code", "http.status_code"),
        "system": first(attributes, "db.system.name", "db.system"),
        "statement": first(attributes, "db.query.text", "db.statement"),
        "peer": first(attributes, "server.address", "net.peer.name"),
    }


def plain(value: Row) -> Any:
    """Return one value of OTLP."""
    if "stringValue" in value:
        return value["stringValue"]
    if "intValue" in value:
        return int(value["intValue"])
    return next(iter(value.values()), None)


def named(pairs: list[Row]) -> Row:
    """Return a list of attributes of OTLP as a dictionary."""
    return {pair["key"]: plain(pair["value"]) for pair in pairs}


def otlp_json(file: Path) -> Iterator[Row]:
    """Read OTLP JSON lines with the standard library."""
    with file.open() as lines:
        for line in lines:
            for resource in json.loads(line)["resourceSpans"]:
                service = named(resource["resource"]["attributes"]).get("service.name")
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        yield otlp_row(span, service)


def otlp_row(span: Row, service: Any) -> Row:
    """Return the columns of one span."""
    return {
        "trace_id": span["traceId"],
        "span_id": span["spanId"],
        "parent_id": span.get("parentSpanId") or None,
        "service": service,
        "name": span["name"],
        "kind": span["kind"],
        "start": int(span["startTimeUnixNano"]),
        "end": int(span["endTimeUnixNano"]),
        "status": span.get("status", {}).get("code", 0),
        **said(named(span.get("attributes", []))),
    }


def otlp_normalize(file: Path) -> pd.DataFrame:
    """Read OTLP JSON lines with pandas: it cannot reach the resource, so one call per resource."""
    frames = []
    with file.open() as lines:
        for line in lines:
            for resource in json.loads(line)["resourceSpans"]:
                frame = pd.json_normalize(resource["scopeSpans"], record_path=["spans"])
                frame["service"] = named(resource["resource"]["attributes"]).get("service.name")
                told = frame.pop("attributes").map(named)
                frames.append(frame.join(pd.DataFrame([said(one) for one in told])))
    whole = pd.concat(frames, ignore_index=True)
    for column in ("startTimeUnixNano", "endTimeUnixNano"):
        whole[column] = whole[column].astype("int64")
    return whole


def jaeger_json(file: Path) -> Iterator[Row]:
    """Read Jaeger's document with the standard library."""
    for trace in json.loads(file.read_text())["data"]:
        for span in trace["spans"]:
            tags = {tag["key"]: tag["value"] for tag in span["tags"]}
            above = span["references"]
            yield {
                "trace_id": span["traceID"],
                "span_id": span["spanID"],
                "parent_id": above[0]["spanID"] if above else None,
                "service": trace["processes"][span["processID"]]["serviceName"],
                "name": span["operationName"],
                "kind": tags.get("span.kind"),
                "start": span["startTime"] * 1000,
                "end": (span["startTime"] + span["duration"]) * 1000,
                "status": tags.get("otel.status_code"),
                **said(tags),
            }


def chrome_json(file: Path) -> Iterator[Row]:
    """Read Chrome's document with the standard library."""
    rows = [
        chrome_row(event, str(number))
        for number, event in enumerate(json.loads(file.read_text())["traceEvents"])
        if event["ph"] == "X"
    ]
    nest(rows)
    yield from rows


def chrome_row(event: Row, own: str) -> Row:
    """Return the columns of one event, which has no id."""
    start = round(event["ts"] * 1000)
    return {
        "span_id": own,
        "parent_id": None,
        "name": event["name"],
        "service": event["pid"],
        "thread": event["tid"],
        "kind": event["cat"],
        "start": start,
        "end": start + round(event["dur"] * 1000),
        **said(event.get("args", {})),
    }


def nest(rows: list[Row]) -> None:
    """Fill in parents: an event is within the last one of its thread that has not ended."""
    stacks: dict[tuple[Any, Any], list[Row]] = {}
    for row in sorted(rows, key=lambda one: (one["start"], -one["end"])):
        stack = stacks.setdefault((row["service"], row["thread"]), [])
        while stack and stack[-1]["end"] < row["end"]:
            stack.pop()
        if stack:
            row["parent_id"] = stack[-1]["span_id"]
        stack.append(row)


LOOPS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "otlp-json": otlp_json,
    "jaeger-json": jaeger_json,
    "chrome-json": chrome_json,
}


def main() -> None:
    """Read one file in one way."""
    how, file = sys.argv[1], Path(sys.argv[2])
    if how in LOOPS:
        print(len(pd.DataFrame(list(LOOPS[how](file)))))
    elif how == "otlp-normalize":
        print(len(otlp_normalize(file)))


if __name__ == "__main__":
    main()
