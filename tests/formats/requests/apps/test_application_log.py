"""Logs that real servers wrote (``data``): every request that was sent is a row."""

import io
import random
from pathlib import Path

import pytest

from perfkit.formats.registry import formats
from perfkit.formats.requests.apps.application_log import FORMAT
from perfkit.ingest.load import load

DATA = Path(__file__).parent / "data"
#: File -> requests that were answered with a line. Eight well-formed ones were sent to each
#: server, one with a long path, which gunicorn refuses, and TLS, which Werkzeug logs.
SENT = {
    "uvicorn_colour.log": 9, "uvicorn_ipv6.log": 9, "hypercorn.log": 9, "daphne.log": 9,
    "django.log": 9, "werkzeug.log": 10, "gunicorn_mixed.log": 9, "morgan_dev.log": 10,
    "morgan_short.log": 10, "morgan_tiny.log": 10,
}  # fmt: skip


def rows(parsed, name, table="requests"):
    return parsed(FORMAT, (DATA / name).read_bytes()).tables[table].to_pylist()


@pytest.mark.parametrize("name", SENT)
def test_every_request_that_was_sent_is_a_row(parsed, accounts, name):
    data = (DATA / name).read_bytes()
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    assert result.rejected_lines == 0
    found = result.tables["requests"].to_pylist()
    assert len(found) == SENT[name]
    asked = [(row["method"], row["path"].split("?")[0], row["status"]) for row in found[:4]]
    assert asked[:3] == [
        ("GET", "/orders/17", 200), ("POST", "/orders", 200), ("GET", "/missing", 404),
    ]  # fmt: skip
    assert ("DELETE", "/orders/18", 200) in {
        (row["method"], row["path"], row["status"]) for row in found
    }
    assert {row["client"] for row in found} <= {"127.0.0.1", "::1", None}


@pytest.mark.parametrize("name", SENT)
def test_chunks_of_any_size_give_equal_tables(parsed, name):
    data = (DATA / name).read_bytes() * 5
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=700)
    assert set(whole.tables) == set(cut.tables)
    for table in whole.tables:
        assert cut.tables[table].to_pylist() == whole.tables[table].to_pylist()
    assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)


def test_quotes_and_scripts_in_paths_are_what_was_asked_for(parsed):
    assert 'GET /a"b' in {f"{r['method']} {r['path']}" for r in rows(parsed, "django.log")}
    assert '/a"b' in {row["path"] for row in rows(parsed, "morgan_dev.log")}
    assert "/esc\\x" in {row["path"] for row in rows(parsed, "morgan_tiny.log")}
    assert "/esc\\x" in {row["path"] for row in rows(parsed, "werkzeug.log")}
    assert '/café/"<script>' in {row["path"] for row in rows(parsed, "hypercorn.log")}


def test_what_the_client_sent_as_tls_is_a_row_without_path(parsed):
    last = rows(parsed, "werkzeug.log")[-1]
    assert (last["status"], last["path"], last["method"]) == (400, None, None)


def test_a_hung_request_has_neither_status_nor_duration(parsed):
    last = rows(parsed, "morgan_dev.log")[-1]
    assert (last["path"], last["status"], last["duration_ms"]) == ("/hang", None, None)
    assert rows(parsed, "morgan_dev.log")[0]["duration_ms"] == 1.632


def test_uvicorn_tells_neither_time_nor_duration_and_the_notes_say_so(parsed):
    result = parsed(FORMAT, (DATA / "uvicorn_colour.log").read_bytes())
    assert {note.kind for note in result.notes} == {"duration_unknown", "times_unknown"}
    table = result.tables["requests"]
    assert table["duration_ms"].null_count == table["started_at"].null_count == len(table)


def test_a_time_before_the_line_is_the_time_of_the_request(parsed):
    line = b'2026-11-21 10:00:00,123 - uvicorn.access - INFO - [::1]:80 - "GET /x HTTP/1.1" 200\n'
    result = parsed(FORMAT, line, zone="Europe/Berlin")
    (row,) = result.tables["requests"].to_pylist()
    assert row["started_at"].isoformat() == "2026-11-21T09:00:00.123000+00:00"
    assert (row["client"], row["path"]) == ("::1", "/x")
    assert {note.kind for note in result.notes} == {"duration_unknown", "timezone_assumed"}


def test_gunicorn_log_has_workers_that_hang_between_its_requests(parsed):
    events = rows(parsed, "gunicorn_mixed.log", "events")
    told = [(event["kind"], event["session_id"]) for event in events]
    (timeout,) = [event for event in events if event["kind"] == "worker_timeout"]
    assert timeout["message"] == f"WORKER TIMEOUT (pid:{timeout['session_id']})"
    assert timeout["at"] is not None
    assert ("worker_exit", timeout["session_id"]) in told
    assert [kind for kind, _ in told].count("worker_start") == 2
    assert [told[0], told[-1]] == [("server_start", None), ("server_stop", None)]


def test_a_log_in_docker_takes_its_times_from_the_envelope():
    line = b'{"log":"INFO:     127.0.0.1:5 - \\"GET /x HTTP/1.1\\" 200 OK\\n","stream":"stdout",'
    rec = load(io.BytesIO((line + b'"time":"2026-11-21T10:00:00.5Z"}\n') * 5))
    assert rec.inputs[0].format == "application-log"
    first = rec.arrow("requests")["started_at"][0].as_py()
    assert first.isoformat() == "2026-11-21T10:00:00.500000+00:00"


OTHERS = (
    b"", b"hello\n", b"Not Found: /x\n", b"INFO Deploy to production by me\n",
    b"GET /x and 200 other things took 5 ms\n", b'User said "GET /x HTTP/1.1" 200 times\n',
    b"2026-11-21 10:00:00 INFO GET /deploy 200\n", b'{"message": "- \\"GET / HTTP/1.1\\" 200"}\n',
    b"worker timeout of 30 s is set\n",
    b'2026-11-21T10:00:00+00:00 heroku[router]: at=info method=GET path="/" status=200\n',
)  # fmt: skip


@pytest.mark.parametrize("data", OTHERS)
def test_other_lines_are_not_claimed(data):
    assert FORMAT.recognises(data).confidence == 0.0


def test_statements_among_the_lines_belong_to_their_own_format():
    echo = b"2026-11-21 10:00:00,1 INFO sqlalchemy.engine.Engine SELECT 1\n"
    echo += b"2026-11-21 10:00:00,1 INFO sqlalchemy.engine.Engine [raw sql] ()\n"
    data = (DATA / "uvicorn_colour.log").read_bytes() + echo * 3
    sure = {item.name: item.recognises(data).confidence for item in formats()}
    assert sure["sqlalchemy-echo"] - sure["application-log"] > 0.05


def test_slow_callbacks_of_asyncio_are_read_beside_requests(parsed):
    data = b"WARNING asyncio Executing <Task finished name='r' coro=<slow()>> took 0.139 seconds\n"
    both = (DATA / "uvicorn_colour.log").read_bytes() + data
    sure = {item.name: item.recognises(both).confidence for item in formats()}
    assert sure["application-log"] - sure["asyncio-debug"] > 0.05
    result = parsed(FORMAT, both)
    assert result.tables["events"].to_pylist()[-1]["duration_ms"] == 139.0
    assert "threshold" in {note.kind for note in result.notes}


def test_a_path_of_100_kilobytes_and_control_characters_are_read(parsed):
    path = b"/" + b"a" * 100_000 + b"\x01<script>\x00"
    line = b'INFO:     1.1.1.1:5 - "GET ' + path + b' HTTP/1.1" 499 X\n'
    (row,) = parsed(FORMAT, line).tables["requests"].to_pylist()
    assert (row["path"].encode(), row["status"]) == (path, 499)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_and_truncated_bytes_never_raise_and_add_up(parsed, accounts, seed):
    chance = random.Random(seed)
    data = bytearray(b"".join((DATA / name).read_bytes() for name in SENT))
    for _ in range(150):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(5)] = chance.choice(
            [b"\0", b"\xff", b"\n", b'"', b"[", b" - ", b"9" * 30, b"\x1b[3", b"\r\n", b" ms"]
        )
    broken = bytes(data[: len(data) - chance.randrange(300)])
    FORMAT.recognises(broken[:65536])
    accounts(parsed(FORMAT, broken), broken.count(b"\n") + (broken[-1:] != b"\n"))
