"""What the tags of a Jaeger span say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.jaeger_model import NOTHING
from perfkit.formats.traces.jaeger_tags import (
    Emitter,
    emitter,
    exception_among,
    exception_in,
    plain,
    process_of,
    tags_of,
    told_by,
)


def raw(value):
    return json.dumps(value).encode()


def tag(key, value, type_="string"):
    return {"key": key, "type": type_, "value": value}


def test_of_a_tag_that_is_there_twice_the_last_counts():
    assert tags_of(raw([tag("a", 1), tag("b", 2), tag("a", 3)])) == {"a": 3, "b": 2}


@pytest.mark.parametrize(
    "text", [b"", b"null", b"{}", b"[1]", b'[{"value": 1}]', b"\xff", b"[" * 100_000]
)
def test_tags_that_cannot_be_read_say_nothing(text):
    assert tags_of(text) == {}
    assert plain(text, NOTHING) == {}
    assert exception_in(text) is None


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        ("true", "bool", True),
        ("False", "bool", False),
        ("12", "int64", 12),
        ("9007199254740993", "int64", 9007199254740993),  # beyond 2**53
        ("1.5", "float64", 1.5),
        ("many", "int64", "many"),
        ("12", "string", "12"),
        ("12", "", "12"),
        ("AQI=", "binary", "AQI="),
        (12, "int64", 12),
    ],
)
def test_texts_of_elasticsearch_become_what_they_were(value, type_, expected):
    found = plain(raw([tag("a", value, type_)]), NOTHING)["a"]
    assert (found, type(found)) == (expected, type(expected))


def test_a_map_of_tags_has_dots_again_and_wins():
    assert plain(raw([tag("http.url", "x")]), raw({"http@url": "y", "a": 1})) == {
        "http.url": "y",
        "a": 1,
    }
    assert plain(raw([tag("a", "x")]), b"[broken") == {"a": "x"}


@pytest.mark.parametrize(
    ("tags", "failed", "error"),
    [
        ({"error": True}, True, "error"),
        ({"error": "true"}, True, "error"),
        ({"error": "no connection"}, True, "no connection"),
        ({"error": False}, False, None),
        ({"error": "False"}, False, None),
        ({"error": "0"}, False, None),
        ({"error": ""}, False, None),
        ({"error": None}, False, None),
        ({"otel.status_code": "ERROR"}, True, "error"),
        ({"otel.status_code": "OK"}, False, None),
        ({"error": True, "otel.status_code": "OK"}, True, "error"),
        ({"error": True, "otel.status_description": "boom"}, True, "boom"),
        ({"error": "true", "http.status_message": "Not Found"}, True, "Not Found"),
        ({"otel.status_description": "boom"}, False, None),
        ({"http.status_code": 500}, False, None),
    ],
)
def test_a_span_failed_when_its_tags_say_so(tags, failed, error):
    found = told_by(tags)
    assert found.failed is failed
    assert found.error(None) == error


def test_the_text_of_an_error_comes_before_the_exception_in_logs():
    assert told_by({"error": True, "error.message": "m"}).error("E: x") == "m"
    assert told_by({"error": True}).error("E: x") == "E: x"
    assert told_by({}).error("E: x") is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("Server", "server"), ("client", "client"), ("odd", None), (7, None), (None, None)],
)
def test_the_kind_is_one_of_five(kind, expected):
    assert told_by({"span.kind": kind}).kind == expected
    assert told_by({}).kind is None


@pytest.mark.parametrize(
    ("kind", "param", "share"),
    [
        ("probabilistic", 0.1, 0.1),
        ("probabilistic", "0.25", 0.25),
        ("probabilistic", 1, None),
        ("probabilistic", 0, None),
        ("probabilistic", "x", None),
        ("probabilistic", [1], None),
        ("probabilistic", float("nan"), None),
        ("const", 0.1, None),
        ("ratelimiting", 0.5, None),
    ],
)
def test_a_share_below_one_was_kept(kind, param, share):
    assert told_by({"sampler.type": kind, "sampler.param": param}).sampled == share


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"exception.type": "ValueError", "exception.message": "no"}, "ValueError: no"),
        ({"exception.type": "ValueError"}, "ValueError"),
        ({"exception.message": "no"}, "no"),
        ({"event": "error", "message": "no"}, "no"),
        ({"event": "error", "error.kind": "IOError", "error.object": "x"}, "IOError: x"),
        ({"message": "just a log"}, None),
        ({"event": "exception"}, None),
        ({}, None),
    ],
)
def test_an_exception_is_its_type_and_message(fields, text):
    assert exception_among([fields]) == text
    logs = [{"timestamp": 1, "fields": [tag(key, value) for key, value in fields.items()]}]
    assert exception_in(raw(logs)) == text


def test_the_last_exception_counts_and_logs_behind_it_do_not():
    logs = [{"exception.type": "A"}, {"exception.type": "B"}, {"message": "done"}]
    assert exception_among(logs) == "B"


def test_a_process_is_its_service_and_the_rest():
    found = process_of(
        raw({"serviceName": "shop", "tags": [tag("n", "1", "int64")], "tag": {"a@b": 2}})
    )
    assert found.service == "shop"
    assert json.loads(found.resource) == {"n": 1, "a.b": 2}
    assert process_of(raw({"serviceName": ""})) == Emitter(None, None)
    assert process_of(b"[]") == process_of(b"\xff") == Emitter(None, None)
    assert emitter(None, {"a": float("nan")}).resource == '{"a":null}'


scalar = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.lists(st.none(), max_size=2)
)
names = st.sampled_from(
    ["error", "span.kind", "otel.status_code", "otel.status_description", "sampler.type",
     "sampler.param", "http.status_code", "db.type", "db.statement", "peer.port", "x"]
)  # fmt: skip


@given(tags=st.dictionaries(names, scalar))
def test_any_tags_are_read(tags):
    found = told_by(tags)
    assert isinstance(found.error(None), str) is found.failed
