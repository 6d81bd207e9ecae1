"""Azure's diagnostic logs: time, resourceId, category, properties."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.azure_diagnostics import ENVELOPE

AT = 1_795_258_800 * 10**9


def _entry(**more: object) -> dict[str, object]:
    return {
        "time": "2026-11-21T11:00:00.0000000Z",
        "resourceId": "/SUBSCRIPTIONS/1/SERVERS/DB",
        "category": "PostgreSQLLogs",
        "properties": {"message": "said"},
        **more,
    }


def _lines(*entries: dict[str, object]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def test_records_of_an_event_hub_share_a_line(take):
    records = [_entry(), _entry(LogicalServerName="shop")]
    taken = take(_lines({"records": records}, _entry(time="2026-11-21T12:00:01+01:00")))
    assert taken.name == "azure-diagnostics"
    assert taken.streams == {"DB": [b"said", b"said"], "shop": [b"said"]}
    assert taken.line == {"DB": [1, 2], "shop": [1]}
    assert taken.at["DB"] == [AT, AT + 10**9]


def test_what_postgresql_says_apart_becomes_a_line_again(take):
    said = {"errorLevel": "ERROR", "processId": 12, "timestamp": "2026-11-21 11:00:00 UTC"}
    apart = _entry(properties={**said, "message": "bad\nDETAIL:  x"})
    whole = _entry(properties={**said, "message": "2026-11-21 11:00:00 UTC-[12]-LOG:  y"})
    taken = take(_lines(apart, whole), "azure-diagnostics")
    assert taken.only == [
        b"2026-11-21 11:00:00 UTC [12] ERROR:  bad",
        b"\tDETAIL:  x",
        b"2026-11-21 11:00:00 UTC-[12]-LOG:  y",
    ]


def test_containers_are_named_by_pod_and_container(take):
    fields = {"log": "{}", "pod": "web-1", "containerName": "app"}
    taken = take(_lines(_entry(properties=fields)), "azure-diagnostics")
    assert taken.streams == {"web-1/app": [b"{}"]}


@pytest.mark.parametrize("properties", [{}, None, "text", {"message": 5}, {"message": ""}])
def test_an_entry_without_a_message_is_irrelevant(take, properties):
    taken = take(_lines(_entry(properties=properties), _entry()), "azure-diagnostics")
    assert (taken.irrelevant, taken.rejected_lines, taken.line["DB"]) == (1, 0, [2])


@pytest.mark.parametrize("damaged", [b'{"time":', b"[]", b'{"resourceId":5}', b"text"])
def test_a_damaged_line_is_rejected_with_its_number(take, damaged):
    data = _lines(_entry()) + damaged + b"\n" + _lines(_entry())
    taken = take(data, "azure-diagnostics")
    assert [number for number, _ in taken.rejected] == [2]
    assert taken.line["DB"] == [1, 3]


@pytest.mark.parametrize("missing", ["time", "resourceId", "category", "properties"])
def test_entries_without_one_of_the_common_fields_are_not_recognised(missing):
    entry = _entry()
    del entry[missing]
    assert ENVELOPE.recognises(_lines(entry)).confidence == 0
    assert ENVELOPE.recognises(_lines(_entry())).confidence > 0.9
    assert ENVELOPE.recognises(b"").confidence == 0
