"""Datadog's Logs API v2."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.datadog_api import ENVELOPE, Attributes, record

AT = 1_795_258_800 * 10**9
TIME = "2026-11-21T11:00:00.250Z"


def _answer(*logs: dict[str, object]) -> bytes:
    data = [{"id": "1", "type": "log", "attributes": {"timestamp": TIME, **log}} for log in logs]
    return json.dumps({"data": data, "meta": {"page": {"after": "x"}}}).encode()


def test_logs_have_host_service_and_time(take):
    taken = take(
        _answer(
            {"message": "a", "host": "h", "service": "s", "timestamp": "2026-11-21T11:00:01Z"},
            {"message": "b", "service": "s", "host": None},
            {"message": "c", "timestamp": None},
        )
    )
    assert taken.name == "datadog-api"
    assert taken.streams == {"h/s": [b"a"], "s": [b"b"], "": [b"c"]}
    assert taken.at == {"h/s": [AT + 10**9], "s": [AT + 250_000_000], "": [None]}


def test_answers_that_come_newest_first_are_turned_round(take):
    times = [f"2026-11-21T11:00:0{n}Z" for n in (3, 2, 1)]
    taken = take(_answer(*[{"message": time[-2:-1], "timestamp": time} for time in times]))
    assert (taken.only, taken.line[""]) == ([b"1", b"2", b"3"], [3, 2, 1])
    assert taken.newest_first


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        (Attributes(message="words", attributes={}), "words"),
        (Attributes(message="words", attributes={"a": 1}), b'{"message":"words","a":1}'),
        (Attributes(message="words", attributes={"message": "own"}), b'{"message":"own"}'),
        (Attributes(message='{"a":1}', attributes={"a": 1}), '{"a":1}'),
        (Attributes(message=None, attributes={"a": 1}), b'{"a":1}'),
        (Attributes(message=["x"], attributes={}), ""),
    ],
)
def test_the_fields_are_given_where_the_message_is_no_line(log, wanted):
    assert record(log).message == wanted


def test_a_log_without_anything_said_is_irrelevant(take):
    taken = take(_answer({"message": ""}, {"message": "a"}, {}), "datadog-api")
    assert (taken.only, taken.line[""], taken.irrelevant) == ([b"a"], [2], 2)


@pytest.mark.parametrize("damaged", [b'{"data":[{"id":"1"}]}', b'{"data":{}}', b'{"data":[{', b"x"])
def test_a_document_of_another_shape_is_rejected(take, damaged):
    taken = take(damaged, "datadog-api")
    assert (taken.rejected_lines, taken.lines, taken.streams) == (1, 1, {})


@pytest.mark.parametrize("kind", ["span", "rum", "logs"])
def test_other_data_of_datadog_is_not_recognised(kind):
    found = _answer({"message": "a"})
    assert ENVELOPE.recognises(found).confidence > 0.9
    assert ENVELOPE.recognises(found.replace(b'"log"', f'"{kind}"'.encode())).confidence == 0
    assert ENVELOPE.recognises(b"").confidence == 0
