import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.facts import Facts
from perfkit.plans.read import read_plan
from perfkit.plans.rules.seq_scans import slow_seq_scan, spared_ms


def plan(ms, whole, **more):
    root = {
        "Node Type": "Seq Scan", "Relation Name": "orders", "Schema": "public",
        "Filter": "(user_id = 5)", "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": 1, "Actual Rows": 3, "Plan Rows": 3, "Rows Removed by Filter": 59_997,
    }  # fmt: skip
    return read_plan({"Plan": root | more, "Execution Time": whole})


def found(plan):
    return slow_seq_scan(plan, Facts())


@pytest.mark.parametrize(("ms", "severity"), [(50.0, "critical"), (49.0, "warning")])
def test_half_of_the_time_is_critical(ms, severity):
    (finding,) = found(plan(ms, 100.0))
    assert finding.severity == severity


def test_the_sentence_the_evidence_and_the_saving_carry_the_numbers():
    (finding,) = found(plan(40.0, 100.0))
    assert "public.orders takes 40 ms (40.0 % of the time)" in finding.title
    assert finding.evidence == [
        {
            "node": 0, "node_type": "Seq Scan", "table": "public.orders",
            "condition": "(user_id = 5)", "rows_read": 60_000, "rows_kept": 3, "self_ms": 40.0,
        }
    ]  # fmt: skip
    assert finding.saves_ms == pytest.approx(40.0, rel=0.001)
    assert finding.saves_basis == "per execution"
    assert finding.keys == {"table": "public.orders"}


def test_a_condition_that_no_index_serves_promises_nothing():
    (plain,) = found(plan(40.0, 100.0))
    assert (plain.effort, plain.confidence) == ("low", "medium")
    (hard,) = found(plan(40.0, 100.0, Filter="(user_id <> ALL ('{1,2,3}'::integer[]))"))
    assert (hard.effort, hard.confidence, hard.saves_ms) == ("medium", "low", None)
    assert hard.fix.snippet == ""


@given(own=st.floats(0, 1e6), read=st.floats(0, 1e9), kept=st.floats(0, 1e9))
def test_nobody_saves_more_than_the_scan_took(own, read, kept):
    assert 0 <= spared_ms(own, read, kept) <= own


def test_the_more_rows_are_kept_the_less_is_spared():
    spared = [spared_ms(100.0, 1000, kept) for kept in (0, 1, 100, 250, 1000)]
    assert spared == [100.0, pytest.approx(99.6), 60.0, 0.0, 0.0]


def test_a_relation_without_a_name_is_still_a_sentence():
    nameless = plan(40.0, 100.0)
    bare = {
        k: v for k, v in nameless.root.properties.items() if k not in {"Relation Name", "Schema"}
    }
    (finding,) = found(read_plan({"Plan": bare, "Execution Time": 100.0}))
    assert "on a table takes" in finding.title


def test_a_table_read_to_keep_a_few_rows_is_found_with_its_index(
    scans_told, scans_plan, scans_facts
):
    plan = scans_plan("select * from events where account = 5 order by seen desc limit 1")
    (finding,) = scans_told(plan, scans_facts("events"))
    assert finding.rule == "slow-seq-scan"
    assert "reads 200,000 rows to keep 100" in finding.title
    assert "(account, seen DESC)" in finding.fix.snippet
    assert "hypopg_create_index" in finding.fix.test


def test_a_small_table_read_for_every_row_of_another_is_found(scans_told, scans_plan):
    sql = "select a.*, (select count(*) from tiny t where t.name = a.name) from accounts a"
    (finding,) = scans_told(scans_plan(sql))
    assert finding.rule == "slow-seq-scan"
    assert finding.keys == {"table": "public.tiny"}
    assert "reads 1,000,000 rows" in finding.title


def test_partitions_are_one_finding(scans_told, scans_plan):
    (finding,) = scans_told(scans_plan("select * from logs where account = 5"))
    assert finding.rule == "slow-seq-scan"
    assert "on 12 partitions such as public.logs_" in finding.title
    assert len(finding.evidence) == 12
    assert finding.saves_ms <= sum(row["self_ms"] for row in finding.evidence)
