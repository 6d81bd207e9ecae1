"""Histograms of the first statements."""

from __future__ import annotations

from types import SimpleNamespace

import pyarrow as pa
import pytest

from perfkit.views.digest_spread import spread


def _result(bars, names=("a", "b", "c", "d", "e")):
    """Bars: (statement, upper bound in powers of two, calls)."""
    highs = [0.0 if power is None else 2.0**power for _, power, _ in bars]
    table = pa.table(
        {
            "fingerprint_id": pa.array([name for name, *_ in bars], pa.string()),
            "from_ms": pa.array([high / 2 for high in highs], pa.float64()),
            "to_ms": pa.array(highs, pa.float64()),
            "calls": pa.array([calls for *_, calls in bars], pa.int64()),
        }
    )
    arrow = pa.table(
        {
            "fingerprint_id": list(names),
            "fingerprint": [f"select {name} from t" for name in names],
            "p50_ms": [2.5] * len(names),
            "max_ms": [1500.0] * len(names),
        }
    )
    return SimpleNamespace(series={"histogram": table}, arrow=arrow)


def test_ranges_without_calls_are_zero_and_the_line_ends_at_zero():
    [line] = spread(_result([("a", 1, 5), ("a", 4, 2)])).data
    assert list(line.y) == [0, 5, 0, 0, 2, 0]
    middles = [2.0**n / 2**0.5 for n in range(6)]
    assert list(line.x) == pytest.approx(middles, rel=1e-3)


def test_each_of_the_first_four_has_a_line_that_differs_without_colour():
    bars = [(name, power, 1) for name in "abcde" for power in (1, 2)]
    lines = spread(_result(bars)).data
    assert [line.name for line in lines] == [
        f"{n}. select {name} from t" for n, name in enumerate("abcd", 1)
    ]
    assert len({(line.line.dash, line.marker.symbol) for line in lines}) == 4
    assert all(sum(line.y) == 2 for line in lines)


def test_durations_of_nothing_are_left_out():
    lines = spread(_result([("a", None, 3), ("b", None, 9), ("b", 1, 4)])).data
    assert [(line.name[:2], sum(line.y)) for line in lines] == [("2.", 4)]


@pytest.mark.parametrize("bars", [[], [("a", None, 3)], [("other", 1, 3)]])
def test_nothing_to_draw_is_no_picture(bars):
    assert spread(_result(bars)) is None


def test_the_title_is_about_the_first_statement_and_escaped():
    figure = spread(_result([("<i>x", 1, 5)], names=("<i>x",)))
    title = figure.layout.title.text
    assert "&lt;i&gt;x" in title
    assert "half take up to 2.50 ms, the slowest 1.50 s" in title.replace("<br>", " ")
