import json

import pytest

from perfkit.formats.traces.otlp_model import lenient, strict
from perfkit.formats.traces.otlp_reader import Reader
from perfkit.formats.traces.span_columns import column_tables

TRACE, SPAN = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"


def span(**changes):
    return {
        "traceId": TRACE, "spanId": SPAN, "name": "GET /", "kind": 2,
        "startTimeUnixNano": "1000", "endTimeUnixNano": "3000", "attributes": [],
    } | changes  # fmt: skip


def pairs(**attributes):
    return [
        {"key": k.replace("__", "."), "value": {"stringValue": v}} for k, v in attributes.items()
    ]


def export(*spans, **described):
    resource = {"attributes": pairs(**(described or {"service__name": "shop"}))}
    text = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
    return json.dumps(text).encode()


def read(*texts, base64=False):
    """Return the reader and the rows of ``spans``, an export a line."""
    reader = Reader(base64=base64)
    for line, text in enumerate(texts, start=1):
        reader.add(lenient(text).resources, line)
    return reader, column_tables(reader.columns()).tables["spans"].to_pylist()


def row(**changes):
    _, (found,) = read(export(span(**changes)))
    return found


def times(found):
    start, ms = found["started_at"], found["duration_ms"]
    return start.value if start is not None else None, None if ms is None else round(ms * 1e6)


def test_a_span_is_a_row():
    found = row(parentSpanId="00000000000000AB")
    assert (found["trace_id"], found["span_id"]) == (TRACE, SPAN)
    assert found["parent_id"] == "00000000000000ab"
    assert (found["service"], found["name"], found["kind"]) == ("shop", "GET /", "server")
    assert (times(found), found["line"], found["error"]) == ((1000, 2000), 1, None)


@pytest.mark.parametrize("parent", ["", "0000000000000000", "zz", None])
def test_no_parent_is_unknown(parent):
    assert row(parentSpanId=parent)["parent_id"] is None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (1, "internal"), (5, "consumer"), (0, None), (6, None), (-1, None), ("3", "client"),
        ("SPAN_KIND_CLIENT", "client"), ("Producer", "producer"), ("SPAN_KIND_UNSPECIFIED", None),
    ],
)  # fmt: skip
def test_kinds_are_numbers_or_names(kind, name):
    assert row(kind=kind)["kind"] == name


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        ("5", "7", (5, 2)), (5, 7, (5, 2)), ("7", "5", (7, None)), ("5", 0, (5, None)),
        (None, "5", (None, None)), ("5", None, (5, None)), ("x", "7", (None, None)),
        ("-1", "5", (None, None)), (str(1 << 63), "5", (None, None)), ("9" * 40, 5, (None, None)),
        ("1e3", 2e3, (1000, 1000)),
    ],
)  # fmt: skip
def test_times_that_are_none_are_unknown(start, end, wanted):
    assert times(row(startTimeUnixNano=start, endTimeUnixNano=end)) == wanted


def test_numbers_may_be_texts_or_numbers_in_todays_shape():
    texts = [export(span(startTimeUnixNano=a, endTimeUnixNano=b)) for a, b in (("5", "9"), (5, 9))]
    (one,), (other,) = (strict(text)[0].scopes()[0].spans for text in texts)
    assert one == other


EXCEPTION = {
    "name": "exception",
    "attributes": pairs(exception__type="TimeoutError", exception__message="after 5 s"),
}


@pytest.mark.parametrize(
    ("status", "more", "error"),
    [
        ({"code": 2, "message": "boom"}, {"events": [EXCEPTION]}, "boom"),
        ({"code": 2}, {"events": [{"name": "x"}, EXCEPTION]}, "TimeoutError: after 5 s"),
        ({"code": 1}, {"events": [EXCEPTION]}, None),
        (
            {"code": "STATUS_CODE_ERROR"},
            {"attributes": pairs(error__type="TimeoutError")},
            "TimeoutError",
        ),
        ({"code": "2"}, {"events": 5}, "error"),
        ({"code": 1, "message": "fine"}, {}, None),
        (None, {"attributes": pairs(error__type="x")}, None),
    ],
)
def test_errors_have_a_text(status, more, error):
    assert row(status=status, **more)["error"] == error


def test_base64_ids_become_hexadecimal():
    text = export(
        span(traceId="W47/95gDgQPSabYzgT/GDA==", spanId="7uGbfsPBsXQ=", parentSpanId="AAAAAAAAAAA=")
    )
    for base64 in (True, None):  # None: the ids tell
        reader, (found,) = read(text, base64=base64)
        assert (found["trace_id"], found["span_id"], found["parent_id"]) == (TRACE, SPAN, None)
        assert reader.base64 is True


def test_spans_without_valid_ids_are_counted_and_so_are_their_lines():
    reader, rows = read(
        export(span(), span(traceId="no")), export(span(spanId="")), export(span(spanId="1"))
    )
    assert [(found["line"], found["span_id"]) for found in rows] == [(1, SPAN), (3, "1".zfill(16))]
    assert reader.met["broken_spans"] == 2
    assert reader.lost.tolist() == [2]


def test_what_was_dropped_is_counted():
    cut, whole = span(droppedAttributesCount=3, droppedEventsCount=0), span(droppedLinksCount=0)
    assert read(export(cut, whole))[0].met["dropped_data"] == 1


def test_each_resource_describes_its_own_spans():
    described = {"service__name": "b", "host__name": "h1"}
    _, rows = read(export(span(), service__name="a"), export(span(), **described))
    assert [(found["service"], found["line"]) for found in rows] == [("a", 1), ("b", 2)]
    assert rows[1]["resource"] == '{"service.name":"b","host.name":"h1"}'


def test_the_attributes_of_a_span_are_the_formats_own_bytes():
    given = json.dumps(pairs(a="1"), separators=(",", ":")).encode()
    text = export(span(attributes=pairs(a="1"))).replace(b" ", b"")
    assert read(text)[1][0]["attributes"] == given


@pytest.mark.parametrize("count", [0, 1, 3])
def test_any_number_of_spans_are_columns(count):
    _, rows = read(export(*(span(spanId=f"{n + 1:x}") for n in range(count))))
    assert len(rows) == count
