"""Datadog's log archives."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.datadog_archive import ENVELOPE

AT = 1_795_258_800 * 10**9
LOG = {
    "_id": "AY",
    "date": "2026-11-21T11:00:00.000Z",
    "service": "db",
    "host": "h",
    "status": "info",
    "message": "said",
    "attributes": {},
    "tags": ["env:prod"],
}


def _lines(*logs: dict[str, object]) -> bytes:
    return b"".join(json.dumps({**LOG, **log}).encode() + b"\n" for log in logs)


def test_messages_and_fields_come_out_with_the_date(take):
    taken = take(_lines({}, {"attributes": {"a": 1}}, {"message": "", "attributes": {"b": 2}}))
    assert taken.name == "datadog-archive"
    said, both, fields = taken.streams["h/db"]
    assert said == b"said"
    assert json.loads(both) == {"message": "said", "a": 1}
    assert json.loads(fields) == {"b": 2}
    assert taken.at["h/db"] == [AT] * 3


@pytest.mark.parametrize("damaged", [b'{"_id":', b"[]", b'{"_id":"1","attributes":[]}', b"x"])
def test_a_damaged_line_is_rejected_with_its_number(take, damaged):
    taken = take(_lines({}) + damaged + b"\n\n" + _lines({}), "datadog-archive", 80)
    assert [number for number, _ in taken.rejected] == [2]
    assert (taken.line["h/db"], taken.irrelevant) == ([1, 4], 1)


def test_a_log_without_a_message_is_irrelevant(take):
    taken = take(_lines({"message": None}, {}), "datadog-archive")
    assert (taken.line["h/db"], taken.irrelevant) == ([2], 1)


@pytest.mark.parametrize(
    "log",
    [
        {"date": 1_795_258_800},
        {"message": "", "attributes": {}},
        {"service": "", "host": None},
    ],
)
def test_logs_without_a_date_a_message_or_an_origin_are_not_recognised(log):
    assert ENVELOPE.recognises(_lines({}) * 3).confidence > 0.9
    assert ENVELOPE.recognises(_lines(log) * 3).confidence == 0


@pytest.mark.parametrize("missing", ["_id", "attributes"])
def test_lines_without_the_marks_of_an_archive_are_not_recognised(missing):
    line = json.dumps({name: value for name, value in LOG.items() if name != missing})
    assert ENVELOPE.recognises(line.encode() + b"\n").confidence == 0
    assert ENVELOPE.recognises(b"").confidence == 0
