"""Elements of an array one by one: whole ones as json reads them, and what is left of others."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats.json_scan import Scan


def looks(element):
    return "id" in element


def scanned(body, depth=1):
    scan = Scan(body, depth, looks)
    found = [(body[start:end], whole) for start, end, whole in scan]
    return found, scan


def test_elements_are_yielded_until_the_end_of_the_array():
    found, scan = scanned(b' {"id":1} ,\n{"id": 2},3 , "x" ] , "after": [1]}')
    assert [text.strip() for text, _ in found] == [b'{"id":1}', b'{"id": 2}', b"3", b'"x"']
    assert all(whole for _, whole in found)
    assert scan.ended
    assert scan.at == len(b' {"id":1} ,\n{"id": 2},3 , "x" ]')


def test_an_array_that_is_not_terminated_has_no_end():
    found, scan = scanned(b'{"id":1},{"id":2}')
    assert len(found) == 2
    assert not scan.ended


def test_lists_of_lists_are_one_stream():
    found, scan = scanned(b'{"id":1}],[{"id":2},{"id":3}],[],[{"id":4}]] rest', depth=2)
    assert [json.loads(text)["id"] for text, _ in found] == [1, 2, 3, 4]
    assert scan.ended
    assert not scanned(b'{"id":1}],[{"id":2}]', depth=2)[1].ended


def test_behind_a_broken_element_reading_goes_on_with_the_next():
    found, scan = scanned(b'{"id":1},{"id":oops},{"id":3}]')
    assert [whole for _, whole in found] == [True, False, True]
    assert found[1][0] == b'{"id":oops}'
    assert found[2][0].lstrip(b",") == b'{"id":3}'
    assert scan.ended


def test_an_object_within_a_broken_element_is_not_taken_for_the_next():
    found, _ = scanned(b'{"id":1,"x":nope,"y":[1,{"a":2}]},{"id":3}]')
    assert [text.lstrip(b",") for text, whole in found if whole] == [b'{"id":3}']


def test_a_cut_off_element_is_the_last_and_not_whole():
    found, scan = scanned(b'{"id":1},{"id":2,"s":"abc')
    assert found[-1] == (b'{"id":2,"s":"abc', False)
    assert scan.at == len(b'{"id":1},{"id":2,"s":"abc')


def test_an_empty_array_has_no_element():
    for body, ended in ((b"]", True), (b" \n]", True), (b"", False), (b" , ,", False)):
        found, scan = scanned(body)
        assert (found, scan.ended) == ([], ended)


def test_nesting_too_deep_to_be_read_is_one_broken_element():
    found, _ = scanned(b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b'},{"id":2}]')
    assert [whole for _, whole in found] == [False, True]


@pytest.mark.parametrize("unit", [b'{"id":x},', b"{,{", b'{"id":1,{', b'x,{"a":1}', b'"'])
def test_a_text_full_of_errors_takes_linear_time(unit):
    began = time.perf_counter()
    scanned(unit * (200_000 // len(unit)))
    assert time.perf_counter() - began < 20


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda some: (
        st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=3), some, max_size=3)
    ),
    max_leaves=5,
)


@given(elements=st.lists(st.dictionaries(st.text(max_size=3), values, max_size=3), max_size=6),
       indent=st.sampled_from([None, 1]))  # fmt: skip
@settings(max_examples=50)
def test_whole_elements_are_those_that_json_reads(elements, indent):
    body = json.dumps(elements, indent=indent).encode()[1:]
    found, scan = scanned(body)
    assert [json.loads(text) for text, _ in found] == elements
    assert all(whole for _, whole in found)
    assert scan.ended
    assert scan.at == len(body)


@given(
    body=st.binary(max_size=80) | st.text('{}[],":id1 \\', max_size=80).map(str.encode),
    depth=st.integers(1, 3),
)
@settings(max_examples=100)
def test_any_bytes_are_read_forward_without_overlap(body, depth):
    scan, before = Scan(body, depth, looks), 0
    for start, end, _ in scan:
        assert before <= start < end <= len(body)
        before = end
