"""Answers of Prometheus one behind the other."""

import json

import pytest

from perfkit.formats.metrics.answers import as_one_answer

A, B = ({"metric": {"x": name}, "values": [[1, "1"]]} for name in "ab")


def text(*series, **beside):
    told = {"status": "success", "data": {"resultType": "matrix", "result": [*series]}, **beside}
    return json.dumps(told).encode()


@pytest.mark.parametrize("beside", [{}, {"warnings": ["]}]} [x]"]}, {"stats": {"n": [{}]}}])
@pytest.mark.parametrize("between", [b"", b"\n"])
def test_series_of_all_answers_are_in_the_first(beside, between):
    parts = [text(A, **beside), text(), text(B, A), text(), text()]
    one = as_one_answer(between.join(parts), first=True)
    found = json.loads(one.replace(b",,", b",").replace(b",]", b"]"))
    assert found["data"]["result"] == [A, B, A]


def test_one_answer_is_left_alone():
    data = text(A, B)
    assert as_one_answer(data, first=True) is data


def test_a_later_chunk_begins_behind_a_series():
    data = (text(A) + text(B)).partition(json.dumps(A).encode())[2]
    assert json.loads(b"[" + as_one_answer(data, first=False)[1:-2]) == [B]


def test_keys_in_texts_are_no_answers():
    label = {"metric": {"x": '}]}} {"result":['}, "values": [[1, "1"]]}
    data = text(label, A)
    assert as_one_answer(data, first=True) is data


def test_hostile_brackets_take_no_time():
    data = text() + b"}]}" * 200_000
    assert as_one_answer(data, first=True) == data
