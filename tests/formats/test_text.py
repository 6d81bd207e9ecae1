from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.lines import count_lines
from perfkit.formats.text import to_utf8

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
