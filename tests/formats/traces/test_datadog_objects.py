"""Objects wherever they lie in a text: all whole ones, each once, in linear time."""

import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats.traces.datadog_objects import as_text, encoded, pieces

BEGINS = re.compile(r'(?=\{\s*"id")')


def found(text):
    return [(piece.value, text[piece.begin : piece.end]) for piece in pieces(text, BEGINS)]


def test_objects_are_found_in_pages_and_lists_of_pages_and_lines():
    for text in (
        '[{"id": 1},{"id":2}]',
        '{"data":[[{"id": 1}],{"id":2}]}',
        '{"id": 1}\n{"id":2}\n',
    ):
        assert [value for value, _ in found(text)] == [{"id": 1}, {"id": 2}]


def test_an_object_within_an_object_is_no_other():
    assert [value for value, _ in found('{"id":1,"in":{"id":2}}')] == [{"id": 1, "in": {"id": 2}}]


def test_where_an_object_is_is_told():
    assert found(' [{"id":1} ]')[0][1] == '{"id":1}'


def test_what_is_cut_off_is_a_piece_without_a_value():
    (first, broken) = found('[{"id":1},{"id":2,"s":"ab')
    assert first[0] == {"id": 1}
    assert broken[0] is None


def test_behind_a_broken_object_reading_goes_on():
    assert [value for value, _ in found('{"id":x},{"id":2}')] == [None, {"id": 2}]


def test_nesting_too_deep_is_skipped():
    text = '{"id":' + "[" * 100_000 + '{"id":7},{"id":8}'
    assert [value for value, _ in found(text)][-1] == {"id": 8}


@pytest.mark.parametrize("unit", ['{"id":x', '{"id":"', '{"id":{"id":', '{"id" '])
def test_a_text_full_of_errors_takes_linear_time(unit):
    began = time.perf_counter()
    assert all(value is None for value, _ in found(unit * (400_000 // len(unit))))
    assert time.perf_counter() - began < 20


def test_many_errors_hide_no_whole_object():
    assert [v for v, _ in found('{"id":x},' * 200 + '{"id":7}') if v] == [{"id": 7}]


@given(
    objects=st.lists(
        st.dictionaries(st.text(max_size=3), st.text(max_size=5) | st.integers(), max_size=3),
        max_size=6,
    ),
    gap=st.sampled_from(["", ",", "\n", " ]}, [", '"x":']),
)
@settings(max_examples=60)
def test_all_whole_objects_are_found_each_once(objects, gap):
    objects = [{"id": 0} | one for one in objects]
    text = gap.join(map(json.dumps, objects))
    assert [value for value, _ in found(text)] == objects


@given(text=st.text('{}[]":,id \\x1', max_size=60))
def test_any_text_is_read_forward(text):
    at = 0
    for piece in pieces(text, BEGINS):
        assert at <= piece.begin <= piece.end <= len(text) + 1
        at = piece.end


def test_bytes_that_are_no_utf8_are_read_and_told():
    assert as_text(b'{"a":"\xc3\xa9"}') == ('{"a":"é"}', [])
    text, notes = as_text(b'{"a":"\xe9"}')
    assert text == '{"a":"é"}'
    assert len(notes) == 1


def test_halves_of_surrogates_do_not_reach_arrow():
    text, _ = as_text(b'{"a":"\\ud800"}')
    json.loads(text)["a"].encode()


@pytest.mark.parametrize("value", [{"a": 10**40}, {"a": [1, None, True, "é"]}, {}, [], "x", None])
def test_what_is_encoded_is_read_again(value):
    assert json.loads(encoded(value)) == value


def test_what_nobody_can_encode_is_an_empty_object():
    circle = []
    circle.append(circle)
    assert encoded({"a": circle}) == b"{}"
