"""Splunk's JSON: exported results, and answers of the REST API."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.splunk_json import ENVELOPE

AT = 1_795_258_800 * 10**9


def _raw(text: object, second: int = 0, **more: object) -> dict[str, object]:
    time = f"2026-11-21T11:00:0{second}.250+00:00"
    return {"_raw": text, "_time": time, "host": "h", "source": "db", **more}


def _lines(*records: dict[str, object]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def _result(row: dict[str, object]) -> dict[str, object]:
    return {"preview": False, "offset": 0, "result": row}


def test_results_one_by_one_and_all_at_once_are_read(take):
    whole = {"preview": False, "init_offset": 0, "results": [_raw("b"), _raw("c", source="web")]}
    taken = take(_lines(_result(_raw("a")), whole))
    assert taken.name == "splunk-json"
    assert taken.streams == {"h/db": [b"a", b"b"], "h/web": [b"c"]}
    assert taken.line == {"h/db": [1, 2], "h/web": [2]}
    assert taken.at["h/db"] == [AT + 250_000_000] * 2


def test_previews_and_the_last_row_are_irrelevant(take):
    preview = {"preview": True, "result": _raw("x")}
    taken = take(_lines(preview, _result(_raw("a")), {"preview": False, "lastrow": True}))
    assert (taken.only, taken.irrelevant) == ([b"a"], 2)


@pytest.mark.parametrize("row", [{}, {"_raw": ""}, {"_raw": None}, {"_raw": ["x"]}, {"count": "5"}])
def test_a_result_without_its_text_is_irrelevant(take, row):
    taken = take(_lines(_result(row), _result(_raw("a"))), "splunk-json")
    assert (taken.line["h/db"], taken.irrelevant) == ([2], 1)


@pytest.mark.parametrize("damaged", [b'{"result":5}', b'{"preview":"x"}', b'{"result":{', b"x"])
def test_a_damaged_line_is_rejected_with_its_number(take, damaged):
    data = _lines(_result(_raw("a"))) + damaged + b"\n" + _lines(_result(_raw("b")))
    taken = take(data, "splunk-json")
    assert [number for number, _ in taken.rejected] == [2]
    assert taken.only == [b"a", b"b"]


@pytest.mark.parametrize(
    "head", [b"", _lines(_result({"count": "5"})), b'{"_raw":"x"}\n', b'[{"result":{"_raw":"x"}}]']
)
def test_tables_and_other_json_are_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
