"""What rsyslog escapes (``#`` and three octal digits), and what only looks like it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.ingest.envelopes.escapes import unescaped


def _unescaped(*texts: bytes) -> list[bytes]:
    return unescaped(pa.array(texts, pa.large_binary()), b"\n".join(texts)).to_pylist()


def _as_rsyslog_does(text: str) -> bytes:
    return "".join(f"#{ord(c):03o}" if c in "\t\n\r" else c for c in text).encode()


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.text("ghi xyz=\t\n\r€]", max_size=20), min_size=1, max_size=5))
def test_messages_come_back_as_they_were_sent(texts):
    assert _unescaped(*map(_as_rsyslog_does, texts)) == [text.encode() for text in texts]


@pytest.mark.parametrize("colour", ["#011627", "#012fff", "#015ABC"])
@pytest.mark.parametrize("before", ["'", '"', ":", ";", ",", "=", "(", ">", "color "])
@pytest.mark.parametrize("behind", ["", "'", " x", "g"])
def test_a_colour_is_left_alone(before, colour, behind):
    text = f"{before}{colour}{behind}".encode()
    assert _unescaped(text) == [text]


def test_a_tab_behind_a_colour_in_the_same_message_is_still_a_tab():
    assert _unescaped(b"select '#011627'#011from#012t") == [b"select '#011627'\tfrom\nt"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"x#011abc", b"x\tabc"),
        (b"#012abc", b"\nabc"),
        (b"LOG:#011#011x", b"LOG:\t\tx"),
        (b"='#0116277'", b"='\t6277'"),
        (b"[3-1] #011abc", b"[3-1] \tabc"),
        (b"#01", b"#01"),
        (b"#013#010#0", b"#013#010#0"),
        (b"\xff#012\xfe", b"\xff\n\xfe"),
        (b"", b""),
    ],
)
def test_what_follows_an_escape_decides(text, wanted):
    assert _unescaped(text) == [wanted]


def test_one_message_with_a_colour_changes_no_other():
    assert _unescaped(b"a#011b", b"'#011627'", b"", b"c#012d") == [
        b"a\tb",
        b"'#011627'",
        b"",
        b"c\nd",
    ]
