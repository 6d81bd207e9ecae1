import json

import pytest

from perfkit.formats.model import Chunk
from perfkit.formats.requests.outgoing import is_outgoing
from perfkit.formats.requests.structlog_json import FORMAT

AT = "2026-11-21T10:00:00Z"


def row(**line):
    data = json.dumps({"timestamp": AT, **line}).encode() + b"\n"
    assert FORMAT.recognises(data).confidence > 0.6
    (found,) = FORMAT.parse(Chunk.whole(data)).tables["requests"].to_pylist()
    return found


def test_a_call_has_its_peer_duration_and_status():
    url = "https://api.stripe.com/v1/charges?a=1"
    line = {"event": "external_api_call", "api": "stripe", "service": "shop", "method": "POST"}
    found = row(**line, url=url, status=200, duration_ms=120.5)
    wanted = {"kind": "client", "peer": "stripe", "service": "shop", "method": "POST"}
    wanted |= {"path": "/v1/charges?a=1", "status": 200, "duration_ms": 120.5, "error": None}
    assert {name: found[name] for name in wanted} == wanted
    assert found["started_at"].isoformat() == "2026-11-21T09:59:59.879500+00:00"


@pytest.mark.parametrize(
    ("key", "value", "peer"),
    [
        ("peer", "stripe", "stripe"), ("api", "stripe", "stripe"), ("service", "stripe", "stripe"),
        ("host", "api.x.com", "api.x.com"), ("target", "https://api.x.com/a", "api.x.com"),
        ("url", "https://user:pw@api.x.com:8443/v1", "api.x.com:8443"),
        ("provider", "mail", "mail"), ("url", "https://[::1/", None),
    ],
)  # fmt: skip
def test_whom_it_called_may_be_said_in_many_words(key, value, peer):
    assert row(event="external_api_call", duration_ms=5, **{key: value})["peer"] == peer


def test_the_service_that_was_called_is_not_the_service_that_called():
    found = row(event="external_api_call", service="stripe", duration_ms=5)
    assert (found["peer"], found["service"]) == ("stripe", None)


def test_a_time_out_is_an_error_and_lasted_as_long_as_was_waited():
    found = row(event="external_api_timeout", api="stripe", timeout_s=5)
    assert (found["error"], found["duration_ms"], found["status"]) == ("timeout", 5000.0, None)
    found = row(event="external_api_timeout", api="stripe", duration_ms=4990, timeout_s=5)
    assert found["duration_ms"] == 4990.0
    assert row(event="external_api_timeout", api="stripe")["duration_ms"] is None


@pytest.mark.parametrize(
    "event",
    [
        "outgoing_request", "outbound_http_call", "http_client_request_completed",
        "third_party_call_failed", "ExternalApiCall", "external-api-call",
    ],
)  # fmt: skip
def test_other_names_for_the_same_are_known(event):
    assert row(event=event, peer="p", duration_ms=5)["kind"] == "client"


def test_a_line_may_say_so_by_its_direction():
    found = row(msg="done", direction="outbound", host="p", method="GET", path="/x", status=200)
    assert (found["kind"], found["peer"]) == ("client", "p")


@pytest.mark.parametrize(
    "line",
    [
        {"event": "external_api_call_started", "api": "x"}, {"event": "external_api_call"},
        {"event": "we made an external api call", "api": "x"}, {"event": 7, "api": "x"},
        {"event": "request_finished", "host": "x", "method": "GET", "path": "/x", "status": 200},
        {"direction": "inbound", "status": 200}, {"direction": "outbound"}, {},
    ],
)  # fmt: skip
def test_other_lines_are_no_outgoing_requests(line):
    assert not is_outgoing(line, {})


def test_a_request_that_was_served_has_no_kind():
    assert row(event="x", method="GET", path="/x", status=200)["kind"] is None
