"""Heroku: ``heroku logs`` and the lines of its drains."""

from __future__ import annotations

import io

import perfkit

LOGS = b"""\
2026-11-21T11:00:00.123456+00:00 heroku[router]: at=info method=GET path="/" dyno=web.1 service=18ms
2026-11-21T11:00:01.000000+00:00 app[web.1]: {"event":"request","path":"/"}
2026-11-21T11:00:02+00:00 app[postgres.13761]: [DATABASE] [7-1]  sql_error_code = 00000 LOG:  \
duration: 4822.012 ms  statement: BEGIN READ ONLY;
2026-11-21T11:00:02+00:00 app[postgres.13762]: [DATABASE] [8-1]  sql_error_code = 00000 LOG:  x
2026-11-21T11:00:02+00:00 app[postgres.13761]: [DATABASE] [7-2]       SELECT column
"""
DRAIN = (
    b"290 <134>1 2022-03-24T23:59:39+00:00 host app postgres.1127530 - [GREEN] [14-1]  "
    b"sql_error_code = 00000 LOG:  duration: 2688.600 ms  execute <unnamed>: SELECT 1\n"
    b"83 <158>1 2022-03-24T23:59:40.5+00:00 host heroku router - at=info method=GET service=1ms\n"
)


def test_each_source_is_a_stream_and_the_router_keeps_its_beginning(take):
    taken = take(LOGS)
    assert taken.name == "heroku"
    assert taken.streams["heroku[router]"] == [LOGS.splitlines()[0]]
    assert taken.streams["app[web.1]"] == [b'{"event":"request","path":"/"}']


def test_postgresql_is_brought_together_and_indented(take):
    taken = take(LOGS)
    assert taken.streams["app[postgres]"] == [
        b" sql_error_code = 00000 LOG:  duration: 4822.012 ms  statement: BEGIN READ ONLY;",
        b"\t      SELECT column",
        b" sql_error_code = 00000 LOG:  x",
    ]
    assert taken.line["app[postgres]"] == [3, 5, 4]
    assert taken.process["app[postgres]"] == [13761, 13761, 13762]


def test_colours_are_taken_off(take):
    coloured = LOGS.replace(b"2026", b"\x1b[36m2026").replace(b"]: ", b"]:\x1b[0m ")
    assert take(coloured).streams == take(LOGS).streams


def test_drains_are_read_as_the_command_line_writes(take):
    taken = take(DRAIN)
    assert taken.name == "syslog-5424"
    assert taken.streams["heroku[router]"] == [
        b"2022-03-24T23:59:40.5+00:00 heroku[router]: at=info method=GET service=1ms"
    ]
    [line] = taken.streams["app[postgres]"]
    assert line.startswith(b" sql_error_code = 00000 LOG:  duration: 2688.600 ms")
    assert taken.process["app[postgres]"] == [1127530]


def test_the_routers_lines_are_unwrapped_once():
    line = (
        '2026-11-21T11:00:00.123456+00:00 heroku[router]: at=info method=GET path="/a" host=h'
        ' request_id=r fwd="::1" dyno=web.1 connect=0ms service=18ms status=200 bytes=1\n'
    )
    rec = perfkit.load(io.BytesIO(line.encode() * 20))
    (source,) = rec.inputs
    assert source.name.count("heroku[router]") == source.reason.count("heroku logs") == 1
    assert (source.format, source.used) == ("heroku-router", 20)
