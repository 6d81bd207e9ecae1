"""Azure Log Analytics: tables of columns and rows, or an array of objects."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.azure_log_analytics import ENVELOPE

AT = 1_795_258_800 * 10**9
TIME = "2026-11-21T11:00:00Z"


def _table(*rows: list[object], columns: str = "TimeGenerated LogMessage PodName") -> dict:
    named = [{"name": name, "type": "string"} for name in columns.split()]
    return {"name": "PrimaryResult", "columns": named, "rows": list(rows)}


def _tables(*tables: dict) -> bytes:
    return json.dumps({"tables": list(tables)}).encode()


def test_rows_of_all_tables_are_numbered_through(take):
    taken = take(
        _tables(
            _table([TIME, "a", "web-1"], [TIME, None, "web-1"]),
            _table(["2026-11-21T11:00:01Z", "b"], columns="TimeGenerated Message"),
        )
    )
    assert taken.name == "azure-log-analytics"
    assert taken.streams == {"web-1": [b"a"], "": [b"b"]}
    assert (taken.line, taken.irrelevant) == ({"web-1": [1], "": [3]}, 1)
    assert taken.at[""] == [AT + 10**9]


def test_a_time_without_a_zone_is_in_utc_and_nothing_is_assumed(take):
    taken = take(_tables(_table(["2026-11-21 11:00:00", "a", "p"])), zone="Asia/Tokyo")
    assert taken.at["p"] == [AT]
    assert taken.notes == set()


def test_a_message_that_is_an_object_is_a_line_of_json(take):
    rows = [{"TimeGenerated": TIME, "LogMessage": {"event": "request"}, "ContainerName": "app"}]
    taken = take(json.dumps(rows).encode())
    assert [json.loads(line) for line in taken.streams["app"]] == [{"event": "request"}]


@pytest.mark.parametrize("column", ["LogEntry", "Message", "SyslogMessage", "Log_s", "message_s"])
def test_each_table_of_azure_has_its_own_column_for_the_message(take, column):
    rows = [{"TimeGenerated": TIME, column: "said", "Computer": "vm", "PodName": ""}]
    assert take(json.dumps(rows).encode()).streams == {"vm": [b"said"]}


def test_a_row_that_is_too_short_has_no_message(take):
    taken = take(_tables(_table([TIME], [TIME, "a", "p"])), "azure-log-analytics")
    assert (taken.only, taken.irrelevant) == ([b"a"], 1)


def test_a_document_cut_off_is_rejected(take):
    taken = take(_tables(_table([TIME, "a", "p"]))[:-3], "azure-log-analytics")
    assert [number for number, _ in taken.rejected] == [1]
    assert taken.streams == {}


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[]",
        b'[{"TimeGenerated":"x","Other":"y"}]',
        b'[{"timestamp":"x","Message":"y"}]',
        b'{"rows":[],"TimeGenerated":1,"Message":2}',
    ],
)
def test_other_json_is_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
