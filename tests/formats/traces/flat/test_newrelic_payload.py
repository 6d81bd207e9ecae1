"""Payloads of New Relic's Trace API."""

import json

import pytest

from perfkit.formats.traces.newrelic_payload import FORMAT
from perfkit.span_attributes import resources


def test_common_attributes_hold_for_every_span_that_says_nothing_else(newrelic, parsed, accounts):
    result = parsed(FORMAT, json.dumps(newrelic["payload"]).encode())
    accounts(result, 3)
    home, query, other = result.tables["spans"].to_pylist()
    assert [row["service"] for row in (home, query, other)] == ["shop", "db-client", "b"]
    assert [row["duration_ms"] for row in (home, query, other)] == [12.53, 2.97, 1.0]
    assert (query["parent_id"], query["statement"]) == (home["span_id"], "SELECT 1")
    assert home["started_at"].isoformat() == "2024-05-01T10:00:00.123000+00:00"
    assert [one.get("host.name") for one in resources(result.tables["spans"])] == [
        "web-1",
        "web-1",
        None,
    ]


@pytest.mark.parametrize("order", [("common", "spans"), ("spans", "common")])
def test_the_order_of_keys_makes_no_difference(order, newrelic, parsed):
    batch = {key: newrelic["payload"][0][key] for key in order}
    result = parsed(FORMAT, json.dumps([batch]).encode())
    assert result.tables["spans"]["service"].to_pylist() == ["shop", "db-client"]


def test_a_batch_that_is_cut_off_keeps_its_whole_spans(newrelic, parsed, accounts):
    data = json.dumps(newrelic["payload"]).encode()
    result = parsed(FORMAT, data[: data.index(b'"parent.id"') + 15])
    accounts(result, result.lines)
    (row,) = result.tables["spans"].to_pylist()
    assert (row["service"], row["duration_ms"]) == ("shop", 12.53)
    assert "truncated" in {note.kind for note in result.notes}
    assert result.rejected_lines == 1


def test_spans_without_ids_cost_themselves(newrelic, parsed, accounts):
    batch = {"spans": [*newrelic["payload"][0]["spans"], {"id": "x", "attributes": {}}, 5]}
    result = parsed(FORMAT, json.dumps([batch]).encode())
    accounts(result, 4)
    assert [bad.line for bad in result.rejected] == [3, 4]
