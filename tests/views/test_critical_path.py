import json

import pytest

from perfkit.analyses.critical_path import critical_path
from perfkit.recording import Recording
from perfkit.views.figure_text import as_html, as_text

SMALL = 300_000
SHAPES = {
    "one trace": lambda rec: critical_path(rec, "t1"),
    "many": critical_path,
    "what if": lambda rec: critical_path(rec).what_if(service=None, name=_called(rec)),
}


def _called(rec):
    return next(row["operation"] for row in critical_path(rec).arrow.to_pylist() if row["category"])


def categorised(rec):
    """Return the recording with a service and categories, which the shared one has not."""
    spans = rec.spans
    spans["category"] = ["app" if kind == "server" else "db" for kind in spans["kind"]]
    spans["service"] = "shop"
    return Recording.from_frames(spans=spans)


@pytest.fixture(scope="module")
def evil(evil_recording):
    return categorised(evil_recording)


@pytest.fixture(scope="module")
def large(large_recording):
    return categorised(large_recording)


@pytest.mark.parametrize("shape", ["one trace", "many"])
def test_a_figure_of_many_spans_is_small_and_valid(shape, large):
    encoded = SHAPES[shape](large).figure.to_json()
    assert len(encoded) < SMALL
    figure = json.loads(encoded)
    assert figure["data"]
    assert figure["layout"]["title"]["text"]
    assert figure["layout"]["xaxis"]["title"]["text"].endswith("(ms)")


@pytest.mark.parametrize("shape", SHAPES)
def test_hostile_text_is_no_markup_in_a_figure(shape, evil):
    result = SHAPES[shape](evil)
    for text in (result.figure.to_json(), as_html(result.figure), result.to_html()):
        assert "<script" not in text
        assert "<img" not in text
    assert "\x1b" not in as_text(result.figure)
    assert "\x1b" not in result.to_text()


@pytest.mark.parametrize("shape", SHAPES)
def test_traces_are_told_apart_without_colour(shape, evil):
    figure = SHAPES[shape](evil).figure
    looks = [str(trace.marker.pattern.shape) for trace in figure.data]
    assert len(set(looks)) == len(looks)


def test_without_spans_there_is_still_a_figure():
    figure = critical_path(Recording()).figure
    assert figure.layout.annotations[0].text == "no request to show"
    assert figure.layout.title.text


@pytest.mark.parametrize("shape", SHAPES)
def test_the_twin_says_the_same_in_words_and_numbers(shape, evil):
    text = as_text(SHAPES[shape](evil).figure)
    assert text.startswith("[figure] ")
    assert len(text.splitlines()) > 2
