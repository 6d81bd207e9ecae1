"""JSON request logs: lines that structlog itself writes, and other loggers' names and units."""

import io
import json
import random
from datetime import UTC, datetime

import pytest
import structlog

from perfkit.formats.registry import formats
from perfkit.formats.requests.structlog_json import FORMAT

AT = "2026-11-21T08:32:11.500000Z"


def lines(*rows):
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def request(**fields):
    row = {"event": "request_finished", "timestamp": AT, "level": "info", "method": "GET"}
    row |= {"path": "/orders/5", "route": "/orders/{id}", "status": 200, "duration_ms": 250.0}
    return row | fields


@pytest.fixture
def written():
    """What structlog writes, with the processors of its documentation."""
    stream = io.StringIO()
    log = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.JSONRenderer(),
        ],
    )
    before = datetime.now(UTC)
    log.info("request_started", method="GET", path="/orders/5")
    log.info(
        "request_finished",
        method="GET",
        path="/orders/5",
        route="/orders/{id}",
        status=200,
        duration_ms=12.5,
        request_id="r1",
        trace_id="t1",
        query_count=3,
        query_ms=5.0,
        response_bytes=99,
        client="10.0.0.1",
    )
    log.warning("blocked_loop", duration_ms=75.5, source="heartbeat", stack="a:b:1;c:d:2")
    log.info("pool_sample", pool="main", size=5, max_size=5, in_use=5, idle=0, waiting=2,
             timeouts_total=0, wait_ms_total=1.5, hold_ms_total=9.0, requests_total=7)  # fmt: skip
    log.info("checkout", pool="main", worker="w", requested_at=AT, acquired_at=AT,
             released_at=AT, wait_ms=1.0, hold_ms=2.0, busy_ms=1.5, trace_id="t1")  # fmt: skip
    return stream.getvalue().encode(), before


def test_lines_of_structlog_fill_four_tables(written, parsed, accounts):
    data, before = written
    result = parsed(FORMAT, data)
    accounts(result, 5)
    assert (result.used, result.irrelevant, result.notes) == (4, 1, ())
    (row,) = result.tables["requests"].to_pylist()
    wanted = {"method": "GET", "route": "/orders/{id}", "path": "/orders/5", "status": 200}
    wanted |= {"duration_ms": 12.5, "request_id": "r1", "trace_id": "t1", "client": "10.0.0.1"}
    wanted |= {"response_bytes": 99, "line": 2}
    assert {name: row[name] for name in wanted} == wanted
    assert abs((row["started_at"].to_pydatetime(warn=False) - before).total_seconds()) < 60
    assert json.loads(row["attributes"])["query_count"] == 3
    (event,) = result.tables["events"].to_pylist()
    assert (event["kind"], event["duration_ms"]) == ("blocked_loop", 75.5)
    assert event["message"] == "event loop blocked for 75.5 ms in c:d:2"
    assert json.loads(event["attributes"])["stack"] == "a:b:1;c:d:2"
    (sample,) = result.tables["pool_samples"].to_pylist()
    assert (sample["pool"], sample["waiting"], sample["wait_ms_total"]) == ("main", 2, 1.5)
    (use,) = result.tables["checkouts"].to_pylist()
    assert (use["hold_ms"], use["trace_id"]) == (2.0, "t1")
    assert use["released_at"].isoformat() == "2026-11-21T08:32:11.500000+00:00"


def test_these_lines_are_recognised_by_this_format_alone(written):
    sure = {item.name: item.recognises(written[0]).confidence for item in formats()}
    assert sure.pop("structlog-json") > 0.9
    assert max(sure.values()) == 0.0


@pytest.mark.parametrize("name", ["logs/pg15_start.json.gz", "traces/elastic/transactions.ndjson"])
def test_other_json_lines_are_not_recognised(real, name):
    assert FORMAT.recognises(real(name)[:65536]).confidence == 0.0


def test_a_request_began_its_duration_before_its_line(parsed):
    (row,) = parsed(FORMAT, lines(request())).tables["requests"].to_pylist()
    assert row["started_at"].isoformat() == "2026-11-21T08:32:11.250000+00:00"
    started = request(started_at=AT)
    (row,) = parsed(FORMAT, lines(started)).tables["requests"].to_pylist()
    assert row["started_at"].isoformat() == "2026-11-21T08:32:11.500000+00:00"


OTHERS = {
    "pino-http": (
        {"level": 30, "time": 1795249931500, "msg": "request completed", "responseTime": 250,
         "req": {"method": "GET", "url": "/orders/5", "id": 7}, "res": {"statusCode": 200}},
        False,
    ),
    "elastic common schema": (
        {"@timestamp": AT, "event": {"duration": 250_000_000}, "url": {"path": "/orders/5"},
         "http": {"request": {"method": "GET"}, "response": {"status_code": 200}}},
        False,
    ),
    "zap": (
        {"level": "info", "ts": 1795249931.5, "msg": "served", "method": "GET",
         "path": "/orders/5", "status": 200, "latency": "250ms"},
        False,
    ),
    "seconds by suffix": (
        {"time": AT, "method": "GET", "path": "/orders/5", "status": 200, "duration_s": 0.25},
        False,
    ),
    "seconds by magnitude": (
        {"time": AT, "method": "GET", "path": "/orders/5", "status": 200, "took": 0.25},
        True,
    ),
    "microseconds": (
        {"time": AT, "method": "GET", "path": "/orders/5", "status": "200", "elapsed_us": 250_000},
        False,
    ),
    "dotted": (
        {"timestamp": AT, "http.method": "GET", "http.path": "/orders/5", "http.status_code": 200,
         "http.duration_ms": 250},
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_loggers_say_the_same(parsed, name):
    line, is_inferred = OTHERS[name]
    data = lines(line, line)
    assert FORMAT.recognises(data).confidence > 0.6
    result = parsed(FORMAT, data)
    row = result.tables["requests"].to_pylist()[1]
    assert (row["method"], row["path"], row["status"]) == ("GET", "/orders/5", 200)
    assert row["duration_ms"] == pytest.approx(250.0)
    assert row["started_at"].isoformat() == "2026-11-21T08:32:11.250000+00:00"
    assert ("unit_inferred" in {note.kind for note in result.notes}) is is_inferred


def test_times_without_zone_are_noted(parsed):
    data = lines(request(timestamp="2026-11-21T09:32:11.500"))
    result = parsed(FORMAT, data)
    assert [note.kind for note in result.notes] == ["timezone_assumed"]
    result = parsed(FORMAT, data, zone="Europe/Berlin")
    row = result.tables["requests"].to_pylist()[0]
    assert row["started_at"].isoformat() == "2026-11-21T08:32:11.250000+00:00"


def test_broken_lines_are_rejected_and_unknown_events_are_irrelevant(parsed, accounts):
    good = lines(request())
    data = good + b'{"event": "request_fin\n\n[1]\n7\n{"event": "started"}\n\xff\xfe\n' + good[:-9]
    result = parsed(FORMAT, data)
    accounts(result, 8)
    assert [bad.line for bad in result.rejected] == [2, 7, 8]
    assert result.rejected[0].text == '{"event": "request_fin'
    assert result.irrelevant == 4


@pytest.mark.parametrize("value", [-1, float("inf"), "soon", True, None, {"a": 1}, 10**400])
def test_a_duration_that_is_none_is_unknown(parsed, value):
    data = json.dumps(request(duration_ms=value)).replace("Infinity", "1e999").encode() + b"\n"
    result = parsed(FORMAT, data)
    found = result.tables.get("requests")
    assert found is None or found["duration_ms"].to_pylist() == [None]


@pytest.mark.parametrize("size", [1_000, 50_000])
def test_chunks_of_any_size_give_equal_tables(parsed, written, size):
    data = (written[0] + lines(request(), {"event": "other"})) * 40
    whole, cut = parsed(FORMAT, data), parsed(FORMAT, data, size=size)
    for name, table in whole.tables.items():
        assert cut.tables[name].to_pylist() == table.to_pylist()
    assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)


@pytest.mark.parametrize("seed", range(8))
def test_mutated_and_truncated_bytes_never_raise_and_add_up(parsed, written, accounts, seed):
    chance = random.Random(seed)
    data = bytearray(written[0] * 20)
    for _ in range(80):
        place = chance.randrange(len(data))
        data[place : place + chance.randrange(5)] = chance.choice(
            [b"\0", b"\xff", b"\n", b"{", b'"', b"[", b"9" * 30, b"null", b"1e999", b"\\ud800"]
        )
    broken = bytes(data[: len(data) - chance.randrange(300)])
    FORMAT.recognises(broken[:65536])
    accounts(parsed(FORMAT, broken), broken.count(b"\n") + (broken[-1:] != b"\n"))
