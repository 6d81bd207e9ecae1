"""The figure of a timing shows every request, and the failed ones."""

import numpy as np
import pyarrow as pa
import pytest

from perfkit.probes.http_timing import SAMPLES
from perfkit.tasks.timing_result import result
from perfkit.views import figure_text, thinning


def timed(names=("GET /a",), count=50, failed=0):
    rows = [
        {
            "request": number,
            "name": name,
            "duration_ms": 10.0 + number % 7,
            "intended_ms": 20.0 * number,
            "error": "HTTP 500" if number < failed else None,
        }
        for number in range(count)
        for name in names
    ]
    return result(pa.Table.from_pylist(rows, schema=SAMPLES), noun="requests")


def test_dots_and_distribution_of_every_request():
    dots, line = timed().figure.data
    assert len(dots.x) == 50
    assert np.median(dots.y) == timed().table.loc[0, "p50_ms"]
    assert np.interp(50, line.x, line.y) == pytest.approx(np.median(dots.y), abs=0.1)
    assert list(line.y) == sorted(line.y)


def test_failures_are_marked_apart():
    names = [trace.name for trace in timed(failed=3).figure.data]
    assert "GET /a: failed" in names


def test_requests_differ_without_colour_and_names_stay_text():
    figure = timed(names=("GET /<b>", "GET /c")).figure
    dots, lines = figure.data[::2], figure.data[1::2]
    assert len({trace.marker.symbol for trace in dots}) == 2
    assert len({trace.line.dash for trace in lines}) == 2
    assert "<b>" not in figure.to_json()


def test_many_requests_are_thinned_and_the_name_says_so():
    dots = timed(count=7000).figure.data[0]
    assert len(dots.x) <= thinning.LIMIT
    assert "7,000 -> " in dots.name


def test_the_twin_names_each_request_once():
    text = figure_text.as_text(timed().figure)
    assert [line.split()[:3] for line in text.splitlines() if line.startswith("GET")] == [
        ["GET", "/a", "50"]
    ]


def test_a_measurement_that_failed_every_time_can_still_be_drawn():
    found = timed(count=4, failed=4)
    assert "failed every time" in found.headline
    assert "failed" in figure_text.as_text(found.figure)
