"""Chunks are whole records, whatever size is asked for, and together they are the input."""

import io

from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Format, Recognition
from perfkit.ingest.packed import Unpacked
from perfkit.ingest.pieces import Pieces, Terms, Text

LINES = Format(
    name="lines",
    title="lines",
    recognises=lambda _: Recognition(confidence=1.0),
    cut=cut_at_line,
    parse=lambda _: None,
    holds=lambda data, before: (before or 0) + data.count(b"a"),
)


def cut(data, size, **options):
    text = Text(Unpacked(io.BytesIO(data), "x"))
    return list(Pieces(text, LINES, Terms(), size=size, **options))


contents = st.lists(st.sampled_from([b"a", b"bcd", b"\n", b"\xc3\xa9"])).map(b"".join)


@given(contents, st.integers(1, 50))
def test_chunks_end_at_lines_and_join_to_the_input(data, size):
    found = [piece.loaded() for piece in cut(data, size)]
    assert b"".join(chunk.data for chunk in found) == data
    assert all(chunk.data.endswith(b"\n") for chunk in found[:-1])
    assert [chunk.first for chunk in found] == [True, *[False] * (len(found) - 1)][: len(found)]
    assert all(chunk.head == data for chunk in found)


def test_a_record_longer_than_a_chunk_is_not_cut():
    data = b"x" * 5000 + b"\ny\n"
    sizes = [piece.size for piece in cut(data, 10)]
    assert sum(sizes) == len(data)
    assert sizes[0] >= 5001


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), max_size=200))
def test_encodings_are_converted_whatever_the_read_size(text):
    data = text.encode("utf-16-le")
    found = Text(Unpacked(io.BytesIO(data), "x"), "utf-16-le")
    pieces = iter(lambda: found.read(3), b"")
    assert b"".join(pieces) == text.encode()
