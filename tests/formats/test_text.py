import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.lines import count_lines
from perfkit.formats.text import to_utf8, without_halves

pieces = st.lists(st.sampled_from([b"a", b"\xff", b"\r\n", b"\n", "é".encode(), b"\xc3"]))


@given(pieces.map(b"".join))
def test_any_bytes_become_valid_text_with_as_many_lines(data):
    found, notes = to_utf8(data)
    found.decode()
    assert count_lines(found) == count_lines(data)
    assert b"\r\n" not in found
    assert bool(notes) != (found == data.replace(b"\r\n", b"\n"))


def test_valid_lines_beside_broken_ones_stay_as_they_are():
    assert to_utf8("é\n".encode() + b"\xe9\n")[0].decode() == "é\né\n"


@given(st.text(), st.integers(0, 4))
def test_json_without_halves_of_characters_is_the_same_json(text, backslashes):
    value = [text, "\\" * backslashes + "ud800", "\U0001f600"]
    assert json.loads(without_halves(json.dumps(value))) == value


@pytest.mark.parametrize(
    ("escaped", "wanted"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"\uDC00\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\ud800\ud83d\uDE00\ud83d"', "\ufffd\U0001f600\ufffd"),
        (r'"\\ud800"', r"\ud800"),
    ],
)
def test_halves_of_characters_are_replaced(escaped, wanted):
    assert json.loads(without_halves(escaped)) == wanted
