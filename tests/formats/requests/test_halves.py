"""Requests of which Fastify wrote two lines; ``fastify.jsonl`` was written by Fastify 5."""

import json
from pathlib import Path

import pytest

from perfkit.formats.requests.structlog_json import FORMAT

DATA = (Path(__file__).parent / "apps" / "data" / "fastify.jsonl").read_bytes()


def opened(key, path="/x", pid=1):
    return {"time": 1795255200000, "pid": pid, "reqId": key, "req": {"method": "GET", "url": path}}


def closed(key, pid=1):
    return {"time": 1795255200010, "pid": pid, "reqId": key, "res": {"statusCode": 200},
            "responseTime": 5.5}  # fmt: skip


def lines(*rows):
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_every_request_that_fastify_answered_is_a_row(parsed, accounts):
    result = parsed(FORMAT, DATA)
    accounts(result, DATA.count(b"\n"))
    rows = result.tables["requests"].to_pylist()
    assert len(rows) == 9
    assert [row["error"] for row in rows if row["path"] == "/boom"] == ["boom"]
    paths = [row["path"][:9] for row in rows[:4]]
    assert paths == ["/orders/1", "/orders", "/missing", "/caf%C3%A"]
    assert all(row["duration_ms"] > 0 and row["method"] for row in rows)
    assert {row["client"] for row in rows[:8]} == {"127.0.0.1"}


@pytest.mark.parametrize("size", [300, 900, 2000])
def test_halves_in_different_chunks_find_each_other(parsed, size):
    whole, cut = parsed(FORMAT, DATA), parsed(FORMAT, DATA, size=size)
    by_line = sorted(cut.tables["requests"].to_pylist(), key=lambda row: row["line"])
    assert by_line == whole.tables["requests"].to_pylist()
    assert (cut.used, cut.irrelevant) == (whole.used, whole.irrelevant)


def test_overlapping_requests_are_told_apart_by_id_and_process(parsed):
    data = lines(opened("a", "/1"), opened("b", "/2"), opened("a", "/3", pid=2), closed("a", pid=2),
                 closed("b"), closed("a"))  # fmt: skip
    for size in (len(data) + 1, 150):
        rows = parsed(FORMAT, data, size=size).tables["requests"].to_pylist()
        assert sorted((row["line"], row["path"]) for row in rows) == [
            (4, "/3"),
            (5, "/2"),
            (6, "/1"),
        ]


def test_an_answer_whose_request_was_cut_off_still_counts(parsed, accounts):
    result = parsed(FORMAT, lines(closed("a"), opened("b")))
    accounts(result, 2)
    (row,) = result.tables["requests"].to_pylist()
    assert (row["path"], row["status"], row["duration_ms"]) == (None, 200, 5.5)
