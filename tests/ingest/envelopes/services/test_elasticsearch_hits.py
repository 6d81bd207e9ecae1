"""Elasticsearch's search results."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.elasticsearch_hits import ENVELOPE

AT = 1_795_258_800 * 10**9
LINE = "2026-11-21 11:00:00 UTC [1] LOG:  x"


def _answer(*sources: dict[str, object], **more: object) -> bytes:
    hits = [{"_index": "l", "_source": source, **more} for source in sources]
    return json.dumps({"took": 1, "hits": {"total": {"value": 1}, "hits": hits}}).encode()


def _source(second: int = 0, **more: object) -> dict[str, object]:
    return {"@timestamp": f"2026-11-21T11:00:0{second}.000Z", "message": LINE, **more}


def test_hits_are_streams_by_host_and_service(take):
    pod = {"pod": {"name": "web-1"}, "container": {"name": "app"}}
    taken = take(_answer(_source(host={"name": "h"}), _source(1, kubernetes=pod), _source()))
    assert taken.name == "elasticsearch-hits"
    assert taken.at == {"h": [AT], "web-1/app": [AT + 10**9], "": [AT]}
    assert taken.line == {"h": [1], "web-1/app": [2], "": [3]}


def test_answers_of_a_scroll_below_each_other_are_one_log(take):
    data = _answer(_source(), _source(1)) + b"\n" + _answer(_source(2)) + b"\n"
    taken = take(data, "elasticsearch-hits")
    assert taken.line[""] == [1, 2, 3]


def test_times_without_a_zone_are_in_the_one_that_is_stated(take):
    source = _source() | {"@timestamp": "2026-11-21 20:00:00"}
    taken = take(_answer(source), zone="Asia/Tokyo")
    assert taken.at[""] == [AT]
    assert taken.notes == {"timezone_assumed"}


@pytest.mark.parametrize("damaged", [b'{"hits":{"hits":[5]}}', b'{"hits":[]}', b'{"hits":{', b"x"])
def test_a_document_of_another_shape_is_rejected(take, damaged):
    taken = take(damaged, "elasticsearch-hits")
    assert (taken.rejected_lines, taken.lines, taken.streams) == (1, 1, {})


def test_spans_of_apm_are_no_log():
    assert ENVELOPE.recognises(_answer(_source())).confidence > 0.9
    for apm in (
        {"processor": {"event": "span"}},
        {"processor.event": "transaction"},
        {"span.duration.us": 5},
        {"transaction": {"id": "1", "duration": {"us": 5}}},
    ):
        assert ENVELOPE.recognises(_answer(_source(**apm))).confidence == 0


@pytest.mark.parametrize(
    "head",
    [
        b"",
        _answer({"message": "no time"}),
        _answer({"@timestamp": "no message"}),
        b"[" + _answer(_source()) + b"]",
        b'{"hits":5,"@timestamp":"x","message":"y"}',
    ],
)
def test_other_documents_are_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
