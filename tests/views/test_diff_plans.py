import pytest

from perfkit.analyses.diff_plans import diff_plans
from perfkit.views.figure_text import as_text


def scan(name, ms, **more):
    return {
        "Node Type": "Seq Scan", "Relation Name": name, "Alias": name, "Plan Rows": 10,
        "Total Cost": 10.0, "Actual Rows": 10, "Actual Loops": 1, "Actual Startup Time": 0.0,
        "Actual Total Time": ms, **more,
    }  # fmt: skip


def append(scans):
    return {"Plan": {
        "Node Type": "Append", "Plans": scans, "Plan Rows": 1, "Total Cost": 1e4,
        "Actual Rows": 1, "Actual Loops": 1, "Actual Startup Time": 0.0,
        "Actual Total Time": sum(one.get("Actual Total Time", 0) for one in scans) + 1,
    }}  # fmt: skip


def many(count, factor):
    return append([scan(f"t{n}x", factor * (n + 1.0)) for n in range(count)])


def test_each_node_has_a_bar_a_side_and_the_largest_change_is_on_top():
    figure = diff_plans(many(3, 1), many(3, 5), names=("staging", "production")).figure
    assert [trace.name for trace in figure.data] == ["staging", "production"]
    assert list(figure.data[0].y)[:3] == ["scan of t2x", "scan of t1x", "scan of t0x"]
    assert list(figure.data[1].x)[:3] == [15, 10, 5]
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.title.text.startswith("production takes 31 ms, staging 7.00 ms")


def test_the_sides_differ_in_colour_and_in_pattern():
    a, b = diff_plans(many(2, 1), many(2, 5)).figure.data
    assert a.marker.color != b.marker.color
    assert a.marker.pattern.shape != b.marker.pattern.shape


def test_very_many_nodes_are_thirty_pairs_that_add_up():
    figure = diff_plans(many(2000, 0.001), many(2000, 0.002)).figure
    for trace, factor in zip(figure.data, (0.001, 0.002), strict=True):
        assert len(trace.x) == 30
        assert sum(trace.x) == pytest.approx(factor * 2000 * 2001 / 2 + 1)
    assert figure.data[0].y[-1] == "1,972 other nodes"


def test_without_times_the_bars_are_costs():
    planned = {"Plan": {k: v for k, v in scan("t", 1).items() if "Actual" not in k}}
    figure = diff_plans(planned, planned).figure
    assert figure.layout.xaxis.title.text == "estimated cost of the node alone"
    assert figure.data[0].x[0] == 10


def test_what_one_side_lacks_is_called_none_and_names_are_escaped():
    name = "<script>alert(1)</script>"
    figure = diff_plans(append([scan(name, 5), scan("t", 1)]), append([scan("t", 1)])).figure
    texts = dict(zip(figure.data[1].y, figure.data[1].text, strict=True))
    assert next(text for key, text in texts.items() if "script" in key) == "none"
    assert "<script" not in figure.to_json()
    assert "<script" not in figure.layout.title.text


def test_nodes_of_one_name_have_rows_of_their_own_and_the_text_says_the_same():
    twice = append([scan("t", 1), scan("t", 2)])
    figure = diff_plans(twice, twice).figure
    assert len(set(figure.data[0].y)) == 3
    assert "scan of t (2)" in as_text(figure)


def test_plans_without_any_number_are_a_sentence():
    empty = {"Plan": {"Node Type": "Result"}}
    assert "neither times nor costs" in diff_plans(empty, empty).figure.to_json()
