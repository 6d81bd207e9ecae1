"""CloudWatch subscriptions: deliveries behind each other."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.cloudwatch_subscription import ENVELOPE

AT = 1_795_258_800_000
BORDER = '}{"messageType":"DATA_MESSAGE"'


def _delivery(*messages: str, kind: str = "DATA_MESSAGE", stream: str = "s") -> bytes:
    events = [{"id": "1", "timestamp": AT + n, "message": m} for n, m in enumerate(messages)]
    record = {"messageType": kind, "logGroup": "g", "logStream": stream, "logEvents": events}
    return json.dumps(record, separators=(",", ":")).encode()


@pytest.mark.parametrize("between", [b"", b"\n"])
@pytest.mark.parametrize("size", [1, 200, 1 << 20])
def test_deliveries_with_and_without_a_line_feed_between_count_as_lines(take, between, size):
    data = between.join([_delivery("a", "b"), _delivery("c", stream="t"), _delivery("d")])
    taken = take(data, "cloudwatch-subscription", size)
    assert taken.streams == {"g/s": [b"a", b"b", b"d"], "g/t": [b"c"]}
    assert taken.line == {"g/s": [1, 1, 3], "g/t": [2]}
    assert taken.at["g/s"] == [AT * 10**6, (AT + 1) * 10**6, AT * 10**6]


def test_a_message_that_quotes_a_border_stays_whole(take):
    taken = take(_delivery(BORDER, "b") + _delivery("c"))
    assert taken.only == [BORDER.encode(), b"b", b"c"]


def test_a_control_message_is_irrelevant(take):
    taken = take(_delivery("test", kind="CONTROL_MESSAGE") + _delivery("a") + _delivery())
    assert (taken.only, taken.irrelevant) == ([b"a"], 2)


def test_a_damaged_delivery_is_rejected_with_its_number(take):
    data = _delivery("a") + b"\n" + _delivery("b")[:-9] + b"\n" + _delivery("c") + b"\n"
    taken = take(data, "cloudwatch-subscription")
    assert [number for number, _ in taken.rejected] == [2]
    assert taken.only == [b"a", b"c"]


@pytest.mark.parametrize(
    "head", [b"", b'{"messageType":"OTHER"}', b'{"a":1,"messageType":"DATA_MESSAGE"}', b"[]"]
)
def test_other_json_is_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
