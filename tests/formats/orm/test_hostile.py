"""All formats of this package with bytes nobody meant for them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.formats.orm import (
    django,
    hibernate,
    node_postgres,
    p6spy,
    rails,
    sequelize,
    sqlalchemy_echo,
    sqlalchemy_timing,
    typeorm,
)
from perfkit.formats.requests import asyncio_debug

FORMATS = {
    module.FORMAT.name: module.FORMAT
    for module in (django, hibernate, node_postgres, p6spy, rails, sequelize, sqlalchemy_echo,
                   sqlalchemy_timing, typeorm, asyncio_debug)
}  # fmt: skip
ALL = pytest.mark.parametrize("name", FORMATS)
PIECES = [
    b"(0.005) ",
    b"SELECT 1",
    b"; args=(1,)",
    b"; alias=default",
    b"Executing (default): ",
    b"Executed (default): ",
    b" Elapsed time: 5ms",
    b"  User Load (0.6ms)  ",
    b'  [["id", 1]]',
    b'Started GET "/x" for ::1 at 2026-11-21 11:00:00 +0000',
    b"Processing by A#b as HTML",
    b"Completed 200 OK in 12ms (ActiveRecord: 3.2ms)",
    b"[req-1] ",
    b"Hibernate: ",
    b"org.hibernate.SQL : ",
    b"SlowQuery: 12 milliseconds. SQL: '",
    b"Session Metrics {",
    b"    5 nanoseconds spent executing 3 JDBC statements;",
    b"1795258800123|5|statement|connection 0|",
    b"|url jdbc:x:y|",
    b"# 1 | took 5ms | statement | connection 0",
    b"executed query { text: 'SELECT 1'",
    b", duration: 5 }",
    b"{",
    b"}",
    b"prisma:query ",
    b"query: ",
    b"query is slow: ",
    b"execution time: 5",
    b"Start Query: ",
    b"Total Time: 0.5",
    b"Query Complete!",
    b"2026-13-41 99:00:00,123 ",
    b"0000-00-00 00:00:00 +99:99 ",
    b"9999-12-31 23:59:59 -2359 ",
    b"Executing <Task> took 0.100 seconds",
    b"binding parameter (1:VARCHAR) <- [x]",
    b"\n",
    b"\n",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff\xfe",
    b"\x1b[1m",
    b"\n  ",
    b"'",
    b"|",
    b"%",
    b"\xc3\xa9",
]


def _lines(data):
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


@ALL
@settings(max_examples=30, deadline=None)
@given(parts=st.lists(st.sampled_from(PIECES) | st.binary(max_size=5), max_size=60),
       size=st.integers(1, 300))  # fmt: skip
def test_any_bytes_are_accounted_for(read, accounts, name, parts, size):
    data = b"".join(parts)
    assert 0 <= FORMATS[name].recognises(data).confidence <= 1
    accounts(read(FORMATS[name], data), _lines(data))
    accounts(read(FORMATS[name], data, size=size), _lines(data))


@ALL
@pytest.mark.parametrize(
    "unit",
    [b"a", b" ", b"[", b"{ ", b"a-1-", b"(0.005) ", b"|1|", b"Executed (", b"\\'", b"2026-11-21 "],
)
def test_one_long_line_takes_linear_time(accounts, read, name, unit):
    item = FORMATS[name]

    def took(size):
        data = (b"Hibernate: select " + unit * (size // len(unit)))[:size] + b"\n"
        began = time.process_time()
        item.recognises(data[:65536])
        accounts(read(item, data), 1)
        return time.process_time() - began

    took(1000)
    assert took(400_000) < 8 * max(took(100_000), 0.05)


@ALL
def test_application_logs_are_not_claimed(name):
    lines = [
        b"2026-11-21 11:00:00,123 INFO app.views Rendered page in 12ms",
        b'INFO:     127.0.0.1:5000 - "GET /x?query=SELECT HTTP/1.1" 200 OK',
        b'127.0.0.1 - - [21/Nov/2026:11:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"',
        b'{"event": "request_finished", "duration_ms": 5, "path": "/x", "method": "GET"}',
        b"2026-11-21 11:00:00.123 UTC [7] LOG:  duration: 1.2 ms  statement: SELECT 1",
        b"Traceback (most recent call last):",
        b'  File "x.py", line 1, in <module>',
        b"query took (0.5) seconds; Executing plan",
        b"id,name|duration|statement",
        b"# Time: 2026-11-21T11:00:00Z",
        b"SELECT 1;",
    ]
    assert FORMATS[name].recognises(b"\n".join(lines * 20)).confidence == 0.0


@ALL
def test_nothing_usable_says_what_to_switch_on(read, name):
    parsed = FORMATS[name].parse
    from perfkit.formats.model import Chunk

    result = parsed(Chunk.whole(b"nothing\n"))
    assert (result.used, result.irrelevant) == (0, 1)
    assert result.missing
