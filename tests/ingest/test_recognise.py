import ast

import pytest

from perfkit.errors import InputError, UnknownFormat
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.ingest import recognise as module
from perfkit.ingest.recognise import recognise


def test_each_input_is_recognised_with_a_reason(log, requests_log, server_spans):
    for head, name in [
        (log, "postgres-stderr"), (requests_log, "structlog-json"), (server_spans, "otlp-json"),
    ]:  # fmt: skip
        found, reason = recognise(head, "any.name")
        assert found.name == name
        assert reason


def claiming(*pairs):
    return [
        Format(
            name=name, title=name.upper(), cut=len, parse=lambda chunk: Parsed(),
            recognises=lambda head, sure=sure: Recognition(confidence=sure, reason=f"{sure}"),
        )
        for name, sure in pairs
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pairs", "winner"),
    [
        ((("a", 0.4), ("b", 0.0)), "a"),
        ((("a", 0.5), ("b", 0.9)), "b"),
        ((("a", 0.42), ("b", 0.39)), "a"),  # the other does not claim it
    ],
)
def test_the_surest_wins(monkeypatch, pairs, winner):
    monkeypatch.setattr(module, "formats", lambda: claiming(*pairs))
    assert recognise(b"x", "f")[0].name == winner


def test_two_that_are_as_sure_are_both_named(monkeypatch):
    monkeypatch.setattr(module, "formats", lambda: claiming(("a", 0.90), ("b", 0.88)))
    with pytest.raises(UnknownFormat, match=r"f: may be A \(0\.9\) or B \(0\.88\)") as error:
        recognise(b"x", "f")
    assert "format='a'" in error.value.hint


@pytest.mark.parametrize(
    ("head", "said", "hint"),
    [
        ("text".encode("utf-16"), "is text in UTF-16", 'encoding="utf-16"'),
        (b"\x7fELF\x02\0\0", "is a binary file", "load logs"),
        (b"Dear diary,\n", "none of the formats", "perfkit.load("),
        (b"", "none of the formats", "perfkit.load("),
    ],
)
def test_what_nobody_knows_is_answered_in_a_sentence(head, said, hint):
    with pytest.raises(InputError, match=said) as error:
        recognise(head, "x")
    assert hint in error.value.hint


def called(hint):
    """Return the call in a hint; it has to be valid Python."""
    begin, last = hint.index("perfkit.load("), 'tz="UTC")'
    return ast.parse(hint[begin : hint.index(last) + len(last)], mode="eval").body


@pytest.mark.parametrize(
    ("head", "columns", "unit"),
    [
        (b"when,took\n", {"took": "duration_ms"}, "ms"),
        (b"timestamp;status;elapsed_s\n",
         {"timestamp": "started_at", "status": "status", "elapsed_s": "duration_ms"}, "s"),
        (b"path|duration_us\r\n", {"path": "path", "duration_us": "duration_ms"}, "us"),
        (b'"a ""b""",method\n', {"method": "method", "took": "duration_ms"}, "ms"),
        (b'{"verb": "GET", "x": 1}\n', {"verb": "method", "took": "duration_ms"}, "ms"),
        (b"{broken\n", {"took": "duration_ms"}, "ms"),
        (b"time,date\n", {"time": "started_at", "took": "duration_ms"}, "ms"),  # one of two times
    ],
)  # fmt: skip
def test_the_hint_is_a_call_filled_in_from_the_header(head, columns, unit):
    with pytest.raises(UnknownFormat) as error:
        recognise(head, "x.csv")
    call = called(error.value.hint)
    options = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
    assert ast.literal_eval(call.args[0]) == "x.csv"
    assert options["columns"] == columns
    assert (options["unit"], options["table"]) == (unit, "requests")


@pytest.mark.parametrize("name", ["a'b.csv", 'a"b', "x\\y", "a\x1b[2J"])
def test_the_hint_is_valid_python_whatever_the_name(name):
    with pytest.raises(UnknownFormat) as error:
        recognise(b"method\x1b[2J,took\n", name)
    assert ast.literal_eval(called(error.value.hint).args[0]) == name
    assert "\x1b" not in error.value.hint


def test_recognised_inputs_can_be_parsed(log):
    found, _ = recognise(log, "x")
    assert found.parse(Chunk.whole(log)).used == 100


def test_a_header_that_ends_with_a_lone_carriage_return_is_a_header():
    with pytest.raises(UnknownFormat) as caught:
        recognise(b"when,took_ms\rmore\r1,2\r", "x.csv")
    assert '"took_ms": "duration_ms"' in caught.value.hint


def test_json_that_is_nested_without_end_is_no_header():
    with pytest.raises(UnknownFormat):
        recognise(b'{"a":' * 12_000, "x.json")


@pytest.mark.parametrize(
    "line",
    [
        b'ts=2026-11-21T21:56:50+00:00|ip=::1|"GET" "/a" HTTP/1.1|st=200|rt=0.012\n',
        b"21/Nov/2026:22:01:06 +0000 127.0.0.1 0.025 201 306 POST /a HTTP/1.1\n",
        b"[2026-11-21T22:00:37.850Z] 99c0 GET /a HTTP/1.1 200 8.7ms\n",
    ],
)
def test_a_servers_own_layout_is_answered_with_the_option_that_reads_it(line):
    with pytest.raises(UnknownFormat) as error:
        recognise(line * 60, "own.log")
    assert error.value.hint.startswith("perfkit.load('own.log', log_format=")


def test_prose_with_a_verb_is_no_servers_layout():
    with pytest.raises(UnknownFormat) as error:
        recognise(b"please GET /the/book\nand\nread\nit\n", "own.log")
    assert "log_format" not in error.value.hint
