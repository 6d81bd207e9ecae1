"""What columns of requests become of fields."""

import pytest

TIME = "10/Oct/2026:13:55:36 +0200"


def test_a_line_is_written_at_the_end(rows):
    found = rows("[$time_local] $request_time $status", f"[{TIME}] 0.250 200", f"[{TIME}] - 200")
    starts = [row["started_at"].isoformat() for row in found]
    assert starts == ["2026-10-10T11:55:35.750000+00:00", "2026-10-10T11:55:36+00:00"]


def test_a_path_of_its_own_serves_where_the_request_line_has_none(rows):
    found = rows('"$request" $uri $status', '"GET /a?b HTTP/1.1" /a 200', '"" /c 400')
    assert [row["path"] for row in found] == ["/a?b", "/c"]


@pytest.mark.parametrize(
    ("log_format", "written", "client"),
    [
        ("$remote_addr $status", "2001:db8::1", "2001:db8::1"),
        ("$remote_addr $status", "unix:", "unix:"),
        ("$http_x_forwarded_for $status", "10.0.0.1, 10.0.0.2", "10.0.0.1"),
        ("$http_x_forwarded_for $status", "-", None),
    ],
)
def test_clients(rows, log_format, written, client):
    assert rows(log_format, f"{written} 200")[0]["client"] == client


def test_the_catch_all_server_is_no_service(rows):
    assert [row["service"] for row in rows("$server_name $status", "_ 200", "a 200")] == [None, "a"]


@pytest.mark.parametrize(
    ("log_format", "written", "trace_id"),
    [
        ("$http_traceparent", f"00-{'aB' * 16}-{'0' * 16}-01".lower(), "ab" * 16),
        ("$http_x_b3_traceid", "ABCDEF0123456789", "0" * 16 + "abcdef0123456789"),
        ("$http_x_b3_traceid", "not hex", "not hex"),
        ("$http_traceparent", "garbage", "garbage"),
        ("$http_traceparent", "-", None),
    ],
)
def test_trace_ids(rows, log_format, written, trace_id):
    assert rows(f"$status|{log_format}", f"200|{written}")[0]["trace_id"] == trace_id


def test_cache_states_are_in_lower_case(rows):
    found = rows("$upstream_cache_status $status", "HIT 200", "EXPIRED 200", "- 200")
    assert [row["cache_status"] for row in found] == ["hit", "expired", None]


@pytest.mark.parametrize("status", ["000", "499", "009"])
def test_statuses_are_kept_as_logged(rows, status):
    assert rows("$status $host", f"{status} a")[0]["status"] == int(status)
