"""The columns of divided lines."""

import pytest

TIME = "[10/Oct/2026:13:55:36 +0200]"


def test_dashes_and_nothing_are_unknown(fields):
    found = fields('"$request_id" $status "$host" $request_time', '"-" 200 "" -', '"a" - "b" 0.5')
    assert found.text_of("request_id").to_pylist() == [None, "a"]
    assert found.integer("status").to_pylist() == [200, None]
    assert found.category("service").to_pylist() == [None, "b"]
    assert found.milliseconds("duration").to_pylist() == [None, 500.0]
    assert not found.broken.any()


def test_of_several_fields_the_first_known_counts(fields):
    found = fields("$server_name $host", "- b", "a b")
    assert found.category("service").to_pylist() == ["b", "a"]


def test_the_finest_time_counts(fields):
    found = fields("[$time_local] $msec", f"{TIME} 1700000000.250", f"{TIME} -")
    assert found.times("time").to_pylist() == [1700000000250000000, 1791633336000000000]


@pytest.mark.parametrize(
    ("log_format", "line", "broken"),
    [
        ("$status $request_time", "20x 0.1", True),
        ("$status $request_time", "200 fast", True),
        ("$status $request_time", "200 0.1,", True),
        ("$status $request_time", "200 -0.001", False),
        ("%s %D", "200 -17", False),
        ("$status [$time_local]", "200 [10/Okt/2026:13:55:36 +0200]", True),
        ("$status $upstream_response_time $host", "200 0.1, x b", True),
        ("$status $upstream_response_time $host", "200 0.1, - b", False),
    ],
)
def test_a_line_with_a_value_that_cannot_be_is_broken(fields, log_format, line, broken):
    found = fields(log_format, line)
    for role in ("status", "response_bytes"):
        found.integer(role)
    for role in ("duration", "upstream"):
        found.milliseconds(role)
    for role in ("time", "start"):
        found.times(role)
    fits = len(found) == 1
    assert (not fits or bool(found.broken[0])) == broken


def test_a_clock_that_was_set_back_leaves_the_duration_unknown(fields):
    assert fields("%s %D", "200 -17").milliseconds("duration").to_pylist() == [None]


def test_what_a_log_does_not_have_is_unknown(fields):
    found = fields("$status", "200")
    assert found.text_of("path").to_pylist() == [None]
    assert found.integer("response_bytes").to_pylist() == [None]
    assert found.request_line() is None
    assert found.method() is None
    assert len(found) == 1


def test_times_without_a_zone_are_noticed(fields):
    found = fields("%{%Y-%m-%d %H:%M:%S}t|%s", "2026-10-10 12:00:00|200", zone="Europe/Berlin")
    assert found.times("start").to_pylist() == [1791626400000000000]
    assert found.naive
