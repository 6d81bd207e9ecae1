"""What a document of Elasticsearch says: fields of the Elastic Common Schema."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.documents import message_of, record

LINE = "2026-11-21 11:00:00 UTC [1] LOG:  x"
TIME = "2026-11-21T11:00:00.000Z"


@pytest.mark.parametrize(
    "hit",
    [
        {"_source": {"@timestamp": TIME, "message": LINE, "host": {"name": "h"}}},
        {"_source": {"@timestamp": TIME, "message": LINE, "host.name": "h"}},
        {"fields": {"@timestamp": [TIME], "message": [LINE], "host.name": ["h"]}},
        {"@timestamp": TIME, "message": LINE, "host": "h"},
    ],
)
def test_a_hit_its_fields_or_the_document_alone_say_the_same(hit):
    assert record(hit) == (LINE, TIME, "h")


def test_the_original_event_counts_before_what_was_made_of_it():
    fields = {"event": {"original": LINE}, "message": "parsed"}
    assert message_of(fields) == LINE
    assert message_of({"event": {}, "log": "b", "MESSAGE": "c"}) == "b"
    assert message_of({"MESSAGE": "c"}) == "c"


def test_a_document_whose_message_is_no_line_is_a_line_itself():
    fields = {"@timestamp": TIME, "message": "done", "http": {"status": 200}}
    assert json.loads(record({"_source": fields}).message) == fields


@pytest.mark.parametrize("source", [None, 5, "text", []])
def test_a_source_of_another_kind_never_raises(source):
    assert record({"_source": source, "message": LINE}).message == LINE


@pytest.mark.parametrize("value", [None, 5, [], {}, [LINE]])
def test_a_message_that_is_no_text_is_none(value):
    assert message_of({"message": value}) == ""
