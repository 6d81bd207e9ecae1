"""Apache's notation, and lines as Apache would write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.formats.requests.access.log_format import template_of

D = r"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D"


def roles(text):
    return [(field.role, field.unit) for field in template_of(text).fields if field.role]


@pytest.mark.parametrize(
    "directive",
    [
        f'LogFormat "{D}" combined_d',
        f'CustomLog /var/log/access.log "{D}"',
        f'  CustomLog "|/usr/bin/rotate log" "{D}"',
        D.replace('\\"', '"'),
    ],
)
def test_a_directive_is_the_same_as_its_string(directive):
    assert template_of(directive).literals == template_of(D).literals
    assert roles(directive) == roles(D)


@pytest.mark.parametrize(
    ("token", "role", "unit"),
    [
        ("%s", "status", ""),
        ("%>s", "status", ""),
        ("%{c}a", "", ""),
        ("%D", "duration", "us"),
        ("%T", "duration", "s"),
        ("%{ms}T", "duration", "ms"),
        ("%{us}T", "duration", "us"),
        ("%400,501{User-agent}i", "", ""),
        ("%!200,304{X-Request-Id}i", "request_id", ""),
        ("%{UNIQUE_ID}e", "request_id", ""),
        ("%{Host}i", "service", ""),
        ("%{traceparent}i", "trace_id", "traceparent"),
        ("%^FB", "", ""),
        ("%X", "", ""),
        ("%p", "", ""),
        ("%{end:%s}t", None, None),
        ("%{%Y-%m-%dT%H:%M:%S}t", "start", "%Y-%m-%dT%H:%M:%S"),
        ("%{end:%F %T}t", "time", "%Y-%m-%d %H:%M:%S"),
        ("%{msec}t", "start", "ms"),
        ("%{end:usec}t", "time", "us"),
    ],
)
def test_tokens(token, role, unit):
    if role is None:
        with pytest.raises(UsageError, match="at character 4"):
            template_of(f"%U {token}")
        return
    template = template_of(f"%U {token} end")
    assert (template.fields[1].role, template.fields[1].unit) == (role, unit)


def test_a_per_cent_sign_and_a_tab():
    assert template_of(r"%%\t%s").literals == ("%\t", "")


def test_a_time_in_pieces_is_one_time(rows):
    text = "%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t %s"
    (row,) = rows(text, "21/Nov/2026 21:06:21.577 +0100 200")
    assert row["started_at"].isoformat() == "2026-11-21T20:06:21.577000+00:00"


def test_the_request_was_received_at_its_time(rows):
    (row,) = rows("%t %D %s", "[21/Nov/2026:21:06:21 +0000] 2500000 200")
    assert row["started_at"].isoformat() == "2026-11-21T21:06:21+00:00"
    (row,) = rows("%{end:msec}t %D %s", "1700000002500 2500000 200")
    assert row["started_at"].value == 1700000000000000000
    (row,) = rows("%{usec}t %{end:usec}t %s", "1700000000000001 1700000009000000 200")
    assert row["started_at"].value == 1700000000000001000


def test_a_dash_for_no_bytes_is_none(rows):
    found = rows("%s %b", "304 -", "200 7")
    assert [row["response_bytes"] for row in found] == [0, 7]
    assert rows("%s %O", "304 -")[0]["response_bytes"] is None


def test_the_finest_duration_counts(rows):
    (row,) = rows("%T %{ms}T %D %s", "2 2345 2345678 200")
    assert row["duration_ms"] == 2345.678


def test_path_and_query_are_one(rows):
    found = rows('"%m %U%q %H" %s', '"GET /a?b=1 HTTP/1.1" 200', '"- - HTTP/1.0" 400')
    assert [(row["method"], row["path"]) for row in found] == [("GET", "/a?b=1"), (None, None)]


TEXT = st.binary(max_size=30)
PATHS = st.binary(max_size=40).map(lambda raw: b"/" + raw.replace(b" ", b"+"))
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy's zone


@given(
    st.lists(
        st.tuples(PATHS, TEXT, TEXT, TEXT, TIMES, st.integers(0, 10**9), st.integers(100, 599)),
        min_size=1,
        max_size=8,
    )
)
def test_what_apache_writes_reads_back(rows, apache_line, shown, requests):
    found = rows(D, *(apache_line(*one) for one in requests))
    assert len(found) == len(requests)
    for row, (path, _, _, _, at, us, status) in zip(found, requests, strict=True):
        assert row["path"] == shown(path)
        assert (row["status"], row["duration_ms"]) == (status, us / 1000)
        assert row["started_at"].to_pydatetime() == at.replace(microsecond=0)
