"""Where the last whole element of an array ends: against a reader that knows where they are."""

import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perfkit.formats import json_cuts
from perfkit.formats.json_cuts import end_of_last_element, is_element


def looks(element):
    return "id" in element


def test_an_element_is_one_whole_object_that_looks_so():
    assert is_element(b'{"id": 1, "x": {"y": [1]}}', looks)
    assert not is_element(b'{"x": 1}', looks)
    assert not is_element(b'[{"id": 1}]', looks)
    assert not is_element(b'{"id": 1} ,', looks)
    assert not is_element(b'{"id": "\xff"', looks)
    assert not is_element(b'{"id":' + b"[" * 100_000, looks)


def test_objects_within_an_element_are_no_elements():
    data = b'[{"id":1,"in":{"id":2}},{"id":3,"in":{"id":4}'
    assert data[: end_of_last_element(data, looks)] == b'[{"id":1,"in":{"id":2}}'


def test_brackets_and_quotes_in_strings_are_text():
    whole = b'[{"id":1,"s":"}],[{\\"id\\":9}"}'
    assert end_of_last_element(whole + b',{"id":2,"s":"}', looks) == len(whole)
    tail = b'{"id":3,"s":"\\\\"}'
    assert end_of_last_element(b"[" + tail + b",{", looks) == 1 + len(tail)


def test_the_window_may_begin_within_a_string(monkeypatch):
    monkeypatch.setattr(json_cuts, "_FIRST_WINDOW", 64)
    data = b'[{"id":1,"s":"' + b"x" * 200 + b'"},{"id":2},{"id":3,"s":"' + b"{[" * 9
    assert data[: end_of_last_element(data, looks)].endswith(b'{"id":2}')


def test_an_element_larger_than_the_window_is_found_further_back(monkeypatch):
    monkeypatch.setattr(json_cuts, "_FIRST_WINDOW", 32)
    whole = b'[{"id":1,"s":"' + b"x" * 5000 + b'"}'
    assert end_of_last_element(whole + b',{"id":2,"s":"' + b"y" * 3000, looks) == len(whole)


@pytest.mark.parametrize("data", [b"", b"[", b'{"x": 1}', b"\x00" * 100, b'"' * 99, b"}{" * 99])
def test_without_an_element_there_is_no_end(data):
    assert end_of_last_element(data, looks) == 0


@pytest.mark.parametrize("unit", [b"{", b"}", b'{"id":', b'"', b"[{]}", b'{"x":{},'])
def test_hostile_brackets_take_linear_time(unit):
    began = time.perf_counter()
    assert end_of_last_element(unit * (1 << 18), looks) == 0
    assert time.perf_counter() - began < 10  # minutes where it is quadratic


values = st.recursive(
    st.none() | st.integers(-9, 9) | st.text('a"\\{}[],:', max_size=6),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text('xy{"', max_size=2), some),
    max_leaves=6,
)


@given(
    elements=st.lists(values, min_size=1, max_size=6),
    cut=st.integers(0, 10_000),
    gap=st.sampled_from(["", " ", "\n  "]),
)
@example(elements=["\\"], cut=14, gap="")
@settings(max_examples=60)
def test_the_end_is_that_of_the_last_whole_element(elements, cut, gap):
    texts = [json.dumps({"id": n, "v": value}) for n, value in enumerate(elements)]
    data, ends = "[", []
    for text in texts:
        data += gap + text
        ends.append(len(data.encode()))
        data += ","
    cut = min(cut, len(data))
    expected = max((end for end in ends if end <= cut), default=0)
    assert end_of_last_element(data.encode()[:cut], looks) == expected
