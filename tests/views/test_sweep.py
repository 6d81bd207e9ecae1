import pyarrow as pa
import pytest

from perfkit.results import Result
from perfkit.views import figure_text
from perfkit.views.notebook import bundles
from perfkit.views.sweep import figure

POINTS = (("a", 0.5, 900.0, "Seq Scan"), ("b", 0.01, 40.0, "Index Scan"))
GENERIC = {
    "value": None, "kind": "generic", "share": None, "plan_rows": 40.0, "cost": 300.0,
    "shape_id": "g", "shape": "Bitmap Heap Scan", "execution_ms": None,
}  # fmt: skip


def points(took=None, named="{}"):
    return [
        {
            "value": named.format(value), "kind": "common", "share": share, "cost": cost,
            "plan_rows": share * 1000, "shape_id": shape, "shape": named.format(shape),
            "execution_ms": took,
        }
        for value, share, cost, shape in POINTS
    ]  # fmt: skip


def result(rows):
    return Result(
        analysis="sweep", question="How does the plan change with :s?",
        headline=":s: two plans", arrow=pa.Table.from_pylist(rows), noun="values",
    )  # fmt: skip


def test_its_own_result_shows_a_picture_in_a_notebook():
    first, second = bundles(result([*points(), GENERIC]))
    assert "text/html" in first
    assert second["application/vnd.plotly.v1+json"]["data"]
    assert "Seq Scan" in second["text/plain"]


def test_axes_have_units_and_plain_ticks():
    drawn = figure(result([*points(), GENERIC]))
    assert drawn.layout.title.text == ":s: two plans"
    assert drawn.layout.yaxis.title.text == "estimated cost"
    assert "50 %" in drawn.layout.xaxis.ticktext
    assert "1,000" in drawn.layout.yaxis.ticktext
    timed = figure(result(points(took=3.0)))
    assert timed.layout.yaxis.title.text == "execution time (ms)"
    assert "5" in timed.layout.yaxis.ticktext


def test_over_many_decades_only_powers_of_ten_have_a_tick():
    rows = points()
    rows[1]["share"] = 1e-6
    axis = figure(result(rows)).layout.xaxis
    assert axis.ticktext[0] == "0.0001 %"
    assert len(set(axis.ticktext)) == len(axis.tickvals) == 7


def test_the_generic_plan_is_a_line_where_costs_are_compared():
    drawn = figure(result([*points(), GENERIC]))
    assert drawn.layout.shapes[0].y0 == 300.0
    assert drawn.layout.annotations[0].text == "generic plan: Bitmap Heap Scan"
    assert drawn.layout.annotations[0].y == pytest.approx(2.477, abs=0.001)  # log10 of the cost
    assert not figure(result([*points(took=3.0), GENERIC])).layout.shapes


def test_a_cost_of_nothing_is_drawn_on_a_linear_axis():
    rows = points()
    rows[1]["cost"] = 0.0
    assert figure(result([*rows, GENERIC])).layout.yaxis.type != "log"
    assert figure(result([*rows, GENERIC])).layout.annotations[0].y == 300.0


def test_without_values_a_sentence_stands_where_points_would_be():
    assert "No value" in figure(result([GENERIC])).layout.annotations[0].text


def test_hostile_values_and_names_are_escaped():
    drawn = figure(result([*points(named="<img src=x>{}"), GENERIC | {"shape": "<b>x</b>"}]))
    assert "<img" not in drawn.to_json()
    assert "<b>" not in drawn.to_json()
    assert "<img" not in figure_text.as_html(drawn)
