"""What the spans of Jaeger's query service say."""

import json

import pytest

from perfkit.formats.traces import otlp_json
from perfkit.formats.traces.jaeger_json import FORMAT
from perfkit.span_attributes import attributes, resources

TRACE, START = "0af7651916cd43dd8448eb211c80319c", 1_700_000_000_000_000
TYPES = {str: "string", bool: "bool", int: "int64", float: "float64"}
#: What both formats tell of the same trace.
COMMON = ["trace_id", "span_id", "parent_id", "name", "kind", "started_at", "duration_ms"]
COMMON += ["status", "error", "service", "category", "route", "url", "self_ms"]


def tags(values):
    return [{"key": k, "type": TYPES[type(v)], "value": v} for k, v in values.items()]


def span(number, parent=0, **values):
    """A span whose id is ``number``; ``values`` are fields, and tags with ``__`` for dots."""
    fields = {"traceID": TRACE, "spanID": f"{number:016x}", "operationName": "work"}
    reference = {"refType": "CHILD_OF", "traceID": TRACE, "spanID": f"{parent:016x}"}
    fields["references"] = [reference] if parent else []
    fields |= {"startTime": START + number, "duration": 1000, "tags": [], "logs": []}
    fields |= {"processID": "p1", "warnings": None}
    known = {key: value for key, value in values.items() if key in {*fields, "process", "flags"}}
    known |= {"parentSpanID": values["parentSpanID"]} if "parentSpanID" in values else {}
    said = {k.replace("__", "."): v for k, v in values.items() if k not in known}
    return fields | {"tags": tags(said)} | known


def trace(*spans, **others):
    described = {"serviceName": "shop", "tags": tags({"host.name": "web-1"})}
    found = {"traceID": TRACE, "spans": list(spans), "processes": {"p1": described}}
    return found | {"warnings": None} | others


def answer(*traces):
    return {"data": list(traces), "total": 0, "limit": 0, "offset": 0, "errors": None}


def rows(parsed, document, **how):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parsed(FORMAT, data, **how).tables["spans"].to_pylist()


def as_otlp(one, kind):
    keys = {str: "stringValue", bool: "boolValue", int: "intValue", float: "doubleValue"}
    start = one["startTime"] * 1000
    pairs = [
        {"key": tag["key"], "value": {keys[type(tag["value"])]: tag["value"]}}
        for tag in one["tags"]
        if not tag["key"].startswith(("otel.", "span.")) and tag["key"] != "error"
    ]
    said = {tag["key"]: tag["value"] for tag in one["tags"]}
    failed = {"code": 2, "message": said.get("otel.status_description", "")}
    events = [
        {"name": "exception", "attributes": [
            {"key": field["key"], "value": {"stringValue": field["value"]}}
            for field in log["fields"] if field["key"] != "event"
        ]}
        for log in one["logs"]
    ]  # fmt: skip
    return {
        "traceId": one["traceID"],
        "spanId": one["spanID"],
        "parentSpanId": one["references"][0]["spanID"] if one["references"] else "",
        "name": one["operationName"],
        "kind": kind,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + one["duration"] * 1000),
        "attributes": pairs,
        "events": events,
        "status": failed if said.get("error") else {},
    }


def test_what_a_collector_turns_into_jaegers_model_reads_like_the_otlp_it_was(parsed):
    raised = {"event": "exception", "exception.type": "ValueError", "exception.message": "no item"}
    logs = [{"timestamp": START, "fields": tags(raised)}]
    state = {"error": True, "otel__status_code": "ERROR"}
    spans = [
        span(1, http__route="/a/{id}", http__method="GET", http__status_code=200,
             http__target="/a/7?x=1", span__kind="server"),
        span(2, 1, db__system="postgresql", db__statement="select 1 from t where a = 5",
             db__name="shop", net__peer__name="db", net__peer__port=5432, span__kind="client"),
        span(3, 1, url__full="http://api:80/x", http__response__status_code=503,
             otel__status_description="upstream", span__kind="client", **state),
        span(4, 1, logs=logs, span__kind="internal", **state),
        span(5, 1, messaging__system="kafka", span__kind="producer"),
    ]  # fmt: skip
    kinds = [2, 3, 3, 1, 4]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    otlp = [as_otlp(one, kind) for one, kind in zip(spans, kinds, strict=True)]
    export = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": otlp}]}]}
    theirs = parsed(otlp_json.FORMAT, json.dumps(export).encode()).tables
    ours = parsed(FORMAT, json.dumps(answer(trace(*spans))).encode()).tables
    assert ours["spans"].select(COMMON).to_pylist() == theirs["spans"].select(COMMON).to_pylist()
    errors = ours["spans"]["error"].to_pylist()
    assert errors == [None, None, "upstream", "ValueError: no item", None]
    for name in ("requests", "queries"):
        drop = ["attributes", "line"]
        wanted = theirs[name].drop_columns(drop).to_pylist()
        assert ours[name].drop_columns(drop).to_pylist() == wanted
        assert len(wanted) == 1


def reference(kind, number, trace_id=TRACE):
    return {"refType": kind, "traceID": trace_id, "spanID": f"{number:x}"}


PARENTS = {
    "the first child-of in the trace": (
        [reference("CHILD_OF", 7, "ff"), reference("FOLLOWS_FROM", 8), reference("CHILD_OF", 9)],
        {},
        9,
    ),
    "what it follows, if nothing else": (
        [reference("FOLLOWS_FROM", 8, "ff"), reference("FOLLOWS_FROM", 9)],
        {},
        9,
    ),
    "the parent's id of old exports": ([], {"parentSpanID": "9"}, 9),
    "that id before references": ([reference("CHILD_OF", 8)], {"parentSpanID": "9"}, 9),
    "no zeros": ([reference("CHILD_OF", 0)], {"parentSpanID": "0"}, None),
    "no span of another trace": ([reference("CHILD_OF", 7, "ff")], {}, None),
    "a trace id without its zeros": ([reference("CHILD_OF", 9, TRACE.lstrip("0"))], {}, 9),
    "a reference without trace": ([reference("CHILD_OF", 9, "")], {}, 9),
    "the spelling of Jaeger 1.0": (
        [reference("follows-from", 8), reference("child-of", 9)],
        {},
        9,
    ),
}


@pytest.mark.parametrize("what", PARENTS)
def test_the_parent_is(parsed, what):
    references, fields, wanted = PARENTS[what]
    (row,) = rows(parsed, trace(span(1, references=references, **fields)))
    assert row["parent_id"] == (f"{wanted:016x}" if wanted else None)


def test_ids_of_any_length_are_padded(parsed):
    old = span(1, traceID="F0", spanID="A", references=[reference("CHILD_OF", 11, "f0")])
    (row,) = rows(parsed, trace(old, traceID="f0"))
    assert (row["trace_id"], row["span_id"]) == ("f0".rjust(32, "0"), "a".rjust(16, "0"))
    assert row["parent_id"] == "b".rjust(16, "0")


def test_numbers_and_times_are_read_as_odd_exports_write_them(parsed):
    spans = rows(
        parsed,
        trace(
            span(1, startTime=START + 0.5, duration="7"),
            span(2, startTime=str(START), duration=None),
            span(3, startTime=-1, duration=-5),
            span(4, startTime=10**30, duration=1e300),
            span(5, startTime=0, duration=0),
        ),
    )
    nanoseconds = [None if at is None else at.value for at in (row["started_at"] for row in spans)]
    assert nanoseconds == [START * 1000 + 500, START * 1000, None, None, 0]
    assert [row["duration_ms"] for row in spans] == [0.007, None, None, None, 0.0]


def test_errors_are_what_the_tag_says_in_any_spelling(parsed):
    said = [True, "true", "True", "boom", False, "false", ""]
    spans = [span(number, error=value) for number, value in enumerate(said, 1)]
    spans.append(span(8, otel__status_code="ERROR", error=False))
    old = tags({"event": "error", "error.kind": "KeyError", "message": "no key"})
    spans.append(span(9, error=True, logs=[{"timestamp": 1, "fields": old}]))
    spans.append(span(10, error=True, http__status_message="Bad Gateway"))
    found = [row["error"] for row in rows(parsed, trace(*spans))]
    assert found[:4] == ["error", "error", "error", "boom"]
    assert found[4:] == [None, None, None, "error", "KeyError: no key", "Bad Gateway"]


def test_of_a_repeated_key_the_last_counts_and_large_integers_stay_exact(parsed):
    large = "9223372036854775222"
    twice = [*tags({"http.status_code": 200}), *tags({"http.status_code": 503})]
    twice.append({"key": "javascript_limit", "type": "int64", "value": large})
    result = parsed(FORMAT, json.dumps(trace(span(1, tags=twice))).encode()).tables["spans"]
    assert result["status"].to_pylist() == [503]
    (said,) = attributes(result)
    assert (said["http.status_code"], said["javascript_limit"]) == (503, large)


def test_processes_describe_the_resource_and_a_span_may_bring_its_own(parsed):
    own = {"serviceName": "cart", "tags": tags({"host.name": "web-2"})}
    data = json.dumps(trace(span(1), span(2, process=own), span(3, processID="p9"))).encode()
    result = parsed(FORMAT, data).tables["spans"]
    assert result["service"].to_pylist() == ["shop", "cart", None]
    assert resources(result) == [{"host.name": "web-1"}, {"host.name": "web-2"}, {}]


def test_opentracing_names_are_known(parsed):
    old = span(
        1, db__type="sql", db__statement="select 1", db__instance="shop", span__kind="CLIENT"
    )
    (row,) = rows(parsed, trace(old))
    assert (row["category"], row["kind"], row["fingerprint"]) == ("db", "client", "select ?")


def test_sampling_is_told(parsed):
    kept = {"sampler.type": "probabilistic", "sampler.param": 0.01}
    document = trace(span(1, tags=tags(kept)), span(2, 1))
    notes = parsed(FORMAT, json.dumps(document).encode()).notes
    assert "0.01 of the traces" in next(n.message for n in notes if n.kind == "sampled")
    constant = trace(span(1, sampler__type="const", sampler__param=True))
    assert "sampled" not in {n.kind for n in parsed(FORMAT, json.dumps(constant).encode()).notes}


def test_a_process_that_is_null_is_that_of_the_trace(parsed):
    (row,) = rows(parsed, trace(span(1, process=None)))
    assert row["service"] == "shop"
