import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from perfkit.analyses.breakdown import breakdown
from perfkit.recording import Recording
from perfkit.views.breakdown import CATEGORIES, ink, look
from perfkit.views.figure_text import as_html, as_text


@pytest.fixture(scope="module")
def made():
    def make(rec, categories=("db", "http", "something new")):
        spans = rec.spans
        spans["category"] = [
            "app" if kind == "server" else categories[place % len(categories)]
            for place, kind in enumerate(spans["kind"])
        ]
        spans["service"] = "shop"
        return breakdown(Recording.from_frames(spans=spans))

    return make


def test_every_bar_adds_up_to_all_of_it(made, evil_recording):
    figure = made(evil_recording).figure
    assert {trace.name for trace in figure.data} == {"app", "db", "http", "other categories"}
    for bar in figure.layout.yaxis.categoryarray:
        shares = [
            x for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True) if y == bar
        ]
        assert sum(shares) == pytest.approx(100, abs=0.01)


def test_all_requests_are_a_bar_unless_there_is_but_one_route():
    span = {
        "parent_id": None,
        "kind": "server",
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "duration_ms": 5.0,
    }
    spans = [{"trace_id": f"t{n}", "span_id": "s", "route": f"/{n}"} | span for n in range(2)]
    for count, bars in ((1, ["/0"]), (2, ["all requests", "/0", "/1"])):
        figure = breakdown(Recording.from_frames(spans=pa.Table.from_pylist(spans[:count]))).figure
        drawn = [bar.split(" (")[0] for bar in figure.layout.yaxis.categoryarray]
        assert drawn == bars


def test_the_largest_category_comes_first_and_the_others_last(made, large_recording):
    names = [trace.name for trace in made(large_recording).figure.data]
    assert names[0] == "app"
    assert names[-1] == "other categories"


def test_it_stays_small_however_many_spans_there_are(made, large_recording):
    encoded = made(large_recording).figure.to_json()
    assert len(encoded) < 300_000
    assert json.loads(encoded)["layout"]["xaxis"]["title"]["text"].endswith("(%)")


def test_hostile_text_is_no_markup(made, evil_recording):
    result = made(evil_recording)
    for text in (result.figure.to_json(), as_html(result.figure), result.to_html()):
        assert "<script" not in text
        assert "<img" not in text
    assert "\x1b" not in as_text(result.figure)


def test_categories_are_told_apart_without_colour():
    looks = {(look(name)["color"], look(name)["pattern"]["shape"]) for name in CATEGORIES}
    assert len(looks) == len(CATEGORIES)
    assert {ink("db"), ink("http")} == {"#FFFFFF", "#111111"}


def test_without_requests_there_is_still_a_figure():
    figure = breakdown(Recording()).figure
    assert figure.layout.annotations[0].text == "no request to show"
    assert figure.layout.title.text
