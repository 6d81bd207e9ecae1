"""Times, threads and trace ids that logging frameworks write before messages."""

from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.orm.log_prefixes import NO_TIME, Prefixes, threads


def _at(text, zone=None):
    (at,) = Prefixes.read(pa.array([text]), zone).started().to_pylist()
    return at


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21 11:00:00,123 INFO ",
        "[2026-11-21 11:00:00.123] ",
        "INFO 2026/11/21 11:00:00.123 x",
        "2026-11-21T11:00:00.123Z INFO 1 --- [main] ",
        "2026-11-21T13:00:00.123+02:00 ",
        "2026-11-21 05:30:00.123 -0530 ",
        "I, [2026-11-21T11:00:00.123 #77]  INFO -- : ",
    ],
)
def test_a_time_is_found_wherever_it_stands(text):
    assert f"{_at(text):%Y-%m-%d %H:%M:%S.%f}" == "2026-11-21 11:00:00.123000"


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - the zone follows
    st.integers(-14 * 60, 14 * 60),
)
def test_any_time_with_an_offset_is_that_moment(moment, minutes):
    at = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert _at(at.isoformat(sep=" ", timespec="microseconds")) == at


def test_a_time_without_a_zone_is_of_the_zone_asked_for():
    assert f"{_at('21/Nov/2026 12:00:00', 'Europe/Berlin'):%H:%M}" == "11:00"
    assert Prefixes.read(pa.array(["2026-11-21 11:00:00"]), None).naive


@pytest.mark.parametrize("text", ["", "INFO ", "2026-02-30 11:00:00 ", "2026-11-21 99:00:00"])
def test_what_is_no_time_is_unknown(text):
    prefixes = Prefixes.read(pa.array([text]), None)
    assert prefixes.ns.tolist() == [NO_TIME]
    assert prefixes.started().to_pylist() == [None]


def test_a_time_of_day_orders_lines_and_dates_none():
    prefixes = Prefixes.read(pa.array(["11:00:00.5 ", "11:00:01.25 "]), None)
    assert (prefixes.ns[1] - prefixes.ns[0]) == 750_000_000
    assert prefixes.started().null_count == 2


@pytest.mark.parametrize(
    ("text", "thread"),
    [
        ("2026-11-21 11:00:00,123 INFO [MainThread] ", "MainThread"),
        ("2026-11-21 11:00:00 INFO ThreadPoolExecutor-0_1 ", "ThreadPoolExecutor-0_1"),
        ("INFO 1 --- [nio-8080-exec-1] ", "nio-8080-exec-1"),
        ("DEBUG 4711 139770307550080 ", "4711 139770307550080"),
        ("[base.py:1868] ", None),
        ("2026-11-21 11:00:00,123 INFO ", None),
    ],
)
def test_threads_and_processes_are_named(text, thread):
    assert threads(pa.array([text])).to_pylist() == [thread]


def test_trace_ids_of_opentelemetry_are_found():
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    text = f"2026-11-21 11:00:00,1 [trace_id={trace} span_id={span} resource.service.name=x] - "
    found = Prefixes.read(pa.array([text, "x"]), None).traces()
    assert found["trace_id"].to_pylist() == [trace, None]
    assert found["span_id"].to_pylist() == [span, None]
