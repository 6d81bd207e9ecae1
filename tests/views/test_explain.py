from dataclasses import replace

import pyarrow as pa
import pytest

from perfkit.plans.read import read_plan
from perfkit.results import Finding, Fix, Result
from perfkit.views import explain, figure_text
from perfkit.views.explain_rows import MOST_ROWS


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


def bars(plan=PLAN, **more):
    """Return the bars of the nodes alone and of all below them."""
    return explain.figure(result(plan, **more)).data


def names(figure):
    return [name.replace("\u00a0", " ").strip() for name in figure.data[0].y]


def columns(figure):
    """Return the words and numbers beside every bar."""
    return [text.replace("\u00a0", " ").split() for text in figure.layout.yaxis2.ticktext]


def test_every_node_is_a_row_dark_alone_and_light_with_all_below():
    drawn = explain.figure(result())
    alone, below = drawn.data
    assert list(alone.x) == pytest.approx([1.0, 9.0])
    assert list(below.x) == pytest.approx([10.0, 9.0])
    assert names(drawn) == ["0 Sort", "1  Seq Scan on orders"]
    assert columns(drawn) == [["1.00", "ms", "10.0", "10"], ["9.00", "ms", "90.0", "10"]]
    assert drawn.layout.xaxis.title.text.startswith("time (ms)")


def test_names_have_one_length_so_that_they_stand_left():
    drawn = explain.figure(result())
    assert len({len(name) for name in drawn.data[0].y}) == 1
    assert len({len(text) for text in drawn.layout.yaxis2.ticktext}) == 1
    assert all(" " not in name for name in drawn.data[0].y)


def test_a_node_with_a_finding_is_marked_in_words_by_colour_and_by_pattern():
    drawn = explain.figure(result(findings=[finding(1)]))
    alone = drawn.data[0]
    assert "\u25b2" in alone.y[1]
    assert "\u25b2" not in alone.y[0]
    assert alone.marker.color[0] != alone.marker.color[1]
    assert list(alone.marker.pattern.shape) == ["", "/"]
    assert "the scan reads all" in alone.hovertext[1]
    assert "finding" in drawn.layout.xaxis.title.text


def test_what_was_only_planned_is_as_long_as_its_cost():
    planned = {k: v for k, v in SCAN.items() if not k.startswith("Actual")}
    drawn = explain.figure(result(planned))
    assert list(drawn.data[0].x) == [90.0]
    assert "estimated cost" in drawn.layout.xaxis.title.text


PARTS = pa.Table.from_pylist(
    [
        {"part": "nodes", "time_ms": 10.0, "share": 0.49},
        {"part": "AFTER triggers", "time_ms": 10.0, "share": 0.5},
        {"part": "rest", "time_ms": 0.01, "share": 0.0005},
    ]
)


def test_time_outside_of_the_nodes_stands_below_the_plan():
    drawn = explain.figure(result(series={"parts": PARTS}))
    assert names(drawn)[2:] == ["AFTER triggers"]
    assert drawn.data[0].x[2] == 10.0
    assert columns(drawn)[2] == ["10", "ms", "50.0"]


def test_a_trigger_with_a_finding_is_marked():
    slow = replace(finding(0), evidence=[{"trigger": "audit"}])
    drawn = explain.figure(result(series={"parts": PARTS}, findings=[slow]))
    assert names(drawn)[2] == "\u25b2 AFTER triggers"


def test_planning_that_takes_long_has_a_row():
    long = {"execution_ms": 10.0, "planning_ms": 5.0}
    assert names(explain.figure(result(totals=long)))[2:] == ["planning, before it"]
    short = {"execution_ms": 10.0, "planning_ms": 0.01}
    assert len(names(explain.figure(result(totals=short)))) == 2


def test_shares_are_shares_of_the_execution_as_the_headline_has_them():
    read = read_plan({"Plan": PLAN, "Execution Time": 100.0})
    shown = explain.figure(read.result)
    assert columns(shown)[1][:3] == ["9.00", "ms", "9.0"]


def other(ms):
    return read_plan({"Plan": node("Index Scan", ms), "Execution Time": ms}).arrow


def test_two_plans_stand_below_each_other_on_one_scale():
    drawn = explain.figure(
        result(series={"other": other(5.0)}, totals={"labels": ["now", "with an index"]})
    )
    assert names(drawn) == [
        "A: 10 ms, now", "A0 Sort", "A1  Seq Scan on orders",
        "B: 5.00 ms, with an index", "B0 Index Scan",
    ]  # fmt: skip
    assert list(drawn.data[1].x) == [10.0, 10.0, 9.0, 5.0, 5.0]


LEAVES = [node("Seq Scan", 0.001 * (n % 7), **{"Relation Name": f"t{n}"}) for n in range(5000)]
BROAD = node("Append", 100.0, *LEAVES, relationship="Member")


def test_thousands_of_nodes_are_folded_and_the_whole_stays_the_whole():
    drawn = explain.figure(result(BROAD, findings=[finding(4321)]))
    alone = drawn.data[0]
    assert len(alone.y) <= 2 * MOST_ROWS
    assert any(name.startswith("4321 ") for name in names(drawn))
    assert sum(alone.x) == pytest.approx(100.0)
    counted = [name for name in names(drawn) if "more:" in name]
    folded = sum(int(name.split()[1].replace(",", "")) for name in counted)
    assert folded == 5001 - (len(alone.y) - len(counted))
    assert min(int(name.split()[1].replace(",", "")) for name in counted) > 1


def test_many_small_findings_do_not_hide_what_takes_the_time():
    leaves = [node("Seq Scan", 40.0 if n == 3000 else 0.001) for n in range(4000)]
    plan = node("Append", 50.0, *leaves, relationship="Member")
    found = [finding(n) for n in range(1, 900)]
    drawn = explain.figure(result(plan, findings=found))
    assert any(name.startswith("3001 ") for name in names(drawn))


def test_a_deep_plan_stays_readable():
    plan = SCAN
    for level in range(199):
        plan = node("Materialize", 10.0 + level, plan)
    drawn = explain.figure(result(plan))
    assert max(len(name) for name in drawn.data[0].y) <= 60
    assert any("Seq Scan on orders" in name for name in names(drawn))


def test_estimates_that_miss_are_told_and_rows_nobody_asked_for_are_not():
    many = node("Seq Scan", 9.0, **{"Plan Rows": 1, "Actual Rows": 500})
    few = node("Seq Scan", 9.0, **{"Plan Rows": 500, "Actual Rows": 1})
    assert "\u00d7500" in columns(explain.figure(result(many)))[0]
    assert "\u00f7500" in columns(explain.figure(result(few)))[0]
    assert "\u00f7500" not in columns(explain.figure(result(node("Limit", 9.5, few))))[1]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"Actual Loops": 7}, "7 loops"),
        ({"Rows Removed by Filter": 99990}, "99,990 rows removed"),
        ({"Sort Space Type": "Disk", "Sort Space Used": 2048, "Node Type": "Sort"}, "on disk"),
        ({"Workers Launched": 2, "Node Type": "Gather"}, "2 workers"),
        ({"Actual Loops": 0, "Actual Rows": 0}, "never executed"),
    ],
)
def test_what_a_person_looks_for_stands_on_the_bar(more, said):
    alone, _ = bars(node("Sort", 10.0, SCAN | more))
    assert said in alone.text[1]
    assert said in alone.hovertext[1]


def test_blocks_have_a_column_where_they_are_known():
    read = SCAN | {"Shared Hit Blocks": 1000, "Shared Read Blocks": 234}
    top = node("Sort", 10.0, read, **{"Shared Hit Blocks": 1000, "Shared Read Blocks": 234})
    assert columns(explain.figure(result(top)))[1][-1] == "1,234"
    assert "1,000 hit, 234 read" in bars(top)[0].hovertext[1]


def test_a_long_condition_stays_short():
    long = SCAN | {"Filter": "(id = ANY ('{" + ",".join(map(str, range(5000))) + "}'))"}
    assert len(bars(long)[0].hovertext[0]) < 1000


def test_the_twin_in_words_begins_with_what_takes_most():
    text = figure_text.as_text(explain.figure(result())).replace("\u00a0", " ")
    assert text.index("Seq Scan on orders") < text.index("Sort")
    assert "alone, ms" in text
    assert "with all below, ms" in text


def test_two_scans_of_one_table_stay_two():
    twice = node("Append", 10.0, SCAN, SCAN | {"Alias": "o2"}, relationship="Member")
    assert names(explain.figure(result(twice)))[1:] == [
        "1  Seq Scan on orders", "2  Seq Scan on orders o2",
    ]  # fmt: skip


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
    for text in (*drawn.data[0].y, *drawn.data[0].hovertext):
        assert "<img" not in text
        assert "<b>" not in text
    assert "<img" not in figure_text.as_html(drawn)
