"""CloudWatch Logs Insights: fields and values, or objects."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.cloudwatch_insights import ENVELOPE

AT = 1_795_258_800 * 10**9
TIME = "2026-11-21 11:00:00.250"


def _row(**values: str) -> list[dict[str, str]]:
    return [{"field": f"@{name}", "value": value} for name, value in values.items()]


def _results(*rows: list[dict[str, str]]) -> bytes:
    return json.dumps({"results": list(rows), "status": "Complete"}).encode()


def test_times_are_in_utc_and_nothing_is_assumed(take):
    taken = take(_results(_row(timestamp=TIME, message="a", ptr="x")), zone="Asia/Tokyo")
    assert taken.name == "cloudwatch-insights"
    assert taken.at[""] == [AT + 250_000_000]
    assert taken.notes == set()


def test_rows_are_named_by_stream_or_group(take):
    rows = [_row(message="a", logStream="s", log="g"), _row(message="b", log="g"), _row(ptr="x")]
    taken = take(_results(*rows))
    assert taken.streams == {"s": [b"a"], "g": [b"b"]}
    assert (taken.line, taken.irrelevant) == ({"s": [1], "g": [2]}, 1)


def test_a_download_of_the_console_holds_objects(take):
    rows = [
        {"@timestamp": TIME, "@message": {"event": "request"}},
        {"@timestamp": TIME, "@message": "text"},
        {"@timestamp": TIME, "@message": 5},
    ]
    taken = take(json.dumps(rows).encode())
    assert taken.name == "cloudwatch-insights"
    assert taken.only == [b'{"event":"request"}', b"text"]
    assert taken.irrelevant == 1


@pytest.mark.parametrize("damaged", [b'{"results":[[{"value":"x"}]]}', b'{"results":[', b"5", b"x"])
def test_a_document_of_another_shape_is_rejected(take, damaged):
    taken = take(damaged, "cloudwatch-insights")
    assert (taken.rejected_lines, taken.streams) == (1, {})


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b'{"results":[[{"field":"count","value":"1"}]]}',
        b'{"message":{"field":"@message"}}',
        b'[{"message":"@message"}]',
    ],
)
def test_results_without_messages_are_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
