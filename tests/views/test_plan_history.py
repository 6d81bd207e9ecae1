import json

import numpy as np
import pytest

from perfkit import tables
from perfkit.analyses.plan_history import plan_history
from perfkit.views.figure_text import as_text


def plan(table, index=""):
    node = {"Node Type": "Index Scan" if index else "Seq Scan", "Relation Name": table}
    return json.dumps({"Plan": node | ({"Index Name": index} if index else {})})


def drawn(groups):
    """Draw executions, one per second: (plan, ms, count)."""
    random = np.random.default_rng(1)
    rows = [(text, ms * np.exp(0.1 * random.normal())) for text, ms, n in groups for _ in range(n)]
    start = np.datetime64("2026-11-21T10:00:00")
    return plan_history(
        tables.from_columns(
            "plans",
            {
                "at": [start + np.timedelta64(n, "s") for n in range(len(rows))],
                "duration_ms": [ms for _, ms in rows],
                "plan": [text for text, _ in rows],
                "statement": ["select * from t where a = 1"] * len(rows),
            },
        )
    ).figure


FLIP = [(plan("t", "t_a"), 1, 30), (plan("t"), 50, 20)]


def test_every_shape_has_a_colour_a_symbol_and_its_points():
    figure = drawn(FLIP)
    assert [trace.name for trace in figure.data] == [
        "Index Scan using t_a on t (30, 60.0 %)",
        "Seq Scan on t (20, 40.0 %)",
    ]
    assert [len(trace.x) for trace in figure.data] == [30, 20]
    assert len({trace.marker.color for trace in figure.data}) == 2
    assert len({trace.marker.symbol for trace in figure.data}) == 2
    assert figure.layout.yaxis.type == "log"


def test_a_flip_is_a_line_where_it_happened():
    figure = drawn(FLIP)
    assert [shape.x0 for shape in figure.layout.shapes] == ["2026-11-21T10:00:30.000000"]
    assert figure.layout.annotations[0].text.startswith("another plan, ")
    assert "another plan since 10:00:30" in figure.layout.title.text.replace("<br>", " ")
    assert "Seq Scan on t" in as_text(figure)


def test_the_text_of_an_early_flip_stands_where_there_is_room():
    (note,) = drawn([(plan("t", "t_a"), 1, 10), (plan("t"), 50, 60)]).layout.annotations
    assert note.xanchor == "left"


def test_very_many_executions_and_shapes_stay_few():
    figure = drawn([(plan("t", f"i{n}"), 5, 3000) for n in range(9)])
    assert len(figure.data) == 6
    assert sum(len(trace.x) for trace in figure.data) <= 3000 + 120
    assert "of 27,000 executions drawn" in figure.layout.xaxis.title.text
    assert figure.data[-1].name.startswith("other plans (12,000")


def test_names_are_escaped():
    assert "<b>" not in drawn([(plan("<b>"), 5, 10)]).to_json()


@pytest.mark.parametrize("groups", [[], [(plan("t"), 5, 1)]])
def test_little_is_drawn_without_a_fault(groups):
    assert drawn(groups).layout.title.text


def test_what_is_left_out_does_not_change_the_middle_nor_the_extremes():
    groups = [(plan("t"), 10, 40_000), (plan("t"), 900, 1)]
    (trace,) = drawn(groups).data
    assert np.median(trace.y) == pytest.approx(10, rel=0.02)
    near = np.mean((np.array(trace.y) > 9.3) & (np.array(trace.y) < 10.7))  # within 0.7 sigma
    assert near == pytest.approx(0.5, abs=0.06)
    assert max(trace.y) > 600


def test_few_executions_are_all_drawn():
    figure = drawn(FLIP)
    assert "drawn" not in figure.layout.xaxis.title.text
