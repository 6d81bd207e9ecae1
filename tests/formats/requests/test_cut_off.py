"""Statements that a program logged cut off."""

import json

import pytest

from perfkit.formats.model import Chunk
from perfkit.formats.requests.cut_off import cut_length, is_cut_off
from perfkit.formats.requests.structlog_json import FORMAT

LONG = "SELECT " + ", ".join(f"column_{n}" for n in range(60)) + " FROM orders WHERE id = 7"


def _line(**values):
    return json.dumps({"timestamp": "2026-11-21T11:00:01Z", **values}).encode() + b"\n"


def _parse(data):
    return FORMAT.parse(Chunk.whole(data))


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [([200], 200), ([120, 500], 500), ([77], 0), ([80, 80, 80], 80), ([], 0), ([20] * 9, 0)],
)
def test_the_length_statements_are_cut_at_is_inferred(lengths, expected):
    texts = [f"{place:03}".ljust(length, "x") for place, length in enumerate(lengths)]
    assert cut_length(texts) == expected


def test_a_text_that_says_so_is_cut_off():
    assert is_cut_off("select ...", 0)
    assert is_cut_off("x" * 200, 0)
    assert not is_cut_off("x" * 199, 0)


def test_a_slow_query_line_is_a_query_with_its_start():
    line = _line(event="slow_query", query="SELECT 1", duration_ms=250, row_count=3,
                 params=[1, "x"], request_id="r1", trace_id="t1")  # fmt: skip
    result = _parse(line)
    (row,) = result.tables["queries"].to_pylist()
    assert (row["statement"], row["duration_ms"], row["rows_returned"]) == ("SELECT 1", 250.0, 3)
    assert (row["parameters"], row["request_id"], row["trace_id"]) == ('[1,"x"]', "r1", "t1")
    assert f"{row['started_at']:%S.%f}" == "00.750000"
    assert row["duration_kind"] == "client"
    assert row["fingerprint"] == "select ?"
    assert FORMAT.recognises(line).confidence >= 0.9


def test_any_line_with_a_statement_and_a_duration_is_a_query():
    line = _line(msg="db", sql="select a from b", elapsed_ms=5.0, database="shop")
    (row,) = _parse(line).tables["queries"].to_pylist()
    assert (row["duration_ms"], row["database"]) == (5.0, "shop")


@pytest.mark.parametrize(
    "values",
    [
        {"event": "search", "query": "select me", "path": "/s", "duration_ms": 5, "method": "GET"},
        {"event": "search", "query": "shoes", "duration_ms": 5, "path": "/s"},
    ],
)
def test_a_query_string_of_a_request_is_no_statement(values):
    assert set(_parse(_line(**values)).tables) == {"requests"}


def test_a_statement_cut_at_200_is_marked_and_noted():
    line = _line(event="slow_query", query=LONG[:200], duration_ms=250)
    result = _parse(line + _line(event="slow_query", query="SELECT 1", duration_ms=1))
    first, second = result.tables["queries"].to_pylist()
    assert json.loads(first["attributes"])["truncated"] is True
    assert "truncated" not in json.loads(second["attributes"])
    assert "truncated_statements" in {note.kind for note in result.notes}
