"""Grafana's download as JSON."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.grafana_json import ENVELOPE

AT = 1_795_258_800 * 10**9


def _rows(*rows: dict[str, object]) -> bytes:
    return json.dumps(list(rows)).encode()


def _row(line: str, at: object = str(AT), **fields: object) -> dict[str, object]:
    return {"line": line, "timestamp": at, "date": "2026-11-21T11:00:00.000Z", "fields": fields}


def test_labels_name_the_stream_and_times_are_nanoseconds(take):
    taken = take(_rows(_row("a", pod="web-1", container="app"), _row("b", str(AT + 7), app="db")))
    assert taken.name == "grafana-json"
    assert taken.streams == {"web-1/app": [b"a"], "db": [b"b"]}
    assert taken.at == {"web-1/app": [AT], "db": [AT + 7]}


def test_rows_of_before_there_was_a_date_and_numbers_are_read(take):
    taken = take(b'[{"timestamp":"%d","line":"a"},{"timestamp":%d,"line":"b"}]' % (AT, AT))
    assert (taken.only, taken.at[""]) == ([b"a", b"b"], [AT, AT])


def test_they_come_newest_first_and_are_turned_round(take):
    taken = take(_rows(_row("b\n c", str(AT + 5)), _row("a", str(AT))))
    assert (taken.only, taken.line[""]) == ([b"a", b"b", b" c"], [2, 1, 1])


def test_an_empty_line_is_irrelevant(take):
    taken = take(_rows(_row(""), _row("a")), "grafana-json")
    assert (taken.line[""], taken.irrelevant, taken.lines) == ([2], 1, 2)


@pytest.mark.parametrize("damaged", [b'[{"line":5}]', b'[{"line":"x"}]', b"[{", b"{}", b"x"])
def test_a_document_of_another_shape_is_rejected(take, damaged):
    taken = take(damaged, "grafana-json")
    assert (taken.rejected_lines, taken.streams) == (1, {})


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[]",
        _rows({"line": "x", "timestamp": "1795258800"}),
        _rows({"line": "x", "timestamp": "2026-11-21T11:00:00Z"}),
        _rows({"message": "x", "timestamp": str(AT)}),
        json.dumps(_row("x")).encode(),
    ],
)
def test_other_json_is_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
