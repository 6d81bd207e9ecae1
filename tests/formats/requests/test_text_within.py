"""Lines of servers between JSON lines, and as their messages; the files were written by winston."""

import json
from pathlib import Path

import pytest

from perfkit.formats.registry import formats
from perfkit.formats.requests.structlog_json import FORMAT

DATA = Path(__file__).parent / "apps" / "data"
JSON = b'{"event":"x","timestamp":"2026-11-21T10:00:00Z","method":"GET","path":"/j","status":200}\n'
TEXT = b'INFO:     127.0.0.1:5000 - "GET /t HTTP/1.1" 200 OK\n'


def message(text, **fields):
    line = {"asctime": "2026-11-21 10:00:00,500", "levelname": "INFO", "message": text} | fields
    return json.dumps(line).encode() + b"\n"


def test_text_between_json_is_read_and_other_text_is_rejected(parsed, accounts):
    data = b"noise\n" + JSON + TEXT + b"[1] [CRITICAL] WORKER TIMEOUT (pid:9)\n" + JSON
    sure = {item.name: item.recognises(data).confidence for item in formats()}
    assert sure["structlog-json"] > 0.6
    assert sure["application-log"] == 0.0
    result = parsed(FORMAT, data)
    accounts(result, 5)
    rows = result.tables["requests"].to_pylist()
    assert [(row["line"], row["path"]) for row in rows] == [(2, "/j"), (3, "/t"), (5, "/j")]
    assert result.tables["events"]["kind"].to_pylist() == ["worker_timeout"]
    assert [bad.line for bad in result.rejected] == [1]


def test_morgans_lines_inside_winstons_have_the_time_of_winston(parsed):
    data = (DATA / "winston_morgan.jsonl").read_bytes()
    rows = parsed(FORMAT, data).tables["requests"].to_pylist()
    assert len(rows) == data.count(b"\n") == 9
    assert rows[0]["started_at"].isoformat() == "2026-11-21T21:04:35.351965+00:00"
    assert json.loads(rows[0]["attributes"])["message"].startswith("GET /orders/17?page=2 200")


@pytest.mark.parametrize("name", ["pino", "express_winston", "bunyan"])
def test_what_real_loggers_wrote_is_read(parsed, name):
    data = (DATA / f"{name}.jsonl").read_bytes()
    result = parsed(FORMAT, data)
    rows = result.tables["requests"].to_pylist()
    assert len(rows) == data.count(b"\n") == 9
    assert [row["path"] for row in rows[:3]] == ["/orders/17?page=2", "/orders", "/missing"]
    assert [row["status"] for row in rows[:3]] == [200, 200, 404]
    assert all(row["duration_ms"] is not None and row["started_at"] for row in rows)
    assert result.notes == ()


def test_messages_of_json_have_its_time_and_are_placed_at_its_line(parsed):
    data = message("starting") + message('HTTP Request: GET https://a.b/c "HTTP/1.1 200 OK"')
    data += message("WORKER TIMEOUT (pid:12)")
    result = parsed(FORMAT, data, zone="Europe/Berlin")
    (row,) = result.tables["requests"].to_pylist()
    assert (row["kind"], row["peer"], row["line"]) == ("client", "a.b", 2)
    assert row["started_at"].isoformat() == "2026-11-21T09:00:00.500000+00:00"
    (event,) = result.tables["events"].to_pylist()
    assert (event["kind"], event["line"], event["at"].hour) == ("worker_timeout", 3, 9)
    assert {note.kind for note in result.notes} == {"duration_unknown", "timezone_assumed"}


def test_messages_that_tell_nothing_leave_no_trace(parsed, accounts):
    data = JSON + message("hello") + message("a\nb \ud800")
    result = parsed(FORMAT, data)
    accounts(result, 3)
    assert (result.used, result.irrelevant + result.rejected_lines, result.notes) == (1, 2, ())
    assert FORMAT.recognises(message("hello")).confidence == 0.0
