"""JSON lines that any log reader understands, also when several threads write."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.lab.shop.telemetry.journal import journal


def written(write):
    stream = io.StringIO()
    write(journal(stream))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_its_event_level_and_moment():
    (row,) = written(lambda log: log.warning("blocked", duration_ms=12.5))
    assert (row["event"], row["level"], row["duration_ms"]) == ("blocked", "warning", 12.5)
    at = datetime.fromisoformat(row["timestamp"])
    assert at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert len(row["timestamp"].partition(".")[2]) == len("123456Z")


def test_details_for_developers_are_left_out():
    assert written(lambda log: log.debug("no")) == []


@given(st.text(), st.dictionaries(st.from_regex(r"[a-d]{1,3}", fullmatch=True), st.text()))
def test_any_text_is_one_line_and_comes_back(event, fields):
    stream = io.StringIO()
    journal(stream).info(event, **fields)
    assert stream.getvalue().count("\n") == 1
    row = json.loads(stream.getvalue())
    assert row["event"] == event
    assert fields.items() <= row.items()


def test_what_json_does_not_know_is_written_as_text():
    (row,) = written(lambda log: log.info("x", path=io.SEEK_END, kind=datetime(2026, 1, 1)))  # noqa: DTZ001
    assert row["kind"] == "2026-01-01 00:00:00"


def test_an_exception_comes_with_its_traceback():
    def fail(log):
        with pytest.raises(ZeroDivisionError) as caught:
            1 / 0  # noqa: B018
        log.error("failed", exc_info=caught.value)

    (row,) = written(fail)
    assert "ZeroDivisionError" in row["exception"]


def test_lines_of_several_threads_are_not_mixed():
    stream = io.StringIO()
    log = journal(stream)

    def write(number):
        for count in range(200):
            log.info("line", number=number, count=count, text="x" * 50)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    rows = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {(row["number"], row["count"]) for row in rows} == {
        (n, c) for n in range(4) for c in range(200)
    }
