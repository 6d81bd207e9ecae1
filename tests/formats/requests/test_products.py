import json

import pytest

from perfkit.formats.model import Chunk
from perfkit.formats.requests.products import PRODUCTS, product_of
from perfkit.formats.requests.structlog_json import FORMAT

AT = "2026-11-21T10:00:00Z"
#: A line of each program as its documentation shows it -> its duration, upstream time, path.
LINES = {
    "Traefik": (
        {"StartUTC": AT, "RequestMethod": "GET", "RequestPath": "/a", "DownstreamStatus": 200,
         "Duration": 1_500_000, "OriginDuration": 1_200_000, "ClientHost": "::1"},
        1.5, 1.2),
    "Caddy": (
        {"level": "info", "ts": 1795255200.5, "logger": "http.log.access", "msg": "handled request",
         "request": {"remote_ip": "::1", "proto": "HTTP/2.0", "method": "GET", "host": "x",
                     "uri": "/a", "headers": {"User-Agent": ["curl"]}},
         "bytes_read": 0, "duration": 12.5, "size": 9, "status": 200},
        12_500.0, None),
    "Kong": (
        {"latencies": {"request": 25, "kong": 2, "proxy": 20}, "started_at": 1795255200000,
         "request": {"method": "GET", "uri": "/a"}, "response": {"status": 200}},
        25.0, 20.0),
    "Envoy": (
        {"start_time": AT, "method": "GET", "path": "/a", "response_code": 200, "duration": 150_000,
         "response_flags": "-", "upstream_service_time": "14"},
        150_000.0, 14.0),
    "nginx": (
        {"time_iso8601": AT, "request": "GET /a HTTP/1.1", "status": "200",
         "request_time": "12.005", "upstream_response_time": "0.1, 0.2 : -",
         "upstream_cache_status": "MISS"},
        12_005.0, 300.0),
    "Echo": (
        {"time": AT, "method": "GET", "uri": "/a", "status": 200, "latency": 15_000,
         "latency_human": "15us"},
        0.015, None),
    "pino-http": (
        {"level": 30, "time": 1795255200000, "responseTime": 0, "req": {"method": "GET",
         "url": "/a"}, "res": {"statusCode": 200}},
        0.0, None),
    "express-winston": (
        {"level": "info", "timestamp": AT, "meta": {"req": {"method": "GET", "url": "/a"},
         "res": {"statusCode": 200}, "responseTime": 150_000}},
        150_000.0, None),
    "lograge": (
        {"method": "GET", "path": "/a", "controller": "C", "action": "x", "status": 200,
         "duration": 0.5, "view": 0.1},
        0.5, None),
    "Serilog": (
        {"@t": AT, "RequestMethod": "GET", "RequestPath": "/a", "StatusCode": 200, "Elapsed": 0.5},
        0.5, None),
    "ASP.NET Core": (
        {"Timestamp": AT, "Protocol": "HTTP/1.1", "Method": "GET", "Path": "/a", "StatusCode": 200,
         "Duration": 0.5},
        0.5, None),
    "API Gateway": (
        {"requestId": "r", "ip": "::1", "requestTime": "21/Nov/2026:10:00:00 +0000",
         "httpMethod": "GET", "routeKey": "GET /a", "path": "/a", "status": "200",
         "responseLatency": "34", "integrationLatency": "30"},
        34.0, 30.0),
    "Azure Application Gateway": (
        {"time": AT, "category": "ApplicationGatewayAccessLog", "properties": {"clientIP": "::1",
         "httpMethod": "GET", "requestUri": "/a", "httpStatus": 200, "sentBytes": 17,
         "timeTaken": 30.042, "host": "x", "serverResponseLatency": "30.040"}},
        30_042.0, 30_040.0),
    "Azure Front Door": (
        {"time": AT, "category": "FrontDoorAccessLog", "properties": {"trackingReference": "0H",
         "httpMethod": "GET", "requestUri": "/a", "httpStatusCode": "200", "timeTaken": "30.042",
         "cacheStatus": "MISS", "endpoint": "x.azurefd.net", "clientIp": "::1"}},
        30_042.0, None),
    "Google Cloud": (
        {"timestamp": AT, "requestMethod": "GET", "requestUrl": "/a", "status": 200,
         "latency": "30.5s", "remoteIp": "::1", "responseSize": "17"},
        30_500.0, None),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_each_program_has_the_units_that_it_documents(name):
    line, ms, upstream = LINES[name]
    data = json.dumps(line).encode() + b"\n"
    assert FORMAT.recognises(data).confidence > 0.6
    parsed = FORMAT.parse(Chunk.whole(data))
    assert parsed.notes == ()
    (row,) = parsed.tables["requests"].to_pylist()
    assert (row["method"], row["path"], row["status"]) == ("GET", "/a", 200)
    assert row["duration_ms"] == pytest.approx(ms)
    assert row["upstream_ms"] == (None if upstream is None else pytest.approx(upstream))


def test_every_program_has_a_line_here():
    assert {one.name for one in PRODUCTS} == set(LINES)


def test_only_all_marks_tell_a_program():
    assert product_of(["latency", "latency_human", "x"]).name == "Echo"
    assert product_of(["latency"]) is None


def test_what_programs_say_beside_durations_is_kept():
    found = {}
    for name in LINES:
        data = json.dumps(LINES[name][0]).encode() + b"\n"
        (found[name],) = FORMAT.parse(Chunk.whole(data)).tables["requests"].to_pylist()
    assert found["Envoy"]["error"] is None
    assert found["nginx"]["cache_status"] == "miss"
    assert found["API Gateway"]["route"] == "/a"
    assert found["lograge"]["route"] == "C#x"
    assert found["Azure Application Gateway"]["response_bytes"] == 17
    assert found["Azure Front Door"]["request_id"] == "0H"
    assert (found["Azure Front Door"]["service"], found["Azure Front Door"]["route"]) == (
        "x.azurefd.net",
        None,
    )
    assert f"{found['Google Cloud']['started_at']:%H:%M:%S}" == "10:00:00"
    flagged = LINES["Envoy"][0] | {"response_flags": "UT", "response_code": 0}
    (row,) = FORMAT.parse(Chunk.whole(json.dumps(flagged).encode())).tables["requests"].to_pylist()
    assert (row["error"], row["status"]) == ("UT", 0)
