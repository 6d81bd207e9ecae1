"""Documents in the notation of the shell, as old logs print them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.mongodb_shell import document_end, read_document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{ a: 1.0, b: -2, c: 1E-22 }", {"a": 1.0, "b": -2, "c": 1e-22}),
        ("{ s: \"a, b: { } c\", t: 'x' }", {"s": "a, b: { } c", "t": "x"}),
        ("{ a.b.c: { $gt: 5 }, n: null, y: true }", {"a.b.c": {"$gt": 5}, "n": None, "y": True}),
        (
            "{ l: [ 1, { x: 2 }, [ 3 ] ], e: {}, f: [] }",
            {"l": [1, {"x": 2}, [3]], "e": {}, "f": []},
        ),
        ("{ _id: ObjectId('5a8c3a14') }", {"_id": {"$oid": "5a8c3a14"}}),
        ('{ id: UUID("b8a51588-fc4d") }', {"id": {"$uuid": "b8a51588-fc4d"}}),
        ("{ d: new Date(1514764800000), z: 1 }", {"d": {"$date": 1514764800000}, "z": 1}),
        ("{ n: NumberLong(5), m: MinKey }", {"n": 5, "m": "MinKey"}),
        ("{ ts: Timestamp(1, 2), b: 1 }", {"ts": "Timestamp(1, 2)", "b": 1}),
        ("{ ts: { $gte: Timestamp 1502380885000|3 } }", {"ts": {"$gte": "Timestamp"}}),
        (r"{ r: /^a{2}\/b.?$/i, x: 1 }", {"r": {"$regularExpression": r"/^a{2}\/b.?$/i"}, "x": 1}),
        ('{ "odd key": 1 }', {"odd key": 1}),
        ("{ a: { b: 1", {"a": {"b": 1}}),
        ('{ a: "cut', {}),
        ("", {}),
        ("not a document", {}),
    ],
)
def test_a_document_is_read_as_what_it_says(text, value):
    assert read_document(text) == value


def test_a_document_ends_where_its_brackets_close():
    text = "command: find { a: \"}\", b: { c: '{' } } planSummary: IXSCAN { a: 1 }"
    begin = text.index("{")
    assert text[begin : document_end(text, begin)] == "{ a: \"}\", b: { c: '{' } }"


def test_a_document_that_is_cut_ends_with_the_text():
    assert document_end("{ a: { b: 1", 0) == 11
    assert document_end('{ a: "b }', 0) == 9


@given(st.text(st.sampled_from("{}[],: \"'\\/abc1$()."), max_size=60))
def test_any_text_is_read_without_an_error(text):
    assert isinstance(read_document(text), dict)
    assert 0 <= document_end(text, 0) <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        '{ a: "' + '\\"' * 200_000,
        "{ a: " * 100_000,
        "{ a: f( " * 60_000,
        "{ a: /x " * 60_000,
        "'\"" * 200_000,
        "{ " + "a: b( c: " * 50_000,
        "[" * 300_000,
    ],
)
def test_reading_takes_linear_time(text):
    began = time.process_time()
    read_document(text)
    document_end(text, 0)
    assert time.process_time() - began < 4
