"""Attributes of spans, whichever format wrote them."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.span_attributes import attributes, decoded, resources


def test_otlp_pairs_become_plain_values():
    pairs = [
        {"key": "http.route", "value": {"stringValue": "/orders"}},
        {"key": "rows", "value": {"intValue": "9007199254740993"}},
        {"key": "ratio", "value": {"doubleValue": 0.5}},
        {"key": "cold", "value": {"boolValue": False}},
        {"key": "tags", "value": {"arrayValue": {"values": [{"stringValue": "a"}]}}},
        {
            "key": "map",
            "value": {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": 1}}]}},
        },
        {"key": "none"},
    ]
    assert decoded(json.dumps(pairs).encode()) == {
        "http.route": "/orders",
        "rows": 9007199254740993,
        "ratio": 0.5,
        "cold": False,
        "tags": ["a"],
        "map": {"k": 1},
        "none": None,
    }


def test_jaegers_tags_keep_their_types_and_the_last_of_a_repeated_key_counts():
    tags = [
        {"key": "error", "type": "bool", "value": True},
        {"key": "n", "type": "int64", "value": 1},
        {"key": "n", "type": "int64", "value": 2},
    ]
    assert decoded(json.dumps(tags)) == {"error": True, "n": 2}


def test_inner_objects_are_joined_by_dots():
    assert decoded('{"context": {"db": {"type": "sql"}}, "tags": [1, 2]}') == {
        "context.db.type": "sql",
        "tags": [1, 2],
    }


@pytest.mark.parametrize(
    "raw", [None, b"", b"{", b"12", b'"text"', b"\xff\xfe", b"[1, 2]", "[" * 9999]
)
def test_what_is_no_set_of_attributes_has_none(raw):
    assert decoded(raw) == {}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_any_json_is_taken(value):
    assert isinstance(decoded(json.dumps(value)), dict)


def test_rows_are_chosen_and_unknown_is_empty():
    spans = tables.from_columns(
        "spans",
        {
            "attributes": pa.array([b'{"a": 1}', None, b'{"a": 3}']),
            "resource": ['{"host": "x"}', None, None],
        },
    )
    assert attributes(spans, [2, 1]) == [{"a": 3}, {}]
    assert resources(spans) == [{"host": "x"}, {}, {}]
