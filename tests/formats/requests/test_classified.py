import pytest

from perfkit.formats.requests.classified import (
    CLOSED,
    DEPLOY,
    LAMBDA,
    OPENED,
    QUERY,
    REQUEST,
    TEXT,
    classified,
)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"method": "GET", "path": "/x", "status": 200}, REQUEST),
        ({"path": "/x", "duration_ms": 5}, REQUEST),
        ({"route": "/x/{id}", "duration_ms": 5}, REQUEST),
        ({"event": "external_api_call", "api": "stripe", "duration_ms": 5}, REQUEST),
        ({"event": "slow_query", "query": "select 1"}, QUERY),
        ({"event": "deployed", "version": "v1"}, DEPLOY),
        ({"type": "platform.report", "record": {"metrics": {}}}, LAMBDA),
        ({"reqId": "r", "req": {"method": "GET", "url": "/x"}}, OPENED),
        ({"reqId": "r", "res": {"statusCode": 200}, "responseTime": 5}, CLOSED),
        ({"message": "hello"}, TEXT),
        ({"event": "file_read", "path": "/tmp/x", "duration_ms": 5}, TEXT),
        ({"path": "C:\\x", "duration_ms": 5}, ""),
        ({"duration_ms": 5}, ""),
        ({"method": "GET", "path": "/x"}, ""),
        ({}, ""), ([], ""), (None, ""), ("GET /x", ""), (7, ""),
    ],
)  # fmt: skip
def test_what_a_line_is(line, kind):
    assert classified(line, {})[0] == kind


def test_values_are_by_role_and_the_first_that_is_known_counts():
    _, values = classified(
        {"path": None, "url": "/b", "verb": "GET", "took": 0.5, "duration_ms": "no"}, {"took": "s"}
    )
    assert values == {"path": "/b", "method": "GET", "duration_ms": 500.0}


def test_a_request_line_is_method_and_path():
    _, values = classified({"request": "GET /x?y HTTP/2", "status": 200}, {})
    assert (values["method"], values["path"]) == ("GET", "/x?y")
