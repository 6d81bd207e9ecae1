import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.otlp_attributes import attributes
from perfkit.formats.traces.otlp_model import lenient, strict

SPAN = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "GET", "attributes": []}
PAIR = {"key": "k", "value": {"stringValue": "v"}}


def encode(document):
    return json.dumps(document).encode()


def export(*spans, resources="resourceSpans", scopes="scopeSpans", attrs=(PAIR,)):
    return {
        resources: [{"resource": {"attributes": list(attrs)}, scopes: [{"spans": list(spans)}]}]
    }


def names(found):
    return [span.name for item in found for scope in item.scopeSpans for span in scope.spans]


def test_todays_shape_is_decoded_strictly():
    (resource,) = strict(encode(export(SPAN)))
    assert names([resource]) == ["GET"]
    assert attributes(resource.resource.attributes) == {"k": "v"}


@pytest.mark.parametrize("document", [{}, {"resourceMetrics": []}, {"resourceSpans": [{}]}])
def test_another_shape_is_left_to_the_lenient_reader(document):
    assert strict(encode(document)) is None


def test_values_of_other_types_are_an_error_of_the_strict_reader():
    with pytest.raises(msgspec.ValidationError):
        strict(encode(export(SPAN | {"name": 5})))


@pytest.mark.parametrize(
    "document",
    [
        export(SPAN),
        [export(SPAN)],
        export(SPAN, resources="batches"),
        export(SPAN, scopes="instrumentationLibrarySpans"),
        export(SPAN, resources="resource_spans", scopes="scope_spans"),
        {"trace": export(SPAN)},
        export({"trace_id": SPAN["traceId"], "span_id": SPAN["spanId"], "name": "GET"}),
    ],
)
def test_every_age_and_tool_is_the_same_to_the_lenient_reader(document):
    found, broken = lenient(encode(document))
    assert (names(found), broken) == (["GET"], 0)
    assert attributes(found[0].resource.attributes) == {"k": "v"}


def test_attributes_in_snake_case_are_renamed_as_well():
    pair = {"key": "k", "value": {"string_value": "v"}}
    found, _ = lenient(encode(export(SPAN | {"attributes": [pair]}, attrs=(pair,))))
    (span,) = found[0].scopeSpans[0].spans
    assert attributes(span.attributes) == attributes(found[0].resource.attributes) == {"k": "v"}


@pytest.mark.parametrize("document", [{}, [], 5, "x", None, [[]], {"resourceMetrics": [1]}])
def test_json_without_spans_is_none(document):
    assert lenient(encode(document)) is None


@pytest.mark.parametrize("empty", [[], None, {}, "x"])
def test_an_export_without_resources_holds_no_spans_and_is_one(empty):
    assert lenient(encode({"resourceSpans": empty})) == ([], 0)


def test_a_broken_span_costs_itself_alone():
    found, broken = lenient(encode(export(SPAN, {"name": "no ids"}, 7, SPAN | {"name": []}, SPAN)))
    assert names(found) == ["GET", "GET"]
    assert broken == 3


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"stringValue": ""}, ""), ({"intValue": "5"}, "5"), ({"intValue": 0}, 0),
        ({"doubleValue": 0.5}, 0.5), ({"boolValue": False}, False), (None, None), ({}, None),
        ({"arrayValue": {"values": [{"intValue": "1"}]}}, [1]),
    ],
)  # fmt: skip
def test_values_are_plain(value, plain):
    raw = msgspec.Raw(encode([{"key": "k", "value": value}]))
    assert attributes(raw) == {"k": plain}


@pytest.mark.parametrize("raw", [b"{}", b"[5]", b'"x"', b'[{"value": {}}]', b"[{"])
def test_what_is_no_list_of_pairs_has_no_attributes(raw):
    assert attributes(msgspec.Raw(raw)) == {}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["resourceSpans", "batches", "trace", "spans", "scopeSpans", "attributes"]),
        inner, max_size=3,
    ),
)  # fmt: skip


@given(VALUES)
def test_any_json_is_read_or_none(document):
    found = lenient(encode(document))
    assert found is None or found[1] >= 0
