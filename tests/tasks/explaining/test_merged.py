import pytest

from perfkit.analyses.recorded_statements import Recorded
from perfkit.plans.read import read_plan
from perfkit.results import Finding, Fix
from perfkit.tasks.explaining.merged import merged
from perfkit.tasks.explaining.model import ExplainResult
from perfkit.tasks.explaining.top_rows import Explained, headline, index_of, not_explained, table

PLAN = read_plan(
    '[{"Plan": {"Node Type": "Limit", "Total Cost": 9, "Plans": [{"Node Type": "Seq Scan", '
    '"Relation Name": "t", "Total Cost": 8}]}}]'
)


def finding(index="", saves=10.0, severity="warning", rule="slow-seq-scan"):
    fix = Fix(text="build it", snippet=f"SET x;\nCREATE INDEX {index} ON t (a);" if index else "")
    return Finding(rule=rule, severity=severity, title="t is slow", fix=fix, saves_ms=saves)


def explained(name, *findings, calls=10, total_ms=1000.0, values=None):
    one = Recorded(
        fingerprint_id=name, fingerprint=f"select {name}", statement="", values=values,
        calls=calls, total_ms=total_ms, mean_ms=total_ms / calls, share=0.5,
    )  # fmt: skip
    result = ExplainResult(
        analysis="explain", question="", headline="", arrow=PLAN.arrow, noun="nodes",
        findings=findings, plan=PLAN, executed=False,
    )  # fmt: skip
    return Explained(one, result)


def test_statements_that_want_one_index_are_one_finding_with_all_their_calls():
    found = merged([explained("a", finding("i"), calls=10), explained("b", finding("i"), calls=30)])
    (one,) = found
    assert one.title == "2 statements want one index. t is slow"
    assert one.saves_times == 40
    assert one.saves_total_ms == pytest.approx(10 * 10 + 10 * 30)
    assert [row["fingerprint_id"] for row in one.evidence] == ["a", "b"]
    assert "fingerprint_id" not in one.keys


def test_other_indexes_and_findings_without_one_stay_apart():
    first = explained("a", finding("i"), finding(rule="spill"), finding(rule="spill"))
    found = merged([first, explained("b", finding("j"), finding(rule="spill"))])
    assert len(found) == 5
    assert [one.keys["fingerprint_id"] for one in found] == ["a", "a", "a", "b", "b"]


def test_no_more_is_saved_than_was_recorded_and_unknown_stays_unknown():
    (one,) = merged([explained("a", finding("i", saves=500.0), calls=10, total_ms=1000.0)])
    assert one.saves_total_ms == 1000.0
    (one,) = merged([explained("a", finding("i", saves=None))])
    assert one.saves_ms is None


def test_the_index_is_read_off_the_snippet():
    assert index_of(finding("i")) == "CREATE INDEX i ON t (a);"
    assert index_of(finding()) == ""


def test_each_statement_is_a_row_with_its_verdict_or_the_reason_for_none():
    gone = explained("b")._replace(result=None, why_not='relation "b" does not exist')
    found = [explained("a", finding("i"), values={}), gone, explained("c")]
    first, second, third = table(found).to_pylist()
    assert (first["verdict"], first["index"]) == ("t is slow", "CREATE INDEX i ON t (a);")
    assert (first["example"], third["example"]) == ("recorded", "none: generic plan")
    assert first["slowest_node"] == "Seq Scan on t"
    assert second["verdict"] == 'relation "b" does not exist'
    assert second["cost"] is None
    assert third["verdict"] == "planned only: nothing stands out"
    assert headline(found) == (
        "2 statements with 100.0 % of the recorded time: 1 of them can be made faster; "
        "1 could not be explained"
    )
    assert not_explained(found)["not explained"].to_pylist() == [
        {"fingerprint": "select b", "why": 'relation "b" does not exist'}
    ]
    assert not_explained(found[:1]) == {}


def test_what_is_only_worth_knowing_counts_as_nothing_to_change():
    assert "nothing was found to change" in headline([explained("a", finding(severity="info"))])
