"""Google Cloud's LogEntry, as lines and as an array."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.google_cloud import ENVELOPE

AT = 1_795_258_800 * 10**9
LABELS = {"pod_name": "web-1", "container_name": "app"}


def _entry(second: int = 0, **more: object) -> dict[str, object]:
    return {
        "insertId": "1",
        "logName": "projects/p/logs/stdout",
        "resource": {"type": "k8s_container", "labels": LABELS},
        "timestamp": f"2026-11-21T11:00:0{second}.000000001Z",
        **more,
    }


def _lines(*entries: dict[str, object]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def test_each_payload_is_a_line(take):
    line = "2026-11-21 11:00:00 UTC [1] LOG:  x"
    taken = take(
        _lines(
            _entry(textPayload="text\n"),
            _entry(jsonPayload={"message": line, "a": 1}),
            _entry(jsonPayload={"message": "words", "a": 1}),
            _entry(httpRequest={"requestMethod": "GET", "status": 200}),
            _entry(protoPayload={"methodName": "x"}),
        )
    )
    text, whole, fields, request = taken.streams["web-1/app"]
    assert (text, whole) == (b"text", line.encode())
    assert json.loads(fields) == {"message": "words", "a": 1}
    assert json.loads(request) == {"requestMethod": "GET", "status": 200}
    assert taken.irrelevant == 1
    assert taken.at["web-1/app"] == [AT + 1] * 4


def test_requests_that_were_served_keep_their_time_and_trace(take):
    asked = {"requestMethod": "GET", "requestUrl": "http://a/b", "status": 200, "latency": "0.5s"}
    entries = [
        _entry(httpRequest=asked, jsonPayload={"statusDetails": "x"}, trace="projects/p/traces/1f"),
        _entry(httpRequest=asked, jsonPayload={"message": "words"}),
    ]
    served, said = take(_lines(*entries)).streams["web-1/app"]
    assert json.loads(served) == {
        **asked,
        "statusDetails": "x",
        "trace": "1f",
        "timestamp": "2026-11-21T11:00:00.000000001Z",
    }
    assert json.loads(said) == {"message": "words"}


def test_an_array_comes_newest_first_and_is_turned_round(take):
    entries = [_entry(n, textPayload=str(n)) for n in (3, 2, 1)]
    taken = take(json.dumps(entries).encode())
    assert taken.name == "google-cloud-logging"
    assert taken.only == [b"1", b"2", b"3"]
    assert taken.line["web-1/app"] == [3, 2, 1]


def test_the_time_of_receipt_counts_where_there_is_no_other(take):
    entry = _entry(textPayload="x", receiveTimestamp="2026-11-21T11:00:05Z", timestamp=None)
    assert take(_lines(entry)).at["web-1/app"] == [AT + 5 * 10**9]


@pytest.mark.parametrize(
    ("labels", "stream"),
    [
        ({"service_name": "shop", "revision_name": "r"}, "shop"),
        ({"database_id": "p:db"}, "p:db"),
        ({"pod_name": "web-1"}, "web-1"),
        ({}, "stdout"),
        ({"pod_name": 5}, "stdout"),
    ],
)
def test_a_stream_is_named_after_the_resource_or_the_log(take, labels, stream):
    entry = _entry(textPayload="x", resource={"type": "t", "labels": labels})
    assert list(take(_lines(entry)).streams) == [stream]


@pytest.mark.parametrize("damaged", [b'{"logName":', b'{"textPayload":5}', b"[]x", b"text"])
def test_a_damaged_line_is_rejected_with_its_number(take, damaged):
    data = _lines(_entry(textPayload="a")) + damaged + b"\n" + _lines(_entry(textPayload="b"))
    taken = take(data, "google-cloud-logging")
    assert [number for number, _ in taken.rejected] == [2]
    assert taken.only == [b"a", b"b"]


def test_lines_may_be_divided_and_an_array_may_not():
    lines = _lines(_entry(), _entry())
    assert ENVELOPE.cut(lines + b'{"log') == len(lines)
    assert ENVELOPE.cut(b" [\n" + lines) == 0


@pytest.mark.parametrize(
    "head",
    [
        b"",
        _lines({"logName": "l", "textPayload": "x"}),
        _lines({"resource": {}, "textPayload": "x"}),
        _lines({"resource": {}, "logName": "l", "message": "x"}),
        _lines({"resource": "r", "logName": "l", "textPayload": "x"}),
    ],
)
def test_other_json_is_not_recognised(head):
    assert ENVELOPE.recognises(head * 3).confidence == 0
