"""Docker's json-file driver: what its fields say, and what is no such line."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.containers.docker_json import ENVELOPE

AT = 1_795_258_800 * 10**9  # 2026-11-21T11:00:00Z


def _line(log: str | None, stream: str = "stdout", time: str = "2026-11-21T11:00:00Z") -> bytes:
    record = {} if log is None else {"log": log}
    return json.dumps({**record, "stream": stream, "time": time}).encode() + b"\n"


def test_an_empty_log_is_left_out_by_docker_and_goes_on():
    taken = ENVELOPE.unwrap(_line("a") + _line(None) + _line("b\n"), None)
    assert [piece.data for piece in taken.pieces] == [b"ab\n"]
    assert (taken.irrelevant, taken.lines) == (2, 3)


def test_a_last_line_without_its_end_is_given_out_at_the_end(take):
    taken = take(_line("whole\n") + _line("no end"), "docker-json-file")
    assert taken.only == [b"whole", b"no end"]
    assert taken.line["stdout"] == [1, 2]


def test_a_line_with_an_empty_text_is_an_empty_line(take):
    assert take(_line("\n") + _line("x\n"), "docker-json-file").only == [b"", b"x"]


def test_a_time_that_is_none_costs_the_time_and_not_the_line(take):
    taken = take(_line("a\n", time="yesterday") + _line("b\n"), "docker-json-file")
    assert taken.at["stdout"] == [None, AT]
    assert taken.only == [b"a", b"b"]


@pytest.mark.parametrize(
    "damaged",
    [b'{"log":"x\\n","stream":"stdout"}\n', b'{"log":5,"stream":"stdout","time":"x"}\n', b"x\n"],
)
def test_a_damaged_line_between_two_parts_is_rejected_with_its_number(take, damaged):
    taken = take(_line("a") + damaged + _line("b\n"), "docker-json-file")
    assert [number for number, _ in taken.rejected] == [2]
    assert taken.only == [b"ab"]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b'{"log":"x\\n","stream":"stdlog","time":"2026-11-21T11:00:00Z"}\n',
        b'{"log":"x\\n","time":"2026-11-21T11:00:00Z"}\n',
        b"[" + _line("x") + b"]",
        b"text\n" + _line("x\n"),
    ],
)
def test_other_json_is_not_recognised(head):
    assert ENVELOPE.recognises(head * 3).confidence == 0


def test_a_head_that_ends_within_a_line_is_recognised():
    assert ENVELOPE.recognises(_line("x\n") * 3 + _line("x\n")[:20]).confidence > 0.9
    assert ENVELOPE.recognises(_line(None)).confidence > 0.9
