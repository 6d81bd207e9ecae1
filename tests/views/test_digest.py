import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.digest import digest
from perfkit.recording import Recording
from perfkit.views.digest_names import edges, lasting, times
from perfkit.views.figure_text import as_html, as_text

START = datetime(2026, 1, 1, tzinfo=UTC)
TABS = ["Total time", "Over time", "Durations", "Heat map", "At once"]


@pytest.fixture(scope="module")
def timed():
    """Return the digest of an hour of ten statements, with a peak at 00:30."""
    rng = np.random.default_rng(5)
    count = 6000
    minute = np.sort(rng.integers(0, 60, count))
    table = pa.table(
        {
            "statement": [f"select a from t{'x' * (n % 10)} where b = {n}" for n in range(count)],
            "duration_ms": rng.lognormal(2, 1, count) * np.where(minute == 30, 20, 1),
            "started_at": [START + timedelta(minutes=int(m)) for m in minute],
            "user": ["anna"] * count,
        }
    )
    return digest(Recording.from_frames(queries=table))


def shown(figure, tab):
    (menu,) = figure.layout.updatemenus
    visible, _ = menu.buttons[tab].args
    flags = visible["visible"]
    return [trace for trace, flag in zip(figure.data, flags, strict=True) if flag]


def test_bars_are_the_largest_statements_and_the_rest_is_one_more(large_recording):
    result = digest(large_recording)
    bars = result.figure.data[0]
    assert len(bars.x) == 16
    assert bars.y[-1] == "25 other statements"
    assert sum(bars.x) - result.totals["total_ms"] < 1e-6 * result.totals["total_ms"]
    share, _, calls = bars.text[0].partition(": ")
    assert share.endswith(" %")
    assert calls.startswith("2,500 ")


def test_statements_that_begin_alike_keep_bars_of_their_own(large_recording):
    bars = digest(large_recording).figure.data[0]
    assert len(set(bars.y)) == len(bars.y)


def test_each_picture_has_a_button_and_only_the_first_is_visible(timed):
    figure = timed.figure
    assert [button.label for button in figure.layout.updatemenus[0].buttons] == TABS
    visible = [trace for trace in figure.data if trace.visible is not False]
    assert visible == shown(figure, 0) == [figure.data[0]]
    assert sum(len(shown(figure, tab)) for tab in range(5)) == len(figure.data)
    titles = [b.args[1]["title"]["text"] for b in figure.layout.updatemenus[0].buttons]
    assert len(set(titles)) == 5
    for button in figure.layout.updatemenus[0].buttons:
        assert button.args[1]["xaxis"]["title"]["text"]


def test_over_time_the_bars_add_up_to_the_whole(timed):
    bars = shown(timed.figure, 1)
    assert len(bars) == 7
    assert len({bar.marker.pattern.shape for bar in bars}) == 7
    total = sum(sum(bar.y) for bar in bars)
    assert total == pytest.approx(timed.totals["total_ms"], rel=1e-6)
    layout = timed.figure.layout.updatemenus[0].buttons[1].args[1]
    assert "2026-01-01 00:30 UTC" in layout["title"]["text"]


def test_the_histogram_holds_every_call_and_lines_differ_without_colour(timed):
    lines = shown(timed.figure, 2)
    assert len({line.line.dash for line in lines}) == len(lines) == 4
    assert len({line.marker.symbol for line in lines}) == 4
    calls = timed.arrow["calls"].to_pylist()[:4]
    assert [sum(line.y) for line in lines] == calls
    layout = timed.figure.layout.updatemenus[0].buttons[2].args[1]
    assert layout["xaxis"]["type"] == "log"


def test_the_heat_map_holds_every_execution(timed):
    (heat,) = shown(timed.figure, 3)
    assert np.sum(heat.customdata) == timed.totals["calls"]
    assert len(heat.x) == len(heat.z[0]) + 1
    assert len(heat.y) == len(heat.z) + 1
    slowest = timed.arrow["max_ms"].to_numpy().max()
    assert heat.y[-2] * 0.99 <= slowest <= heat.y[-1] * 1.01


def test_what_ran_at_once_is_drawn_as_mean_and_most(timed):
    most, mean = shown(timed.figure, 4)
    assert (most.line.dash, mean.line.dash) == ("dot", "solid")
    assert max(most.y) == timed.series["load"]["running_max"].to_numpy().max()


def test_no_trace_is_large_and_the_figure_is_small(timed, large_recording):
    for figure in (timed.figure, digest(large_recording).figure):
        assert len(figure.to_json()) < 300_000
        for trace in figure.data:
            cells = trace.z if trace.type == "heatmap" else [trace.x]
            assert sum(len(row) for row in cells) <= 5000


def test_the_twin_tells_of_what_is_visible(timed):
    text = as_text(timed.figure)
    assert "total ms" in text
    assert "most at once" not in text
    assert "<table" in as_html(timed.figure)


def test_without_times_there_is_no_course():
    table = pa.table({"statement": ["select 1"] * 50, "duration_ms": np.arange(50.0)})
    figure = digest(table).figure
    labels = [button.label for button in figure.layout.updatemenus[0].buttons]
    assert labels == ["Total time", "Durations"]


def test_groups_are_named_by_their_values(timed):
    table = pa.table({"user": ["anna", "<b>x</b>"], "duration_ms": [5.0, 2.0]})
    bars = digest(table, group_by="user").figure.data[0]
    assert bars.y == ("1. anna", "2. &lt;b&gt;x&lt;/b&gt;")


def test_text_and_html_show_the_sections(timed):
    text, html = timed.to_text(), timed.to_html()
    for title in timed.sections:
        assert f"{title}:" in text or f"{title} (the first " in text
        assert f">{title}</summary>" in html
    sections = json.loads(json.dumps(timed.to_dict()))["sections"]
    assert list(sections) == list(timed.sections)


def test_steps_of_time_cover_all_minutes():
    for last in (0, 1, 99, 100, 5000, 10**6):
        first, step, count = edges(np.array([7, 7 + last]), 100)
        assert count <= 100
        assert first <= 7
        assert first + step * count > 7 + last
    assert times(0, 30, 2) == ["1970-01-01T00:00", "1970-01-01T00:30"]
    assert [lasting(step) for step in (1, 5, 60, 120)] == [
        "a minute",
        "5 minutes",
        "60 minutes",
        "2 hours",
    ]
