"""What every figure shares: nothing overlaps, a title is said once."""

import pytest

from perfkit.views import theme


def legend(entries, plot=200):
    drawn = theme.figure("That is slow", x="time (ms)")
    for number in range(entries):
        drawn.add_bar(x=[1], y=["a"], name=f"cause {number}")
    drawn.add_bar(x=[1], y=["a"], showlegend=False)
    theme.legend_below(drawn, plot)
    return drawn.layout


@pytest.mark.parametrize("entries", [1, 7])
def test_every_entry_of_the_legend_has_a_line_below_the_drawing(entries):
    layout = legend(entries)
    assert layout.height - layout.margin.t - layout.margin.b == 200
    room = layout.margin.b + layout.legend.y * 200  # what is left below the top of the legend
    assert room == pytest.approx(20 * entries)


def test_a_long_title_gets_lines_and_room_for_them():
    short, long = (theme.figure("conclusion " * n).layout for n in (1, 20))
    lines = long.title.text.split("<br>")
    assert max(map(len, lines)) <= 84
    assert long.margin.t - short.margin.t == 20 * (len(lines) - 1)


def test_a_title_that_repeats_the_headline_goes_with_its_room():
    headline = "/a <b> is slow: " + "words " * 30
    drawn = theme.figure(headline)
    bare = theme.untitled(drawn, headline).layout
    assert not bare.title.text
    assert drawn.layout.title.text
    assert (bare.height - bare.margin.t) == (drawn.layout.height - drawn.layout.margin.t)


def test_a_title_that_says_more_stays():
    drawn = theme.figure("slow (100,000 -> 5,000 shown)")
    assert theme.untitled(drawn, "slow").layout.title.text == drawn.layout.title.text


def test_a_figure_shows_its_twins_and_no_button_that_uploads():
    drawn = theme.figure("/a <b> is slow", x="time (ms)")
    drawn.add_bar(x=[7.0], y=["/a"], name="p95")
    assert not callable(drawn._ipython_display_), "plotly's own display would come first"
    shown = drawn._repr_mimebundle_(include=None, exclude=None)
    assert set(shown) == {theme.PLOTLY, "text/html", "text/plain"}
    assert shown[theme.PLOTLY]["config"] == dict(theme.CONFIG)
    assert "/a <b> is slow" in shown["text/plain"]
    assert "/a &lt;b&gt; is slow" in shown["text/html"]
    assert "<script" not in shown["text/html"]
