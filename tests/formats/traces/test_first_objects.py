"""The first whole objects of a file's beginning."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.traces.first_objects import first_objects


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'[{"a": 1}, {"b": 2}]', [{"a": 1}, {"b": 2}]),
        (b'{"a": 1}\n{"b": 2}\n{"c"', [{"a": 1}, {"b": 2}]),
        (b'{"hits": {"hits": [{"a": {"b": 1}}, {"c": ', [{"a": {"b": 1}}]),
        (b'{"a": {"b": 1}}', [{"a": {"b": 1}}]),
        (b'  \n[{"s": "{\\"x\\": 1}"}', [{"s": '{"x": 1}'}]),
        (b'[{"a": "\xff"}]', [{"a": "\ufffd"}]),
        (b'[{"a": x}, {"b": 2}]', [{"b": 2}]),
        (b"[{}, {}]", []),
        (b"", []),
        (b'level=info {"a": 1}', []),
        (b'"text" {"a": 1}', []),
    ],
)
def test_the_outermost_whole_objects_are_found(head, expected):
    assert list(first_objects(head)) == expected


@pytest.mark.parametrize("unit", [b'{"a":', b'{"a":"', b'{"a":[', b'{"', b"[", b"{ \t"])
def test_a_hostile_beginning_takes_no_time(unit):
    began = time.perf_counter()
    assert list(first_objects(unit * (65_536 // len(unit)))) == []
    assert time.perf_counter() - began < 5


def test_nested_too_deeply_is_no_object_and_no_error():
    assert list(first_objects(b'{"a":' * 10_000 + b"1" + b"}" * 10_000)) == []


def test_no_more_than_fifty_places_are_tried():
    broken = b'{"a":x},'
    assert list(first_objects(b"[" + broken * 49 + b'{"b":1}')) == [{"b": 1}]
    assert list(first_objects(b"[" + broken * 50 + b'{"b":1}')) == []


@given(
    objects=st.lists(st.dictionaries(st.text(max_size=3), st.integers(), min_size=1), max_size=9),
    cut=st.integers(0, 300),
)
def test_of_a_file_cut_anywhere_the_whole_ones_are_found(objects, cut):
    texts = [json.dumps(one) for one in objects]
    head = ("[" + ", ".join(texts) + "]")[:cut]
    expected, end = [], 1
    for one, text in zip(objects, texts, strict=True):
        end += len(text)
        if end <= len(head):
            expected.append(one)
        end += 2
    assert list(first_objects(head.encode())) == expected
