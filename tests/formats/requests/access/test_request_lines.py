"""Request lines, one by one and beside a plain reading."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.access.request_lines import methods, request_lines

CASES = {
    b"GET /x HTTP/1.1": ("GET", "/x"),
    b"GET /x?a=b c HTTP/2.0": ("GET", "/x?a=b c"),
    b"POST /x HTTP/3.0": ("POST", "/x"),
    b"GET /x HTTP/2": ("GET", "/x"),
    b"GET /old": ("GET", "/old"),
    b"PROPFIND /dav HTTP/1.1": ("PROPFIND", "/dav"),
    b"VERSION-CONTROL /dav HTTP/1.1": ("VERSION-CONTROL", "/dav"),
    b"OPTIONS * HTTP/1.0": ("OPTIONS", "*"),
    b"CONNECT host:443 HTTP/1.1": ("CONNECT", "host:443"),
    b"GET http://host/x HTTP/1.1": ("GET", "http://host/x"),
    b"/half/a/line": (None, "/half/a/line"),
    b"-": (None, None),
    b"": (None, None),
    b"GET": (None, None),
    b"GET  HTTP/1.1": (None, None),
    b"\\x16\\x03\\x01\\x02": (None, None),
    b"get /x HTTP/1.1": (None, None),
    b"quit now": (None, None),
}


def read(column, values):
    text, begin, end = column(values)
    found = request_lines(text, begin, end)
    spans = zip(found.begin.tolist(), found.end.tolist(), found.known.tolist(), strict=True)
    paths = [text.data[at:stop].decode() if known else None for at, stop, known in spans]
    return list(zip(found.method.to_pylist(), paths, strict=True))


@pytest.mark.parametrize("line", CASES)
def test_a_line(column, line):
    assert read(column, [line]) == [CASES[line]]


def test_all_lines_at_once(column):
    assert read(column, list(CASES)) == list(CASES.values())


@given(
    st.lists(
        st.builds(
            "{} {}{}".format,
            st.sampled_from(["GET", "POST", "DELETE", "X", "PURGE", "MKCALENDAR"]),
            st.from_regex(r"\A/[ -~]{0,30}[!-~]\Z"),
            st.sampled_from([" HTTP/1.1", " HTTP/2.0", " HTTP/2"]),
        ),
        min_size=1,
    )
)
def test_what_is_a_request_line_is_taken_apart(column, lines):
    expected = [re.fullmatch(r"(\S+) (.*) HTTP/\S+", line).groups() for line in lines]
    assert read(column, [line.encode() for line in lines]) == expected


def test_methods_alone(column):
    text, begin, end = column([b"GET", b"-", b"PROPPATCH", b"nonsense", b""])
    assert methods(text, begin, end).to_pylist() == ["GET", None, "PROPPATCH", None, None]
