"""nginx's notation, and lines as nginx would write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.formats.requests.access.log_format import template_of

RT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" $request_time'
)


def roles(text):
    return [(field.role, field.unit) for field in template_of(text).fields if field.role]


def test_a_directive_is_the_same_as_its_string():
    directive = (
        "  log_format main escape=default '$remote_addr - $remote_user [$time_local] '\n"
        "      '\"$request\" '\n"
        "      '$status $body_bytes_sent \"$http_referer\" '\n"
        "      '\"$http_user_agent\" $request_time';"
    )
    assert template_of(directive).literals == template_of(RT).literals
    assert roles(directive) == roles(RT)
    quoted = 'log_format x "$status \\"$request\\"";'
    assert template_of(quoted).literals == ("", ' "', '"')


def test_braces_and_unknown_variables():
    template = template_of("${status}ms $my_map $request_time")
    assert template.literals == ("", "ms ", " ", "")
    assert roles("${status}ms $my_map $request_time") == [("status", ""), ("duration", "s")]


@pytest.mark.parametrize(
    "text",
    ["$request_method $scheme://$host$request_uri $status", "$host$uri$is_args$args $status"],
)
def test_addresses_are_put_together(text):
    assert ("path", "") in roles(text)
    assert ("service", "") in roles(text)


def test_two_variables_without_anything_between_are_an_error():
    with pytest.raises(UsageError, match=r"between \$status and \$request_time"):
        template_of("[$time_local] $status$request_time")


def test_the_end_less_the_duration_is_the_start(rows):
    line = '::1 - - [10/Oct/2026:13:55:36 +0200] "GET /a HTTP/2.0" 200 5 "-" "-" 1.250'
    (row,) = rows(RT, line)
    assert row["started_at"].isoformat() == "2026-10-10T11:55:34.750000+00:00"
    assert (row["client"], row["duration_ms"]) == ("::1", 1250.0)


@pytest.mark.parametrize(
    ("written", "ms"),
    [("0.100", 100.0), ("0.100, 0.200 : 0.300", 600.0), ("-", None), ("-, 0.5", 500.0)],
)
def test_tries_of_several_servers_are_added_up(rows, written, ms):
    (row,) = rows("$status $upstream_response_time $request_time", f"200 {written} 0.700")
    assert (row["upstream_ms"], row["duration_ms"]) == (ms, 700.0)


def test_what_else_has_a_column(rows):
    text = "$status $upstream_cache_status $request_id $http_traceparent $host $msec"
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    (row,) = rows(text, f"200 HIT abc 00-{trace}-00f067aa0ba902b7-01 shop.test 1700000000.250")
    assert (row["cache_status"], row["request_id"], row["trace_id"]) == ("hit", "abc", trace)
    assert (row["service"], row["started_at"].value) == ("shop.test", 1700000000250000000)


TEXT = st.binary(max_size=30)
PATHS = st.binary(max_size=40).map(lambda raw: b"/" + raw.replace(b" ", b"+"))
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy's zone


@given(
    st.lists(
        st.tuples(PATHS, TEXT, TEXT, TEXT, TIMES, st.integers(0, 10**7), st.integers(0, 999)),
        min_size=1,
        max_size=8,
    )
)
def test_what_nginx_writes_reads_back(rows, nginx_line, shown, requests):
    found = rows(RT, *(nginx_line(*one) for one in requests))
    assert len(found) == len(requests)
    for row, (path, _, _, _, at, ms, status) in zip(found, requests, strict=True):
        assert row["path"] == shown(path)
        assert (row["status"], row["duration_ms"]) == (status, float(ms))
        start = at.replace(microsecond=0) - timedelta(milliseconds=ms)
        assert row["started_at"].to_pydatetime() == start
