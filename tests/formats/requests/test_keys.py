import pytest

from perfkit.formats.requests.keys import flattened, role


@pytest.mark.parametrize(
    ("key", "name", "unit"),
    [
        ("duration_ms", "duration", "ms"),
        ("durationMs", "duration", "ms"),
        ("responseTime", "duration", ""),
        ("response_time_seconds", "duration", "s"),
        ("http.request.duration_us", "duration", "us"),
        ("event.duration", "duration", "ns"),
        ("elapsed_nanos", "duration", "ns"),
        ("took", "duration", ""),
        ("http.request.method", "method", ""),
        ("req.url", "path", ""),
        ("res.statusCode", "status", ""),
        ("X-Request-Id", "request_id", ""),
        ("otelTraceID", "trace_id", ""),
        ("@timestamp", "time", ""),
    ],
)
def test_keys_of_many_loggers(key, name, unit):
    found = role(key)
    assert (found.name, found.unit) == (name, unit)


@pytest.mark.parametrize("key", ["query_ms", "durations", "lifetime", "", "http", "http_http_"])
def test_other_keys_mean_nothing(key):
    assert role(key) is None


def test_objects_are_flattened_two_levels_deep():
    line = {"a": 1, "http": {"request": {"method": "GET", "deep": {}}, "version": 2}}
    assert dict(flattened(line)) == {
        "a": 1,
        "http.request.method": "GET",
        "http.request.deep": {},
        "http.version": 2,
    }
