"""logcli --output=jsonl."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.loki_jsonl import ENVELOPE

AT = 1_795_258_800 * 10**9


def _line(line: object, time: str = "2026-11-21T11:00:00Z", **labels: object) -> bytes:
    record = {"labels": labels, "line": line, "timestamp": time}
    return json.dumps(record).encode() + b"\n"


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_labels_may_be_left_out(take, size):
    bare = b'{"line":"b","timestamp":"2026-11-21T12:00:00.000000005+01:00"}\n'
    taken = take(_line("a", pod="p", container="db") + bare, "loki-jsonl", size)
    assert taken.streams == {"p/db": [b"a"], "": [b"b"]}
    assert taken.at == {"p/db": [AT], "": [AT + 5]}
    assert taken.line == {"p/db": [1], "": [2]}


def test_lines_that_come_newest_first_are_turned_round(take):
    data = b"".join(_line(str(n), f"2026-11-21T11:00:0{n}Z", app="a") for n in (3, 2, 1))
    taken = take(data)
    assert (taken.name, taken.only) == ("loki-jsonl", [b"1", b"2", b"3"])


@pytest.mark.parametrize("damaged", [_line(5), _line("x", app=5), b'{"line":"x"}\n', b"x\n"])
def test_a_damaged_line_is_rejected_with_its_number(take, damaged):
    taken = take(_line("a") + damaged + _line("b"), "loki-jsonl")
    assert [number for number, _ in taken.rejected] == [2]
    assert taken.line[""] == [1, 3]


@pytest.mark.parametrize(
    "head",
    [b"", _line("x", "yesterday"), b'{"line":"x","timestamp":5}\n', b"[" + _line("x") + b"]"],
)
def test_other_json_is_not_recognised(head):
    assert ENVELOPE.recognises(head * 3).confidence == 0
    assert ENVELOPE.recognises(_line("x") * 3).confidence > 0.9
