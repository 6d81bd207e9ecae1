"""Chunks of lines: every line is accounted for, whatever it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.model import KEPT_PER_REASON, Chunk
from perfkit.formats.requests.access.access_log import FORMAT
from perfkit.formats.requests.access.dialect import compiled
from perfkit.formats.requests.access.inferred import inferred
from perfkit.formats.requests.access.log_format import template_of
from perfkit.formats.requests.access.nginx import DIALECT
from perfkit.formats.requests.access.parse import parse_template
from perfkit.formats.requests.apps.application_log import FORMAT as APPLICATION

MIXED = Path(__file__).parents[1] / "apps" / "data" / "gunicorn_mixed.log"
RT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" $request_time'
)
LINE = (
    b'127.0.0.1 - - [10/Oct/2026:13:55:36 +0200] "GET /a?b=1 HTTP/1.1" 200 123 "-" "x (y; z)"'
    b" 0.250\n"
)
ODD = {
    "TLS on a plain port": (b'"GET /a?b=1 HTTP/1.1" 200', rb'"\x16\x03\x01\x02" 400', None),
    "an empty request line": (b'"GET /a?b=1 HTTP/1.1" 200', b'"" 400', None),
    "a time-out": (b'"GET /a?b=1 HTTP/1.1" 200', b'"-" 408', None),
    "HTTP/3": (b"HTTP/1.1", b"HTTP/3.0", "/a?b=1"),
    "no answer": (b"200 123", b"000 0", "/a?b=1"),
    "the client left": (b"200 123", b"499 0", "/a?b=1"),
    "a script": (b"/a?b=1", b"/<script>alert(1)</script>", "/<script>alert(1)</script>"),
    "a control character": (b"/a?b=1", rb"/\x1B[31m", "/\x1b[31m"),
    "raw control characters": (b"/a?b=1", b"/\x07\x01\0", "/\x07\x01\0"),
    "a long address": (b"/a?b=1", b"/" + b"a" * 100_000, "/" + "a" * 100_000),
    "escaped quotes": (b"x (y; z)", rb"\"x\" \x22y", "/a?b=1"),
    "bare quotes": (b"x (y; z)", b'x"y"z', "/a?b=1"),
    "a user with blanks": (b" - - [", b" - ann - lee [", "/a?b=1"),
    "IPv6": (b"127.0.0.1", b"2001:db8::ff00:42:8329", "/a?b=1"),
    "invalid UTF-8": (b"/a?b=1", b"/\xff\xfe", "/\xff\xfe"),
    "NULs before it": (b"127.0.0.1", bytes(4000) + b"127.0.0.1", "/a?b=1"),
    "an unknown duration": (b"0.250", b"-", "/a?b=1"),
}


def parse(data, template=None):
    return parse_template(template or template_of(RT), Chunk.whole(data))


@pytest.mark.parametrize("what", ODD)
def test_odd_lines_are_rows(what, accounts):
    plain, odd, path = ODD[what]
    found = parse(LINE + LINE.replace(plain, odd) + LINE)
    accounts(found, 3)
    rows = found.tables["requests"].to_pylist()
    assert [row["path"] for row in rows] == ["/a?b=1", path, "/a?b=1"]
    assert rows[1]["line"] == 2
    assert rows[1]["attributes"].strip(b"\0").startswith((b"127.0.0.1", b"2001"))


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (LINE[:60], "$request"),
        (LINE[:85], "$http_user_agent"),
        (LINE[40:], "$remote_addr"),
        (LINE[:-1] + LINE, "a value"),
        (b"hello world\n", "$remote_addr"),
        (LINE.replace(b"/Oct/", b"/Foo/"), "a value"),
        (LINE.replace(b"200 123", b"2x0 123"), "a value"),
        (LINE.replace(b"0.250", b"soon"), "a value"),
    ],
)
def test_what_does_not_fit_is_rejected_with_its_place(line, where, accounts):
    found = parse(LINE + line.rstrip(b"\n") + b"\n" + LINE)
    accounts(found, 3)
    (bad,) = found.rejected
    assert bad.line == 2
    assert where in bad.reason
    assert bad.text.startswith(line[:10].decode())


def test_other_lines_of_the_same_stream_are_irrelevant(accounts):
    others = (
        b"\n   \n2026/11/12 08:00:00 [error] 29#29: *1 open() failed\n\0\0\0\n"
        b"[Thu Nov 12 08:00:00.123456 2026] [core:notice] [pid 1] AH00094: Command line\n"
        b"/docker-entrypoint.sh: Configuration complete; ready for start up\n"
    )
    found = parse(LINE + others)
    accounts(found, 7)
    assert (found.used, found.irrelevant) == (1, 6)


def test_a_shared_log_rejects_nothing(accounts):
    template = compiled(DIALECT, RT, strict=False)
    found = parse(LINE + b"starting worker\n", template)
    accounts(found, 2)
    assert (found.used, found.irrelevant) == (1, 1)


def test_colours_and_other_line_ends_are_taken_off():
    found = parse(b"\x1b[32m" + LINE[:-1] + b"\x1b[0m\r\n" + LINE)
    assert found.used == 2


def test_lines_from_before_the_format_was_changed_are_rows_too(accounts):
    before = LINE.replace(b" 0.250", b"")
    data = LINE * 6 + before + b"broken\n" + LINE
    found = parse(data, inferred(data))
    accounts(found, 9)
    rows = found.tables["requests"].to_pylist()
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 9]
    assert [row["duration_ms"] for row in rows][5:] == [250.0, None, 250.0]
    assert "other_layout" in {note.kind for note in found.notes}


def test_a_format_may_change_columns():
    def adapt(fields, columns):
        return columns | {"kind": ["client"] * len(fields)}

    found = parse_template(template_of(RT), Chunk.whole(LINE), adapt=adapt)
    assert found.tables["requests"]["kind"].to_pylist() == ["client"]


def test_of_many_rejected_lines_the_first_are_kept():
    found = parse(b"no\n" * (KEPT_PER_REASON + 5))
    assert (len(found.rejected), found.rejected_lines) == (KEPT_PER_REASON, KEPT_PER_REASON + 5)
    assert not found.tables


def test_times_without_a_zone_are_noted():
    template = template_of("%{%Y-%m-%d %H:%M:%S}t|%s")
    found = parse_template(template, Chunk.whole(b"2026-10-10 12:00:00|200\n", "Europe/Berlin"))
    assert [note.kind for note in found.notes] == ["timezone_assumed"]


LINES = st.lists(
    st.sampled_from(
        [LINE, *(LINE.replace(old, new) for old, new, _ in ODD.values()), b"\n", b"no\n"]
    ),
    max_size=30,
)


@given(LINES, st.integers(1, 5000))
def test_chunks_of_any_size_give_the_same(parsed, accounts, lines, size):
    data = LINE * 3 + b"".join(lines)
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    accounts(cut, len(lines) + 3)
    assert cut.rejected == whole.rejected
    assert cut.tables["requests"].to_pylist() == whole.tables["requests"].to_pylist()


@given(LINES)
def test_line_by_line_and_all_at_once_agree(lines):
    chunk = Chunk.whole(LINE + b"".join(lines))
    at_once, singly = (parse_template(template_of(RT), chunk, plainly=how) for how in (True, False))
    assert at_once.tables["requests"].equals(singly.tables["requests"])
    assert at_once.rejected == singly.rejected


MUTATIONS = st.lists(st.tuples(st.integers(0, len(LINE) * 3), st.binary(max_size=3)), max_size=6)


@given(MUTATIONS, st.sampled_from([RT, "$request_time $status", "$host$request_uri", '"$request"']))
def test_no_bytes_raise(accounts, mutations, log_format):
    data = LINE * 3
    for place, other in mutations:
        data = data[:place] + other + data[place + 1 :]
    for template in (template_of(log_format), inferred(data)):
        if template is not None and data:
            accounts(parse(data, template), data.count(b"\n") + (not data.endswith(b"\n")))


@given(st.binary(max_size=300))
def test_no_bytes_at_all_raise(accounts, data):
    FORMAT.recognises(data)
    accounts(parse(data), data.count(b"\n") + bool(data and not data.endswith(b"\n")))


@pytest.mark.parametrize("size", [None, 300, 4000])
def test_what_gunicorn_says_between_many_requests_is_events_not_rejects(parsed, accounts, size):
    mixed = (MIXED.read_bytes().rstrip(b"\n") + b"\n").replace(b"\r", b"")
    many = b'::1 - - [21/Nov/2026:20:47:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "-"\n' * 400
    found = parsed(FORMAT, many + mixed + many, size=size)
    alone = parsed(APPLICATION, mixed)
    accounts(found, (many + mixed + many).count(b"\n"))
    assert "WORKER TIMEOUT" in mixed.decode("utf-8", "replace")
    kinds = found.tables["events"]["kind"].to_pylist()
    assert kinds == alone.tables["events"]["kind"].to_pylist()
    assert "worker_timeout" in kinds
    assert found.tables["requests"].num_rows == 800 + alone.tables["requests"].num_rows
    assert found.rejected_lines == 0
