"""journalctl -o json: the fields of systemd.journal-fields(7)."""

from __future__ import annotations

import json

import numpy as np
import pytest

from perfkit.ingest.envelopes.hosts.journald_json import ENVELOPE, finish, unwrapped

AT = 1_795_258_800


def _line(message: object = "said", **fields: object) -> bytes:
    record = {"__REALTIME_TIMESTAMP": str(AT * 10**6), "MESSAGE": message, **fields}
    return json.dumps(record).encode() + b"\n"


@pytest.mark.parametrize(
    ("fields", "stream"),
    [
        ({"CONTAINER_NAME": "shop", "SYSLOG_IDENTIFIER": "dockerd"}, "shop"),
        ({"SYSLOG_IDENTIFIER": "app", "_COMM": "python"}, "app"),
        ({"_SYSTEMD_UNIT": "web.service", "_COMM": "python"}, "web"),
        ({"_SYSTEMD_UNIT": "session-3.scope", "_COMM": "bash"}, "bash"),
        ({"_SYSTEMD_UNIT": "user@1000.service"}, ""),
        ({"SYSLOG_IDENTIFIER": None, "_COMM": ["sh", "bash"]}, "sh"),
        ({}, ""),
    ],
)
def test_a_stream_is_named_after_the_container_the_program_or_the_unit(take, fields, stream):
    assert list(take(_line(**fields), "journald-json").streams) == [stream]


def test_the_time_that_the_program_sent_counts_before_the_one_of_receipt(take):
    sent = _line(_SOURCE_REALTIME_TIMESTAMP=str(AT * 10**6 - 5))
    assert take(sent + _line(), "journald-json").at[""] == [AT * 10**9 - 5000, AT * 10**9]


@pytest.mark.parametrize("process", ["x", "-1", "9" * 30, None, {}, ""])
def test_a_process_that_is_no_number_is_unknown(take, process):
    assert take(_line(_PID=process), "journald-json").process[""] == [0]


def _broken(text: str, connection: str, **more: object) -> bytes:
    return _line(text, SYSLOG_IDENTIFIER="app", _STREAM_ID=connection, **more)


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_broken_line_goes_on_in_its_own_connection(take, size):
    more = {"_LINE_BREAK": "line-max"}
    data = _broken("a", "1", **more) + _broken("X", "2") + _broken("b", "1")
    data += _broken("never ended", "3", **more)
    taken = take(data, "journald-json", size)
    assert sorted(taken.only) == [b"X", b"ab", b"never ended"]
    assert taken.line["app"][taken.only.index(b"ab")] == 1
    assert taken.irrelevant == 1


@pytest.mark.parametrize("message", [None, 5, {"a": 1}, [300], [-1], [1, "x"]])
def test_a_message_that_is_none_is_rejected_with_its_number(take, message):
    taken = take(_line("a") + _line(message) + _line("b"), "journald-json")
    assert [number for number, _ in taken.rejected] == [2]
    assert taken.only == [b"a", b"b"]


@pytest.mark.parametrize("message", ["", []])
def test_an_empty_message_is_irrelevant(take, message):
    taken = take(_line("a") + _line(message), "journald-json")
    assert (taken.only, taken.irrelevant, taken.rejected_lines) == ([b"a"], 1, 0)


def test_broken_lines_and_left_out_messages_are_rejected_in_order(take):
    data = _line(None) + b'{"MESSAGE":"without a time"}\n' + _line(None) + b"{\n\n" + _line("a")
    taken = take(data, "journald-json")
    assert [number for number, _ in taken.rejected] == [1, 2, 3, 4]
    assert "--all" in taken.rejected[0][1]
    assert "--all" not in taken.rejected[1][1]
    assert (taken.irrelevant, taken.line[""]) == (1, [6])


def test_no_entries_at_all_are_nothing():
    found = unwrapped([], np.zeros(0, np.int64), 0, None)
    assert (found.pieces, found.lines, found.rejected_lines) == ([], 0, 0)
    assert finish(None).pieces == finish(found.carry).pieces == []


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b'{"MESSAGE":"x","_PID":"1"}\n',
        b'{"__REALTIME_TIMESTAMP":"2026-11-21","MESSAGE":"x"}\n',
        b'{"__REALTIME_TIMESTAMP":5,"MESSAGE":"x"}\n',
    ],
)
def test_other_json_is_not_recognised(head):
    assert ENVELOPE.recognises(head * 3).confidence == 0
    assert ENVELOPE.recognises(_line() * 3).confidence > 0.9
