"""Figures in words and numbers."""

from __future__ import annotations

import statistics

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.views import theme
from perfkit.views.figure_text import as_html, as_text

EVIL = "<script>alert(1)</script>\x1b[31m\u202e"


def _rows(figure):
    """Return the cells of the table, line by line."""
    lines = as_text(figure).splitlines()[1:]
    return [line.split() for line in lines if line.strip() and not set(line) <= set("-─━ ")]


def _figure(*traces, **axes):
    figure = theme.figure(axes.pop("title", "It was slow"), **axes)
    figure.add_traces(traces)
    return figure


def test_the_sentence_says_the_title_and_both_axes():
    figure = _figure(go.Scatter(y=[1, 2]), x="time (UTC)", y="ms")
    assert as_text(figure).startswith("[figure] It was slow (across: time (UTC), up: ms)\n")
    assert as_text(_figure(go.Scatter(y=[1]))).startswith("[figure] It was slow\n")


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.integers(0, 900), min_size=1, max_size=9))
def test_a_line_is_told_by_its_points_and_their_spread(values):
    [header, row] = _rows(_figure(go.Scatter(x=list(range(len(values))), y=values, name="load")))
    assert header == ["series", "points", "lowest", "median", "highest"]
    assert row[:2] == ["load", str(len(values))]
    wanted = (min(values), statistics.median(values), max(values))
    assert [float(cell) for cell in row[2:]] == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize("at", ["2026-11-21T10:16:23.120", "2026-11-21 10:16"])
def test_times_are_no_names(at):
    [header, row] = _rows(_figure(go.Scatter(x=[at, at], y=[1, 3], name="p95")))
    assert header[0] == "series"
    assert row[:3] == ["p95", "2", "1.00"]


def test_gaps_in_a_line_are_no_points():
    [_, row] = _rows(_figure(go.Scatter(y=[None, 5.0, float("nan"), 7.0], name="a")))
    assert row[1:3] == ["2", "5.00"]
    [_, empty] = _rows(_figure(go.Scatter(y=[None, None], name="a")))
    assert empty == ["a", "0", "n/a", "n/a", "n/a"]


def test_bars_are_told_by_name_from_the_top_and_split_ones_are_added_up():
    bars = go.Bar(y=["a", "b", "a"], x=[1, 10, 2], orientation="h", name="ms")
    assert [row for row in _rows(_figure(bars)) if row != ["ms"]] == [["b", "10.0"], ["a", "3.00"]]
    turned = _figure(bars)
    turned.update_yaxes(autorange="reversed")
    assert [row for row in _rows(turned) if row != ["ms"]] == [["a", "3.00"], ["b", "10.0"]]


def test_a_name_that_one_series_lacks_is_empty_there():
    upright = [go.Bar(x=["a", "b"], y=[1, 2], name="p50"), go.Bar(x=["b"], y=[9], name="p95")]
    assert _rows(_figure(*upright)) == [["p50", "p95"], ["a", "1.00"], ["b", "2.00", "9.00"]]


def test_no_more_than_ten_names_and_ten_series_are_shown():
    bars = go.Bar(x=[f"n{n}" for n in range(30)], y=list(range(30)), name="ms")
    assert len(_rows(_figure(bars))) == 11
    lines = [go.Scatter(y=[n], name=f"s{n}") for n in range(30)]
    assert len(_rows(_figure(*lines))) == 11


def test_what_is_hidden_or_only_decoration_is_not_told():
    traces = [
        go.Scatter(y=[1], name="shown"),
        go.Scatter(y=[2], name="hidden", visible=False),
        go.Scatter(y=[3], name="helper", hoverinfo="skip"),
        go.Scatter(y=[], name="empty"),
    ]
    assert [row[0] for row in _rows(_figure(*traces))[1:]] == ["shown"]


def test_what_is_drawn_twice_under_one_name_is_said_once():
    traces = [go.Scatter(y=[1, 2], name="a"), go.Scatter(y=[7], name="a"), go.Scatter(y=[3])]
    assert [row[:2] for row in _rows(_figure(*traces))[1:]] == [["a", "2"], ["values", "1"]]


def test_a_pie_is_told_by_its_labels():
    pie = go.Pie(labels=["db", "cache"], values=[3, 1])
    assert [row for row in _rows(_figure(pie)) if row != ["value"]] == [
        ["db", "3.00"],
        ["cache", "1.00"],
    ]


@pytest.mark.parametrize(
    "figure",
    [
        _figure(go.Scatter(y=[1], name=theme.safe(EVIL)), title=EVIL, x=EVIL, y=EVIL),
        _figure(go.Bar(x=[theme.safe(EVIL)], y=[1], name=theme.safe(EVIL)), title=EVIL),
    ],
)
def test_hostile_names_are_shown_and_do_nothing(figure):
    text, page = as_text(figure), as_html(figure)
    assert "alert(1)" in text
    for harmful in ("\x1b", "\u202e"):
        assert harmful not in text
        assert harmful not in page
    assert "<script" not in page.lower()


def test_both_twins_say_the_same_numbers():
    figure = _figure(go.Bar(x=["a", "b"], y=[1234, 5], name="ms"), x="who")
    page = as_html(figure)
    for word in ("It was slow", "across: who", "1,234"):
        assert word in as_text(figure)
        assert word in page


def test_a_figure_of_nothing_is_its_sentence():
    assert as_text(_figure()).startswith("[figure] It was slow")
