"""CloudWatch: events of get-log-events and filter-log-events."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.cloudwatch_events import ENVELOPE

AT = 1_795_258_800_000


def _page(*events: dict[str, object]) -> bytes:
    return json.dumps({"events": list(events), "nextToken": "t"}).encode()


def test_events_have_their_stream_and_time_to_the_millisecond(take):
    taken = take(
        _page(
            {"logStreamName": "a", "timestamp": AT + 7, "message": "x", "eventId": "1"},
            {"logStreamName": "b", "timestamp": AT, "message": "y\n", "eventId": "2"},
        )
    )
    assert taken.name == "cloudwatch-events"
    assert taken.streams == {"a": [b"x"], "b": [b"y"]}
    assert taken.at == {"a": [(AT + 7) * 10**6], "b": [AT * 10**6]}


def test_pages_below_each_other_are_numbered_through(take):
    event = {"timestamp": AT, "message": "x"}
    taken = take(_page(event) + b"\n" + _page(event, event) + b"\n", "cloudwatch-events")
    assert taken.line[""] == [1, 2, 3]


def test_an_event_without_a_message_is_irrelevant_and_one_without_a_time_is_kept(take):
    events = [{"timestamp": AT}, {"message": "x"}, {"message": "y", "timestamp": None}]
    taken = take(_page(*events), "cloudwatch-events")
    assert (taken.only, taken.at[""], taken.irrelevant) == ([b"x", b"y"], [None, None], 1)


@pytest.mark.parametrize("timestamp", [0, -1, 10**15, (1 << 63) - 1, 10**17])
def test_an_odd_time_never_raises(take, timestamp):
    taken = take(_page({"timestamp": timestamp, "message": "x"}), "cloudwatch-events")
    assert taken.only == [b"x"]


@pytest.mark.parametrize(
    "damaged", [b'{"events":[{"message":5}]}', b'{"events":{}}', b'{"events":[', b"{}", b"x"]
)
def test_a_document_of_another_shape_is_rejected(take, damaged):
    taken = take(damaged, "cloudwatch-events")
    assert [number for number, _ in taken.rejected] == [1]
    assert taken.lines == 1


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b'{"events":[]}',
        b'{"events":[{"name":"click","timestamp":1795258800000,"message":"x"}]}',
        b'{"events":[{"timestamp":"2026-11-21","message":"x"}]}',
        b'{"log":{"events":[{"timestamp":1795258800000,"message":"x"}]}}',
    ],
)
def test_other_events_are_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
