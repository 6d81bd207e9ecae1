import json
import re
from dataclasses import replace

import pyarrow as pa
import pytest

from perfkit.views.figure_text import as_html, as_text

# what a terminal obeys, and what turns the direction of writing
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


SMALL = 300_000
OF_TRACES = {"breakdown", "critical_path", "external_calls", "n_plus_one", "parallelism", "tail"}


def texts_of(node):
    if isinstance(node, dict):
        return [text for value in node.values() for text in texts_of(value)]
    if isinstance(node, list):
        return [text for value in node for text in texts_of(value)]
    return [node] if isinstance(node, str) else []


def test_a_figure_of_many_rows_is_small_and_valid(large_result):
    encoded = large_result.figure.to_json()
    assert len(encoded) < SMALL
    figure = json.loads(encoded)
    assert figure["data"]
    assert figure["layout"]["title"]["text"]
    assert figure["layout"]["xaxis"]["title"]["text"]


def test_hostile_text_is_no_markup_in_a_figure(evil_result):
    # plotly itself knows <br>, <b>, <i>, <sub>, <sup>, <span>, <em>, <a>
    for text in texts_of(json.loads(evil_result.figure.to_json())):
        assert "<script" not in text
        assert "<img" not in text
        assert "</pre" not in text


def test_every_trace_is_told_apart_without_colour(large_result):
    shown = [t for t in large_result.figure.data if t.hoverinfo != "skip"]
    marks = [trace.marker.to_plotly_json() for trace in shown]
    looks = [(str(mark.get("symbol")), str(mark.get("pattern"))) for mark in marks]
    names = [trace.name for trace in shown]
    assert len(set(names)) == len(shown)  # in the legend
    assert len(set(looks)) == len(shown) or large_result.analysis == "n_plus_one"  # has lanes


def test_without_anything_to_show_there_is_still_a_figure(empty_result):
    assert json.loads(empty_result.figure.to_json())["layout"]["title"]["text"]


def test_an_empty_figure_of_traces_is_a_sentence_without_axes(empty_result):
    if empty_result.analysis not in OF_TRACES:
        return
    figure = empty_result.figure
    (note,) = figure.layout.annotations
    assert note.text.endswith("to show")
    assert (figure.layout.xaxis.visible, figure.layout.yaxis.visible) == (False, False)
    assert not figure.data
    assert as_text(figure).replace("\n", " ") == f"[figure] {empty_result.headline}"


def test_a_simulation_that_touches_no_request_is_a_sentence_without_axes(large_results):
    result = large_results["critical_path"]
    untouched = result.what_if(result.arrow["operation"][0].as_py(), factor=0.5)
    column = untouched.arrow.column_names.index("affected")
    none = pa.array([0] * untouched.arrow.num_rows)
    rows = untouched.arrow.set_column(column, "affected", none)
    assert replace(untouched, arrow=rows).figure.layout.xaxis.visible is False


def test_the_twin_says_the_same_in_words_and_numbers(large_result):
    text = as_text(large_result.figure)
    assert text.startswith("[figure] ")
    assert max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) > 3
    assert "<table" in as_html(large_result.figure)


def test_the_twin_of_hostile_text_is_harmless(evil_result):
    text = as_text(evil_result.figure)
    assert not OBEYED.search(text)
    assert "<script" not in as_html(evil_result.figure)


@pytest.mark.parametrize("name", ["digest"])
def test_the_twin_lists_the_bars_from_the_top(name, large_recording):
    from perfkit.analyses.digest import digest

    result = digest(large_recording)
    rows = as_text(result.figure).splitlines()
    first = next(row for row in rows if row.startswith("1. "))
    total = result.arrow["total_ms"][0].as_py()
    assert f"{total:,.0f}" in first
