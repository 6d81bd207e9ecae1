import json

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.baseline import baseline
from perfkit.views.figure_text import as_html, as_text

SECOND = 1_000_000_000
START = 1_795_226_400 * SECOND  # 2026-11-21 02:00:00
EVIL = "<script>alert(1)</script>\x1b[31m\u202e"


def service(count=6000, text="", slow=(40, 45), seconds=3600):
    rng = np.random.default_rng(4)
    at = np.sort(rng.integers(0, seconds, count))
    ms = rng.lognormal(3, 0.3, count)
    ms[(at >= 60 * slow[0]) & (at < 60 * slow[1])] *= 20
    return pa.table(
        {
            "route": [f"/r{n % 3}{text}" for n in range(count)],
            "duration_ms": ms,
            "started_at": pa.array(START + at * SECOND, pa.timestamp("ns", "UTC")),
        }
    )


@pytest.fixture(scope="module")
def result():
    return baseline(service())


def test_the_title_says_when_it_was_slowest(result):
    title = result.heatmap().layout.title.text
    assert "p95 is highest" in title
    assert "2026-11-21 02:4" in title


def test_every_request_is_in_one_cell(result):
    heat = result.heatmap().data[0]
    assert sum(map(sum, heat.customdata)) == 6000
    assert sum(map(sum, result.heatmap("/r1").data[0].customdata)) == 2000
    assert len(heat.x) == len(heat.z[0]) + 1
    assert len(heat.y) == len(heat.z) + 1


def test_p50_and_p95_lie_over_it_where_a_period_has_enough(result):
    heat, p50, p95 = result.heatmap().data
    assert np.nanmax(p95.y) > 10 * np.nanmedian(p95.y)
    assert np.all(np.asarray(p50.y) <= np.asarray(p95.y))
    few = baseline(service(100)).heatmap()
    assert np.isnan(few.data[2].y).all()
    assert "too few to follow" in few.layout.title.text
    assert heat.name == "latencies seen (ms)"


def test_the_twin_says_it_in_words_and_numbers(result):
    text = as_text(result.heatmap("/r0"))
    assert text.startswith("[figure] /r0: p95 is highest")
    assert "p95 of each" in text
    assert "<table" in as_html(result.heatmap())


def test_a_hostile_name_is_only_shown():
    figure = baseline(service(text=EVIL)).heatmap(f"/r0{EVIL}")
    drawn = json.dumps(figure.to_plotly_json(), default=str)
    assert "<script" not in drawn
    assert "\\u202e" not in drawn.replace("\\\\u202e", "")


@pytest.mark.parametrize("columns", [{"duration_ms": [5.0]}, {"started_at": [5]}, {}])
def test_without_times_or_durations_there_is_a_sentence(columns):
    table = pa.table({"route": ["/a"], **columns})
    if "started_at" in columns:
        table = table.set_column(
            1, "started_at", pa.array(columns["started_at"], pa.timestamp("ns", "UTC"))
        )
    figure = baseline(table).heatmap()
    assert "no request has both a time and a duration" in figure.layout.title.text
    assert not figure.data
