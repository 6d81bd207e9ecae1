import pyarrow as pa
import pytest

from perfkit.results import Finding, Fix
from perfkit.tasks.explain_top import ExplainTop
from perfkit.views import figure_text
from perfkit.views.explain_top import figure
from perfkit.views.notebook import bundles

COLUMNS = {
    "fingerprint_id": "a", "fingerprint": "select a from t where b = ?", "calls": 10,
    "total_ms": 1000.0, "share": 0.5, "verdict": "the scan reads all", "plan_ms": 90.0,
    "cost": 9.0, "index": "CREATE INDEX ON t (b);", "slowest_node": "Seq Scan on t",
    "findings": 1, "executed": True, "example": "recorded", "shape_id": "s",
}  # fmt: skip


def row(name, **more):
    text = {"fingerprint_id": name, "fingerprint": f"select {name} from t where b = ?"}
    return COLUMNS | text | more


def finding(saves_ms, times=1, **more):
    return Finding(
        rule="r", severity="warning", title="the scan reads all", fix=Fix(text="f"),
        saves_ms=saves_ms, saves_times=times, **more,
    )  # fmt: skip


def result(*rows, findings=()):
    return ExplainTop(
        analysis="explain_top", question="q", headline="2 statements with 90 % of the time",
        arrow=pa.Table.from_pylist(list(rows)), noun="statements", findings=findings,
    )  # fmt: skip


def drawn(*rows, findings=()):
    return figure(result(*rows, findings=findings))


def test_what_may_be_saved_and_what_remains_add_up_to_the_recorded_time():
    saved, kept = drawn(row("a"), findings=[finding(60.0, 10, keys={"fingerprint_id": "a"})]).data
    assert list(saved.x) == pytest.approx([600.0])
    assert list(kept.x) == pytest.approx([400.0])
    assert kept.text[0] == "1.00 s, 60.0 % may be saved"
    assert saved.marker.color != kept.marker.color
    assert saved.marker.pattern.shape != kept.marker.pattern.shape


def test_two_findings_on_one_statement_are_not_added_up_nor_more_than_all():
    keys = {"keys": {"fingerprint_id": "a"}}
    saved, _ = drawn(row("a"), findings=[finding(60.0, 10, **keys), finding(50.0, 10, **keys)]).data
    assert list(saved.x) == pytest.approx([600.0])
    saved, kept = drawn(row("a"), findings=[finding(5000.0, 10, **keys)]).data
    assert (saved.x[0], kept.x[0]) == (1000.0, 0.0)


def test_one_index_for_two_statements_counts_for_both():
    evidence = [
        {"fingerprint_id": "a", "calls": 10, "saves_ms": 50.0},
        {"fingerprint_id": "b", "calls": 5, "saves_ms": 20.0},
    ]
    rows = row("a"), row("b", total_ms=400.0, calls=5)
    saved, _ = drawn(*rows, findings=[finding(40.0, 15, evidence=evidence)]).data
    assert list(saved.x) == pytest.approx([500.0, 100.0])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"slowest_node": None, "executed": False, "verdict": "no such table"}, "not explained"),
        ({"findings": 0}, "nothing to fix"),
        ({"findings": 0, "executed": False}, "planned only"),
        ({"findings": 3}, "3 findings"),
    ],
)
def test_every_bar_says_what_became_of_its_statement(more, said):
    assert said in drawn(row("a", **more)).data[1].text[0]


def test_the_costliest_is_on_top_and_the_twins_say_the_same():
    figure_ = drawn(row("a"), row("b", total_ms=10.0))
    assert figure_.layout.yaxis.autorange == "reversed"
    assert "ms" in figure_.layout.xaxis.title.text
    assert "90 %" in figure_.layout.title.text
    first, second = (line for line in figure_text.as_text(figure_).splitlines() if ". " in line)
    assert first.startswith("1. ")
    assert "1,000" in first
    assert second.startswith("2. ")


def test_hostile_statements_are_escaped():
    evil = "select '<img src=x onerror=alert(1)>' from \u202e<b>t</b>"
    shown = drawn(row("a", fingerprint=evil, verdict=evil, index=evil, slowest_node=evil))
    for text in (*shown.data[0].y, *shown.data[0].hovertext, *shown.data[1].text):
        assert "<img" not in text
        assert "<b>" not in text


def test_without_times_a_sentence_stands_where_bars_would_be():
    assert (
        "No statement has a recorded time"
        in drawn(row("a", total_ms=0.0)).layout.annotations[0].text
    )


def test_a_notebook_shows_it_as_its_second_output():
    first, second = bundles(result(row("a")))
    assert "text/html" in first
    assert "application/vnd.plotly.v1+json" in second
