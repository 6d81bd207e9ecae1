"""The picture of calls as they run and as they could."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from perfkit.analyses.parallelism import parallelism
from perfkit.recording import Recording
from perfkit.views.figure_text import as_html, as_text


@pytest.fixture(scope="module")
def result():
    path = Path(__file__).parents[1] / "analyses" / "parallel" / "requests_written.py"
    spec = importlib.util.spec_from_file_location("requests_written", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def write(request, n):
        request.http("http://users/users/me", 30.0)
        request.http(f"http://shop/carts/{7919 * n + 13}", 40.0)
        request.http("http://<img src=x>\x1b/stock", 50.0)

    return parallelism(module.written(write, route="/page<script>"))


def test_every_call_is_drawn_twice(result):
    now, could = result.figure.data
    assert (now.name, could.name) == ("as they run", "as they could run")
    assert list(now.x) == list(could.x) == pytest.approx([30.0, 40.0, 50.0])
    assert list(now.base) == pytest.approx([0.0, 30.4, 70.8])
    assert list(could.base) == pytest.approx([0.0, 30.0, 0.0])
    assert now.marker.pattern.shape != could.marker.pattern.shape


def test_the_ends_are_said_in_words(result):
    texts = [note.text for note in result.figure.layout.annotations]
    assert texts == ["all done after 121 ms", "all done after 70 ms"]
    assert result.figure.layout.title.text.startswith("/page&lt;script&gt; could probably save 50")


def test_the_words_behind_the_longest_bar_have_room(result):
    low, high = result.figure.layout.xaxis.range
    assert low == 0
    assert high > 1.2 * 120.8


def test_hostile_names_are_no_markup(result):
    encoded = result.figure.to_json()
    for text in ("<script", "<img"):
        assert text not in encoded
        assert text not in result.to_html()
    assert "\x1b" not in result.to_text() + as_text(result.figure) + as_html(result.figure)
    assert "\x1b" not in result.findings[0].fix.snippet


def test_a_result_without_groups_has_a_figure_that_says_so():
    figure = parallelism(Recording()).figure
    assert figure.layout.annotations[0].text == "no calls to show"
    assert json.loads(figure.to_json())["layout"]["title"]["text"]
