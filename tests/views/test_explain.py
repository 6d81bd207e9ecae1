import pyarrow as pa
import pytest

from perfkit.plans.read import read_plan
from perfkit.results import Finding, Fix, Result
from perfkit.views import explain, figure_text
from perfkit.views.explain_boxes import MOST_BOXES


def node(kind, ms, *children, relationship="Outer", **more):
    plans = [{**child, "Parent Relationship": relationship} for child in children]
    return {
        "Node Type": kind, "Actual Startup Time": 0.0, "Actual Total Time": ms, "Actual Rows": 10,
        "Actual Loops": 1, "Plan Rows": 10, "Plan Width": 4, "Startup Cost": 0.0,
        "Total Cost": ms * 10, **({"Plans": plans} if plans else {}), **more,
    }  # fmt: skip


SCAN = node("Seq Scan", 9.0, **{"Relation Name": "orders", "Alias": "orders"})
PLAN = node("Sort", 10.0, SCAN)


def result(plan=PLAN, **more):
    read = read_plan({"Plan": plan, "Execution Time": 10.0})
    return Result(
        analysis="explain", question="q", headline="It took 10 ms", arrow=read.arrow,
        noun="nodes", **more,
    )  # fmt: skip


def finding(node_id, title="the scan reads all"):
    return Finding(
        rule="r", severity="warning", title=title, fix=Fix(text="f"), evidence=[{"node": node_id}]
    )


def test_widths_are_inclusive_times_and_colours_own_shares():
    (trace,) = explain.figure(result()).data
    assert list(trace.values) == pytest.approx([10.0, 9.0])
    assert list(trace.marker.colors) == pytest.approx([0.1, 0.9])
    assert list(trace.labels) == ["Sort", "Seq Scan on orders"]
    assert trace.text[1].startswith("9.00 ms, 90.0 %")


def test_a_node_with_a_finding_is_marked_in_words_and_by_its_edge():
    (trace,) = explain.figure(result(findings=[finding(1)])).data
    assert trace.labels[1].startswith("\u25b2")
    assert trace.marker.line.width[1] > trace.marker.line.width[0]
    assert "the scan reads all" in trace.hovertext[1]
    assert "finding" in explain.figure(result(findings=[finding(1)])).layout.annotations[0].text


def test_what_was_only_planned_is_as_wide_as_its_cost():
    planned = {k: v for k, v in SCAN.items() if not k.startswith("Actual")}
    drawn = explain.figure(result(planned))
    assert list(drawn.data[0].values) == [90.0]
    assert "estimated cost" in drawn.layout.annotations[0].text


def test_time_outside_of_the_nodes_stands_beside_the_plan():
    parts = pa.Table.from_pylist(
        [
            {"part": "nodes", "time_ms": 10.0, "share": 0.49},
            {"part": "trigger audit", "time_ms": 10.0, "share": 0.5},
            {"part": "rest", "time_ms": 0.01, "share": 0.0005},
        ]
    )
    (trace,) = explain.figure(result(series={"parts": parts})).data
    assert list(trace.labels) == ["execution, 20 ms", "Sort", "Seq Scan on orders", "trigger audit"]
    assert list(trace.values) == pytest.approx([20.0, 10.0, 9.0, 10.0])


def other(ms):
    return read_plan({"Plan": node("Index Scan", ms), "Execution Time": ms}).arrow


def test_two_plans_share_one_scale():
    drawn = explain.figure(
        result(series={"other": other(5.0)}, totals={"labels": ["now", "with an index"]})
    )
    now, then = drawn.data
    assert now.values[0] == then.values[0] == 10.0  # the heads
    assert (now.values[1], then.values[1]) == (10.0, 5.0)
    assert now.labels[0] == "now: 10 ms"
    assert then.labels[0] == "with an index: 5.00 ms"
    assert now.domain.x[1] < then.domain.x[0]


def test_a_plan_that_would_be_a_line_is_drawn_wider_and_says_so():
    drawn = explain.figure(result(series={"other": other(0.01)}))
    assert drawn.data[1].labels[0] == "the other plan: 10 \u00b5s, drawn 1,000 times wider"
    assert drawn.data[1].values[0] == drawn.data[1].values[1]


def test_thousands_of_nodes_are_folded_and_the_whole_stays_the_whole():
    leaves = [node("Seq Scan", 0.001 * (n % 7), **{"Relation Name": f"t{n}"}) for n in range(5000)]
    plan = node("Append", 100.0, *leaves, relationship="Member")
    (trace,) = explain.figure(result(plan, findings=[finding(4321)])).data
    assert len(trace.ids) <= MOST_BOXES + 3
    assert "4321" in trace.ids
    assert any("more nodes" in label for label in trace.labels)
    below = sum(
        value for value, parent in zip(trace.values, trace.parents, strict=True) if parent == "0"
    )
    assert below <= trace.values[0] * (1 + 1e-9)
    counted = next(label for label in trace.labels if "more nodes" in label)
    assert int(counted.split()[0].replace(",", "")) == 5001 - (len(trace.ids) - 1)


def test_rows_beyond_the_estimate_are_told_and_rows_nobody_asked_for_are_not():
    many = node("Seq Scan", 9.0, **{"Plan Rows": 1, "Actual Rows": 500})
    few = node("Seq Scan", 9.0, **{"Plan Rows": 500, "Actual Rows": 1})
    assert "500x as many as expected" in explain.figure(result(many)).data[0].text[0]
    assert "expected" not in explain.figure(result(few)).data[0].text[0]


SWEEP = pa.Table.from_pylist(
    [
        {
            "value": value, "kind": "common", "share": share, "plan_rows": share * 1000,
            "cost": cost, "shape_id": shape, "shape": shape, "execution_ms": None,
        }
        for value, share, cost, shape in (
            ("a", 0.5, 900.0, "Seq Scan"), ("b", 0.01, 40.0, "Index Scan"),
            ("c", 0.002, 9.0, "Index Scan"),
        )
    ]
)  # fmt: skip


def test_a_sweep_has_one_colour_and_symbol_per_plan():
    drawn = explain.figure(result(series={"sweep": SWEEP}))
    assert [trace.name for trace in drawn.data] == ["Seq Scan", "Index Scan"]
    assert len({trace.marker.symbol for trace in drawn.data}) == 2
    assert drawn.layout.xaxis.type == "log"
    assert "share" in drawn.layout.xaxis.title.text
    assert "cost" in drawn.layout.yaxis.title.text


def test_unknown_shares_fall_back_to_the_rows_expected():
    unknown = SWEEP.set_column(2, "share", pa.array([None, None, None], pa.float64()))
    drawn = explain.figure(result(series={"sweep": unknown}))
    assert drawn.layout.xaxis.title.text == "rows expected"
    assert list(drawn.data[1].x) == [10.0, 2.0]


def test_hostile_names_are_escaped_everywhere():
    evil = node("Seq Scan", 9.0, **{"Relation Name": "<img src=x onerror=alert(1)>\n"})
    drawn = explain.figure(
        result(evil, findings=[finding(0, "<b>x</b>")], totals={"labels": ["<b>x", "<b>y"]})
    )
    for text in (*drawn.data[0].labels, *drawn.data[0].hovertext):
        assert "<img" not in text
        assert "<b>" not in text
    assert "<img" not in figure_text.as_html(drawn)
