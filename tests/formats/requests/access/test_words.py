"""Finding and comparing bytes, beside what Python's own methods say."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.access.words import Text, filled


def test_lines_are_without_line_ends():
    text = Text.of(b"one\n\nthree")
    assert [text.line(row) for row in range(len(text))] == [b"one", b"", b"three"]
    assert len(Text.of(b"")) == 0


@given(st.binary(max_size=700), st.integers(0, 255), st.integers(0, 20))
def test_a_byte_is_found_where_bytes_find_it(data, byte, begin):
    data = data.replace(b"\n", b"")
    text = Text.of(data + b"\n" + bytes([byte]) * 8)
    begin = min(begin, len(data))
    expected = data.find(bytes([byte]), begin)
    if expected - begin >= 512:
        expected = -1  # left to whoever reads one line
    found = text.seek(np.array([begin]), np.array([len(data)]), byte)
    assert found.tolist() == [expected]


@given(st.binary(min_size=1, max_size=60), st.binary(min_size=1, max_size=20))
def test_a_literal_stands_where_it_stands(data, literal):
    text = Text.of(data)
    places = np.arange(len(data))
    expected = [(data + bytes(64)).startswith(literal, place) for place in places]
    assert text.has(places, literal).tolist() == expected


def test_bytes_behind_places_are_rows():
    text = Text.of(b"abcdef")
    assert text.matrix(np.array([0, 2]), 3).tobytes() == b"abccde"
    assert text.words(np.array([1])).tolist() == [int.from_bytes(b"bcdef\0\0\0", "little")]
    assert filled(0x20) == 0x2020202020202020
