import bz2
import gzip
import io
import lzma

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import InputError
from perfkit.ingest import packed
from perfkit.ingest.packed import Unpacked


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


PACKINGS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd}
ALL = 1 << 40


class Dripping(io.RawIOBase):
    """Gives a few bytes at a time, as a pipe does."""

    def __init__(self, data):
        self._data = io.BytesIO(data)

    def readable(self):
        return True

    def read(self, size=-1):
        return self._data.read(min(size, 3) if size >= 0 else 3)


@given(
    data=st.binary(max_size=3000), name=st.sampled_from([*PACKINGS, ""]), size=st.integers(1, 999)
)
def test_bytes_come_back_whatever_the_packing_and_the_read_size(data, name, size):
    raw = PACKINGS[name](data) if name else b"plain " + data
    unpacked = Unpacked(io.BytesIO(raw), "x")
    pieces = list(iter(lambda: unpacked.read(size), b""))
    assert b"".join(pieces) == (data if name else raw)
    assert all(len(piece) == size for piece in pieces[:-1])
    assert (unpacked.packing, unpacked.damage) == (name, "")
    assert unpacked.size_bytes == len(raw)


@pytest.mark.parametrize("name", PACKINGS)
def test_a_stream_that_drips_is_read_whole(name):
    data = b"some text " * 50
    assert Unpacked(Dripping(PACKINGS[name](data)), "x").read(ALL) == data


@pytest.mark.parametrize("name", PACKINGS)
def test_a_cut_file_gives_what_came_before_and_says_so(name):
    data = bytes(range(256)) * 4000
    raw = PACKINGS[name](data)
    unpacked = Unpacked(io.BytesIO(raw[: len(raw) // 2]), "x")
    got = unpacked.read(ALL)
    assert data.startswith(got)
    assert len(got) < len(data)
    assert unpacked.damage.startswith(f"the {name} data is cut off or damaged")
    assert unpacked.read(10) == b""


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
def test_a_damaged_file_is_damage_and_no_exception(name):
    raw = bytearray(PACKINGS[name](b"some text " * 1000))
    raw[len(raw) // 2] ^= 0xFF
    unpacked = Unpacked(io.BytesIO(bytes(raw)), "x")
    unpacked.read(ALL)
    assert unpacked.damage


@pytest.mark.parametrize("data", [b"", b"\x1f", b"B", b"BZ", b"\xfd7zX"])
def test_short_inputs_are_plain(data):
    unpacked = Unpacked(io.BytesIO(data), "x")
    assert (unpacked.packing, unpacked.read(ALL)) == ("", data)


def test_several_members_of_gzip_are_one_file():
    raw = gzip.compress(b"one ") + gzip.compress(b"two")
    assert Unpacked(io.BytesIO(raw), "x").read(ALL) == b"one two"


def test_text_streams_become_utf_8_and_count_their_bytes():
    unpacked = Unpacked(io.StringIO("é" * 5), "x")
    assert unpacked.read(ALL) == ("é" * 5).encode()
    assert unpacked.size_bytes == 10


def test_the_users_stream_stays_open():
    stream = io.BytesIO(gzip.compress(b"x"))
    unpacked = Unpacked(stream, "x")
    unpacked.read(ALL)
    del unpacked
    assert not stream.closed


def test_what_expands_suspiciously_is_refused_in_time(monkeypatch):
    monkeypatch.setattr(packed, "BOMB_BYTES", 1 << 20)
    unpacked = Unpacked(io.BytesIO(gzip.compress(b"\0" * (64 << 20))), "bomb.gz")
    with pytest.raises(InputError, match=r"bomb\.gz: expands to more than 300 times"):
        unpacked.read(ALL)


@pytest.mark.parametrize("kind", PACKINGS)
def test_a_bomb_is_refused_before_much_of_it_is_handed_out(kind):
    data = b"a line of a log\n" * 50 + b"\n" * (70 << 20)
    unpacked = Unpacked(io.BytesIO(PACKINGS[kind](data)), "bomb")
    pieces = iter(lambda: unpacked.read(1 << 20), b"")
    given = []
    with pytest.raises(InputError, match="bomb: expands to more than 300 times"):
        given.extend(pieces)
    assert len(given) < 10


@pytest.mark.parametrize("size", [999_999, 1 << 20, ALL])
@pytest.mark.parametrize("kind", PACKINGS)
def test_what_only_begins_like_a_bomb_is_read_as_it_is(kind, size):
    data = b"\n" * (12 << 20) + b"the end"
    unpacked = Unpacked(io.BytesIO(PACKINGS[kind](data)), "x")
    pieces = list(iter(lambda: unpacked.read(size), b""))
    assert b"".join(pieces) == data
    assert {len(piece) for piece in pieces[:-1]} <= {size}
    assert not unpacked.damage


def test_a_device_that_fails_is_a_sentence():
    class Failing(io.RawIOBase):
        def readable(self):
            return True

        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(InputError, match=r"disk\.log: cannot be read \(Input/output error\)"):
        Unpacked(Failing(), "disk.log").read(1)


def test_a_line_without_end_that_is_nothing_but_blanks_is_refused_early():
    packed_data = gzip.compress(b"a" + b" " * (80 << 20))
    unpacked = Unpacked(io.BytesIO(packed_data), "x.gz")
    with pytest.raises(InputError, match="expands to more than 300 times"):
        unpacked.read(1 << 27)


def test_what_is_damaged_from_the_beginning_says_so():
    unpacked = Unpacked(io.BytesIO(gzip.compress(b"text\n" * 100)[:10]), "x.gz")
    assert unpacked.read(10) == b""
    assert "cut off or damaged" in unpacked.damage
