import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.rules.seq_scans import slow_seq_scan


def plan(ms, whole, **more):
    root = {
        "Node Type": "Seq Scan", "Relation Name": "orders", "Schema": "public",
        "Filter": "(user_id = 5)", "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": 1, "Actual Rows": 3, "Plan Rows": 3, "Rows Removed by Filter": 59_997,
    }  # fmt: skip
    return read_plan({"Plan": root | more, "Execution Time": whole})


@pytest.mark.parametrize(("ms", "severity"), [(50.0, "critical"), (49.0, "warning")])
def test_half_of_the_time_is_critical(ms, severity):
    (finding,) = slow_seq_scan(plan(ms, 100.0))
    assert finding.severity == severity


def test_the_sentence_the_evidence_and_the_saving_carry_the_numbers():
    (finding,) = slow_seq_scan(plan(40.0, 100.0))
    assert "public.orders takes 40 ms (40.0 % of the time)" in finding.title
    assert finding.evidence == [
        {
            "node": 0, "table": "public.orders", "condition": "(user_id = 5)",
            "rows_read": 60_000, "rows_kept": 3, "self_ms": 40.0,
        }
    ]  # fmt: skip
    assert (finding.saves_ms, finding.saves_basis) == (40.0, "per execution")
    assert finding.keys == {"table": "public.orders"}


def test_a_condition_that_needs_thought_is_more_effort_than_an_index():
    assert slow_seq_scan(plan(40.0, 100.0))[0].effort == "low"
    hard = slow_seq_scan(plan(40.0, 100.0, Filter="((a = 1) OR (b = 2))"))[0]
    assert hard.effort == "medium"
    assert hard.fix.snippet == ""


def test_a_relation_without_a_name_is_still_a_sentence():
    nameless = plan(40.0, 100.0)
    bare = {
        k: v for k, v in nameless.root.properties.items() if k not in {"Relation Name", "Schema"}
    }
    (finding,) = slow_seq_scan(read_plan({"Plan": bare, "Execution Time": 100.0}))
    assert "on a table takes" in finding.title
