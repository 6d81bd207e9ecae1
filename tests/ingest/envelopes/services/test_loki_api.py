"""Loki's query_range."""

from __future__ import annotations

import json

import pytest

from perfkit.ingest.envelopes.services.loki_api import ENVELOPE

AT = 1_795_258_800 * 10**9


def _answer(*streams: tuple[dict[str, str], list[list[object]]]) -> bytes:
    result = [{"stream": labels, "values": values} for labels, values in streams]
    data = {"resultType": "streams", "result": result, "stats": {}}
    return json.dumps({"status": "success", "data": data}).encode()


def test_values_of_all_streams_are_numbered_through_and_turned_each(take):
    taken = take(
        _answer(
            ({"app": "db"}, [[str(AT + 2), "b"], [str(AT), "a", {"trace": "1"}]]),
            ({"app": "web"}, [[str(AT + 1), "c"]]),
        )
    )
    assert taken.name == "loki-api"
    assert taken.streams == {"db": [b"a", b"b"], "web": [b"c"]}
    assert taken.line == {"db": [2, 1], "web": [3]}
    assert taken.at == {"db": [AT, AT + 2], "web": [AT + 1]}


@pytest.mark.parametrize("value", [[], [str(AT)], [str(AT), None], [str(AT), 5], [str(AT), ""]])
def test_a_value_without_a_line_is_irrelevant(take, value):
    taken = take(_answer(({"app": "db"}, [value, [str(AT), "a"]])), "loki-api")
    assert (taken.line["db"], taken.irrelevant) == ([2], 1)


@pytest.mark.parametrize("at", [None, "x", {}, -5, str(1 << 70)])
def test_a_time_that_is_none_costs_the_time_alone(take, at):
    taken = take(_answer(({}, [[at, "a"]])), "loki-api")
    assert (taken.only, taken.at[""]) == ([b"a"], [None])


@pytest.mark.parametrize(
    "damaged",
    [
        b'{"data":{"result":[{"metric":{},"values":[]}]}}',
        b'{"data":{"result":[{"stream":{},"values":[5]}]}}',
        b'{"data":{',
        b"x",
    ],
)
def test_a_document_of_another_shape_is_rejected(take, damaged):
    taken = take(damaged, "loki-api")
    assert (taken.rejected_lines, taken.streams) == (1, {})


@pytest.mark.parametrize(
    "head",
    [
        b"",
        _answer(({}, [])).replace(b'"streams"', b'"matrix"'),
        b'{"status":"success","data":["app"]}',
        b"[" + _answer(({}, [])) + b"]",
    ],
)
def test_metrics_and_other_answers_are_not_recognised(head):
    assert ENVELOPE.recognises(head).confidence == 0
    assert ENVELOPE.recognises(_answer(({}, [[str(AT), "x"]]))).confidence > 0.9
