import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.requests.apps.application_log import FORMAT
from perfkit.formats.requests.apps.logfmt import logfmt_lines, pairs

LOGRAGE = (
    b"method=GET path=/orders/7 format=html controller=OrdersController action=show status=200 "
    b"duration=0.33 view=0.13 db=0.15\n"
)
LOGRUS = (
    b'time="2026-11-21T10:00:00Z" level=info msg="request completed" method=GET path="/a b?c=\\"d" '
    b"status=499 duration=12.5ms bytes=12 request_id=r1\n"
)


def test_lograge_has_milliseconds_and_the_action_as_route(parsed):
    data = b"noise\n" + LOGRAGE * 3
    assert FORMAT.recognises(data).confidence == 0.8
    result = parsed(FORMAT, data)
    row = result.tables["requests"].to_pylist()[0]
    assert (row["method"], row["path"], row["status"]) == ("GET", "/orders/7", 200)
    assert (row["duration_ms"], row["route"], row["line"]) == (0.33, "OrdersController#show", 2)
    assert (result.used, result.irrelevant, result.notes) == (3, 1, ())


def test_a_go_logger_names_its_units_and_quotes_its_values(parsed):
    (row,) = parsed(FORMAT, LOGRUS).tables["requests"].to_pylist()
    assert (row["path"], row["status"], row["duration_ms"]) == ('/a b?c="d', 499, 12.5)
    assert row["started_at"].isoformat() == "2026-11-21T09:59:59.987500+00:00"
    assert (row["response_bytes"], row["request_id"]) == (12, "r1")
    assert row["attributes"] == LOGRUS.rstrip()


def test_a_time_before_the_pairs_is_the_time_of_the_line(parsed):
    line = b"2026-11-21 10:00:00,500 INFO " + LOGRUS.split(b" ", 1)[1]
    result = parsed(FORMAT, line, zone="Europe/Berlin")
    (row,) = result.tables["requests"].to_pylist()
    assert row["started_at"].isoformat() == "2026-11-21T09:00:00.487500+00:00"
    assert "timezone_assumed" in {note.kind for note in result.notes}


def test_a_duration_without_unit_is_read_by_magnitude_and_that_is_said(parsed):
    line = b"method=GET path=/ status=200 duration=0.0125\n"
    result = parsed(FORMAT, line * 30)
    assert result.tables["requests"]["duration_ms"].to_pylist()[0] == 12.5
    assert "unit_inferred" in {note.kind for note in result.notes}


@pytest.mark.parametrize(
    "line",
    [
        "method=GET", "a method=GET in path=/x words", "method=fast path=/x", "methods=GET path=/x",
        'x heroku[router]: at=info method=GET path="/" status=200', "",
    ],
)  # fmt: skip
def test_pairs_that_are_no_request_are_not_claimed(line):
    data = line.encode() + b"\n"
    assert FORMAT.recognises(data).confidence == 0.0


@given(st.text(max_size=80))
def test_any_text_has_pairs_or_none(text):
    assert all(isinstance(key, str) for key in pairs(text))
    json.dumps(pairs(text))


def test_lines_are_found_by_method_and_path():
    lines = ["x", LOGRAGE.decode(), "http.method=GET http.path=/x"]
    assert logfmt_lines(pa.array(lines)).tolist() == [1, 2]
