"""Whatever a plan says, the rules answer, and what they answer can be true."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfkit.plans import rules
from perfkit.plans.read import read_plan

KINDS = (
    "Seq Scan", "Index Scan", "Sort", "Incremental Sort", "Hash Join", "Hash", "Nested Loop",
    "Merge Join", "Materialize", "Memoize", "Aggregate", "Gather", "Gather Merge", "CTE Scan",
    "Limit", "Append", "ModifyTable", "Function Scan", "Bitmap Heap Scan", "WindowAgg", "Result",
)  # fmt: skip
NUMBERS = (
    "Sort Space Used", "Hash Batches", "Original Hash Batches", "Peak Memory Usage", "Disk Usage",
    "Cache Hits", "Cache Misses", "Cache Evictions", "Temp Read Blocks", "Temp Written Blocks",
    "Temp I/O Read Time", "Workers Planned", "Workers Launched", "WAL FPI", "WAL Bytes",
    "Rows Removed by Join Filter", "Rows Removed by Filter", "Total Cost",
)  # fmt: skip
TEXTS = {
    "Sort Space Type": ("Disk", "Memory"),
    "Filter": ("((a = $1) AND (b = 2))", "(slow(a) > 5)", "((a = 1) AND (b = 'x''y'::text))", "(("),
    "Strategy": ("Hashed", "Sorted", "Plain"),
    "Parent Relationship": ("Outer", "Inner", "SubPlan", "InitPlan"),
    "Subplan Name": ("CTE x", "SubPlan 1", "InitPlan 1 (returns $0)"),
    "CTE Name": ("x",),
    "Relation Name": ("orders", 'odd "name"'),
    "Operation": ("Delete", "Update"),
    "Join Type": ("Inner", "Semi"),
}
AMOUNT = st.sampled_from([0, 1, 2, 9, 10, 999, 1000, 10_000, 100_000, 10**7])
MS = st.floats(0, 1e5, allow_nan=False)


@st.composite
def nodes(draw, depth=0):
    children = draw(st.lists(nodes(depth + 1), max_size=2)) if depth < 4 else []
    node = {
        "Node Type": draw(st.sampled_from(KINDS)), "Actual Total Time": draw(MS),
        "Actual Startup Time": 0.0, "Actual Loops": draw(AMOUNT), "Actual Rows": draw(AMOUNT),
        "Plan Rows": draw(AMOUNT), "Plans": children,
    }  # fmt: skip
    node |= draw(st.dictionaries(st.sampled_from(NUMBERS), AMOUNT, max_size=8))
    for key in draw(st.sets(st.sampled_from(sorted(TEXTS)), max_size=4)):
        node[key] = draw(st.sampled_from(TEXTS[key]))
    if draw(st.booleans()):
        node["Workers"] = [
            {"Worker Number": 0, "Actual Total Time": draw(MS), "Actual Loops": draw(AMOUNT)}
        ]
    return node


DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "Planning Time": MS,
        "Execution Time": MS,
        "JIT": st.builds(lambda ms: {"Timing": {"Total": ms}}, MS),
        "Settings": st.sampled_from([{}, {"enable_hashjoin": "off", "work_mem": "x"}]),
        "Triggers": st.builds(
            lambda ms, calls: [{"Trigger Name": "t'", "Relation": "r", "Time": ms, "Calls": calls}],
            MS,
            AMOUNT,
        ),
        "Serialization": st.builds(lambda ms, kb: {"Time": ms, "Output Volume": kb}, MS, AMOUNT),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nodes(), DOCUMENTS)
def test_a_finding_is_a_sentence_with_evidence_and_saves_no_more_than_was_spent(root, document):
    plan = read_plan({"Plan": root} | document)
    spent = max(plan.execution_ms or 0.0, sum(plan.times.inclusive_ms)) + (plan.planning_ms or 0.0)
    for finding in rules.findings(plan):
        assert finding.title
        assert finding.evidence
        assert finding.fix.text
        assert finding.reference
        assert finding.to_dict()
        assert all(0 <= row.get("node", 0) < len(plan.tree) for row in finding.evidence)
        assert finding.saves_ms is None or 0 <= finding.saves_ms <= spent * (1 + 1e-12)


@pytest.mark.parametrize("rule", rules.rules(), ids=lambda rule: rule.name)
def test_no_rule_stumbles_over_a_plan_that_was_not_executed(rule):
    plan = read_plan({"Plan": {"Node Type": "Nested Loop", "Plans": [
        {"Node Type": kind, "Plan Rows": 5, "Total Cost": 9.0} for kind in ("Sort", "Memoize")
    ]}})  # fmt: skip
    assert rules.findings(plan) == []
    assert rule.looks_at
