"""The heat map of a digest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pytest

from perfkit.views.digest_heat import heat

START = datetime(2026, 1, 1, tzinfo=UTC)


def _result(cells, slowest=123.0):
    """Cells: (minute, upper bound in powers of two, calls); an upper bound of None: 0 ms."""
    highs = [0.0 if power is None else 2.0**power for _, power, _ in cells]
    table = pa.table(
        {
            "minute": pa.array(
                [START + timedelta(minutes=minute) for minute, _, _ in cells],
                pa.timestamp("ns", "UTC"),
            ),
            "from_ms": pa.array([high / 2 for high in highs], pa.float64()),
            "to_ms": pa.array(highs, pa.float64()),
            "calls": pa.array([calls for *_, calls in cells], pa.int64()),
        }
    )
    return SimpleNamespace(series={"heat": table}, arrow=pa.table({"max_ms": [1.0, slowest]}))


CELLS = [(0, 1, 5), (1, 3, 7), (2, 1, 2), (2, 1, 4), (2, None, 9), (3, 4, 1)]


def test_every_call_stands_in_its_cell():
    [drawn] = heat(_result(CELLS)).data
    calls = {
        (drawn.x[column], row): count
        for row, line in enumerate(drawn.customdata)
        for column, count in enumerate(line)
        if count
    }
    assert calls == {
        ("2026-01-01T00:00", 0): 5,
        ("2026-01-01T00:01", 2): 7,
        ("2026-01-01T00:02", 0): 6,
        ("2026-01-01T00:03", 3): 1,
    }


def test_edges_of_the_cells_are_one_more_than_cells():
    [drawn] = heat(_result(CELLS)).data
    assert list(drawn.y) == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert (len(drawn.z), len(drawn.z[0]), len(drawn.x)) == (4, 4, 5)


def test_more_executions_are_darker_and_none_is_nothing():
    [drawn] = heat(_result(CELLS)).data
    shades = {
        count: shade
        for line in zip(drawn.customdata, drawn.z, strict=True)
        for count, shade in zip(*line, strict=True)
    }
    assert shades[0] is None
    assert shades[1] < shades[5] < shades[6] < shades[7]


def test_the_title_says_the_slowest_and_when():
    figure = heat(_result(CELLS, slowest=15_900.0))
    title = figure.layout.title.text.replace("<br>", " ")
    assert title == ("The slowest executions, up to 15.9 s, came at 2026-01-01 00:03 UTC")
    assert figure.layout.yaxis.type == "log"


@pytest.mark.parametrize(
    "cells",
    [[], [(0, 1, 1)], [(0, 1, 1), (1, 2, 1)], [(0, None, 1), (5, None, 1)]],
)
def test_less_than_three_columns_or_no_durations_are_no_picture(cells):
    assert heat(_result(cells)) is None


def test_three_columns_are_a_picture():
    assert heat(_result([(0, 1, 1), (2, 1, 1)])) is not None
