import json

import pytest

from perfkit.analyses.external_calls import external_calls
from perfkit.recording import Recording
from perfkit.views.external_calls import figure
from perfkit.views.figure_text import as_html, as_text


@pytest.fixture(scope="module")
def made():
    def make(rec):
        spans = rec.spans
        spans["peer"] = [f"peer{n % 30}{name}" for n, name in enumerate(spans["name"])]
        spans["service"] = "shop"
        return external_calls(Recording.from_frames(spans=spans))

    return make


def test_every_peer_has_its_percentiles_in_order(made, large_recording):
    drawn = figure(made(large_recording))
    marks = {trace.name: dict(zip(trace.y, trace.x, strict=True)) for trace in drawn.data[1:]}
    assert list(marks) == ["p50", "p95", "p99", "slowest"]
    for label in drawn.layout.yaxis.categoryarray:
        assert marks["p50"][label] <= marks["p95"][label] <= marks["slowest"][label]


def test_a_percentile_of_few_calls_is_not_drawn(made, evil_recording):
    names = [trace.name for trace in figure(made(evil_recording)).data[1:]]
    assert names == ["p50", "slowest"]


def test_the_title_is_the_conclusion_and_axes_have_units(made, large_recording):
    layout = made(large_recording).figure.layout
    assert "peer" in layout.title.text
    assert "(ms" in layout.xaxis.title.text
    assert layout.xaxis.type == "log"


def test_it_stays_small_however_many_spans_there_are(made, large_recording):
    encoded = made(large_recording).figure.to_json()
    assert len(encoded) < 100_000
    assert json.loads(encoded)


def test_hostile_text_is_no_markup(made, evil_recording):
    result = made(evil_recording)
    for text in (result.figure.to_json(), as_html(result.figure), result.to_html()):
        assert "<script" not in text
        assert "<img" not in text
    assert "\x1b" not in as_text(result.figure)
    assert "\x1b" not in result.to_text()


def test_without_calls_there_is_still_a_figure():
    drawn = external_calls(Recording()).figure
    assert drawn.layout.annotations[0].text == "no calls to show"
