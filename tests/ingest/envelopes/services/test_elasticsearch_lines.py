"""Documents of Elasticsearch as JSON lines."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.elasticsearch_lines import ENVELOPE

AT = 1_795_258_800 * 10**9
LINE = "2026-11-21 11:00:00 UTC [1] LOG:  x"
TIME = "2026-11-21T11:00:00.000Z"


def _lines(*documents: object) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


DOCUMENT = {"@timestamp": TIME, "message": LINE, "host": {"name": "h"}}


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_shipped_and_exported_documents_are_lines(take, size):
    exported = {"_index": "l", "_id": "1", "_source": DOCUMENT}
    taken = take(_lines(DOCUMENT, exported), size=size)
    assert taken.name == "elasticsearch-lines"
    assert taken.streams == {"h": [LINE.encode()] * 2}
    assert (taken.line["h"], taken.at["h"]) == ([1, 2], [AT, AT])


@pytest.mark.parametrize("damaged", [b'{"message":', b"[1]", b"null", b"text", b'"x"'])
def test_a_damaged_line_is_rejected_with_its_number(take, damaged):
    data = _lines(DOCUMENT) + b"\n" + damaged + b"\n" + _lines(DOCUMENT)
    taken = take(data, "elasticsearch-lines")
    assert [number for number, _ in taken.rejected] == [3]
    assert (taken.line["h"], taken.irrelevant) == ([1, 4], 1)


def test_what_an_application_logs_itself_is_no_envelope():
    own = {"@timestamp": TIME, "message": "request finished", "level": "info"}
    assert ENVELOPE.recognises(_lines(*[DOCUMENT] * 4)).confidence > 0.4
    assert ENVELOPE.recognises(_lines(*[own] * 4)).confidence == 0
    assert ENVELOPE.recognises(_lines(DOCUMENT, own, own)).confidence == 0


@pytest.mark.parametrize(
    "head",
    [
        b"",
        _lines({"time": TIME, "message": LINE}),
        _lines({"@timestamp": TIME, "text": LINE}),
        _lines(5, DOCUMENT),
        _lines(DOCUMENT) + b"x\n" * 3,
        b'{"@timestamp"\n',
    ],
)
def test_other_lines_are_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
