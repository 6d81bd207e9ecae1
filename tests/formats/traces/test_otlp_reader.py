import itertools
import json

import pytest

from perfkit.formats.traces.otlp_reader import Reader

TRACE, SPAN = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"


def span(**changes):
    return {
        "traceId": TRACE, "spanId": SPAN, "name": "GET /", "kind": 2,
        "startTimeUnixNano": "1000", "endTimeUnixNano": "3000", "attributes": [],
    } | changes  # fmt: skip


def export(*spans, service="shop"):
    pair = {"key": "service.name", "value": {"stringValue": service}}
    resource = {"attributes": [pair]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]})


def read(*texts, base64=False):
    reader, rows = Reader(base64=base64), []
    counter = itertools.count(1)
    whys = [reader.read(text.encode(), rows, lambda: next(counter)) for text in texts]
    return reader, rows, whys


def row(**changes):
    _, (found,), _ = read(export(span(**changes)))
    return found


def test_a_span_is_a_row():
    found = row(parentSpanId="00000000000000AB")
    assert (found.trace_id, found.span_id, found.parent_id) == (TRACE, SPAN, "00000000000000ab")
    assert (found.service, found.name, found.kind) == ("shop", "GET /", "server")
    assert (found.started_ns, found.duration_ns, found.line) == (1000, 2000, 1)
    assert found.error is None


@pytest.mark.parametrize("parent", ["", "0000000000000000", "zz"])
def test_no_parent_is_unknown(parent):
    assert row(parentSpanId=parent).parent_id is None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (1, "internal"), (5, "consumer"), (0, None), (6, None), (-1, None),
        ("SPAN_KIND_CLIENT", "client"), ("Producer", "producer"), ("SPAN_KIND_UNSPECIFIED", None),
    ],
)  # fmt: skip
def test_kinds_are_numbers_or_names(kind, name):
    assert row(kind=kind).kind == name


@pytest.mark.parametrize(
    ("start", "end", "times"),
    [
        ("5", "7", (5, 2)), (5, 7, (5, 2)), (0, 0, (0, 0)), ("7", "5", (7, None)),
        (None, "5", (None, None)), ("5", None, (5, None)), ("x", "7", (None, None)),
        ("-1", "5", (None, None)), (str(1 << 63), "5", (None, None)),
    ],
)  # fmt: skip
def test_times_that_are_none_are_unknown(start, end, times):
    found = row(startTimeUnixNano=start, endTimeUnixNano=end)
    assert (found.started_ns, found.duration_ns) == times


@pytest.mark.parametrize(
    ("status", "attributes", "error"),
    [
        ({"code": 2, "message": "boom"}, {}, "boom"),
        ({"code": "STATUS_CODE_ERROR"}, {"error.type": "TimeoutError"}, "TimeoutError"),
        ({"code": "2"}, {}, "error"),
        ({"code": 1, "message": "fine"}, {}, None),
        (None, {"error.type": "x"}, None),
    ],
)
def test_errors_have_a_text(status, attributes, error):
    pairs = [{"key": k, "value": {"stringValue": v}} for k, v in attributes.items()]
    assert row(status=status, attributes=pairs).error == error


def test_base64_ids_become_hexadecimal_and_the_file_says_so():
    text = export(span(traceId="W47/95gDgQPSabYzgT/GDA==", spanId="7uGbfsPBsXQ="))
    reader, (found,), _ = read(text, base64=True)
    assert (found.trace_id, found.span_id) == (TRACE, SPAN)
    assert [note.kind for note in reader.notes()] == ["base64_ids"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"resourceSpans": [', "it is not JSON, or cut off"),
        ("", "it is not JSON, or cut off"),
        ("[" * 100_000, "it is not JSON, or cut off"),
        ('{"resourceMetrics": []}', "it is JSON without resourceSpans"),
        (export(span(traceId="xyz")), "none of its spans has a valid id"),
        (export(), ""),
        (export(span()), ""),
    ],
)
def test_why_an_export_cannot_be_used_is_said(text, why):
    assert read(text)[2] == [why]


def test_bad_spans_are_counted_beside_the_good_ones():
    reader, rows, whys = read(export(span(), span(traceId="no"), {"name": "x"}))
    assert (len(rows), reader.broken, whys) == (1, 2, [""])
    (note,) = reader.notes()
    assert note.message.startswith("2 spans without a valid id")


def test_each_resource_names_the_service_of_its_own_spans():
    _, rows, _ = read(export(span(), service="a"), export(span(), service="b"))
    assert [(found.service, found.line) for found in rows] == [("a", 1), ("b", 2)]
    assert rows[0].facts is rows[1].facts  # equal attributes are read once
