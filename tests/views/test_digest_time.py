"""The course of a digest over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pytest

from perfkit.views.digest_time import over_time, running

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [f"s{n}" for n in range(9)]


def _minutes(numbers):
    moments = [START + timedelta(minutes=number) for number in numbers]
    return pa.array(moments, pa.timestamp("ns", "UTC"))


def _course(rows):
    """Rows: (statement, minute, ms)."""
    table = pa.table(
        {
            "minute": _minutes([minute for _, minute, _ in rows]),
            "fingerprint_id": pa.array([name for name, *_ in rows], pa.string()),
            "calls": pa.array([1] * len(rows), pa.int64()),
            "total_ms": pa.array([ms for *_, ms in rows], pa.float64()),
        }
    )
    arrow = pa.table({"fingerprint_id": NAMES, "fingerprint": NAMES})
    return SimpleNamespace(series={"per_minute": table}, arrow=arrow)


def test_six_statements_have_bars_and_the_others_share_one():
    rows = [(name, minute, 2.0**n) for n, name in enumerate(NAMES) for minute in (0, 1)]
    bars = over_time(_course([*rows, ("rest", 1, 1000.0)])).data
    assert [bar.name for bar in bars] == [
        *[f"{n}. s{n - 1}" for n in range(1, 7)],
        "the other statements",
    ]
    assert [list(bar.y) for bar in bars[:6]] == [[2.0**n] * 2 for n in range(6)]
    assert list(bars[6].y) == [2.0**6 + 2.0**7 + 2.0**8, 2.0**6 + 2.0**7 + 2.0**8 + 1000]
    assert len({bar.marker.pattern.shape for bar in bars}) == 7


def test_minutes_without_statements_are_empty_steps():
    [bar] = over_time(_course([("s0", 0, 5.0), ("s0", 3, 7.0)])).data
    assert list(bar.y) == [5.0, 0.0, 0.0, 7.0]
    assert bar.x[3] == "2026-01-01T00:03"


def test_the_title_says_the_busiest_step_and_how_long_it_lasts():
    rows = [("s0", n, 1.0) for n in range(300)] + [("s1", 102, 500.0), ("s2", 100, 400.0)]
    figure = over_time(_course(rows))
    title = figure.layout.title.text.replace("<br>", " ")
    assert title.endswith("at 2026-01-01 01:40 UTC: 905 ms within 5 minutes")
    assert sum(sum(bar.y) for bar in figure.data) == 1200.0


def test_no_course_is_no_picture():
    assert over_time(_course([])) is None


def _load(rows):
    """Rows: (minute, load, most at once)."""
    table = pa.table(
        {
            "minute": _minutes([minute for minute, *_ in rows]),
            "load": pa.array([load for _, load, _ in rows], pa.float64()),
            "running_max": pa.array([most for *_, most in rows], pa.int64()),
        }
    )
    return SimpleNamespace(series={"load": table})


def test_the_most_and_the_mean_of_each_minute_are_lines():
    figure = running(_load([(0, 0.5, 2), (1, 2.5, 7), (3, 1.0, 3)]))
    most, mean = figure.data
    assert (list(most.y), list(mean.y)) == ([2, 7, 0, 3], [0.5, 2.5, 0, 1.0])
    title = figure.layout.title.text.replace("<br>", " ")
    assert title.startswith("Up to 7 statements ran at once; on average 1, over a minute")
    assert title.endswith("over a minute at most 2.5")


def test_the_load_of_a_wider_step_is_the_mean_of_its_minutes():
    figure = running(_load([(minute, 2.0, minute % 5) for minute in range(2000)]))
    most, mean = figure.data
    assert set(mean.y) == {2.0}
    assert max(most.y) == 4
    assert (mean.mode, len(mean.x)) == ("lines", 1000)


@pytest.mark.parametrize("rows", [[], [(0, 0.0, 1), (1, 0.0, 0)]])
def test_without_load_there_is_no_picture(rows):
    assert running(_load(rows)) is None
