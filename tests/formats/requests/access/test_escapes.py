"""What a server escapes comes back as it was."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.access.escapes import texts, unescaped


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_escaped_reads_back(escaped, text):
    assert unescaped(escaped(text.encode())) == text


@given(st.binary())
def test_any_bytes_read_back_somehow(escaped, raw):
    found = unescaped(escaped(raw))
    try:
        assert found == raw.decode()
    except UnicodeDecodeError:
        assert found == raw.decode("latin-1")


def test_json_escapes_read_back():
    assert unescaped(rb"\u0016\"\\\/\n") == '\x16"\\/\n'


def test_a_backslash_before_anything_else_stays():
    assert unescaped(rb"C:\dir \x4") == r"C:\dir \x4"


def test_texts_are_null_where_unknown_and_unescaped_where_needed(column):
    text, begin, end = column([b"plain", rb"\x41b", b"-", rb"\x42"])
    known = np.array([True, True, False, True])
    assert texts(text, begin, end, known, escaped=True).to_pylist() == ["plain", "Ab", None, "B"]
    verbatim = texts(text, begin, end, known, escaped=False).to_pylist()
    assert verbatim == ["plain", r"\x41b", None, r"\x42"]
