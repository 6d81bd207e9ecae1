import pytest

from perfkit.plans.rules.measures import (
    evidence,
    inclusive_ms,
    large,
    own_ms,
    spent,
    total_rows,
    where,
)


@pytest.fixture
def plan(joins_node, joins_tree):
    scan = joins_node("Seq Scan", 10.0, loops=3, rows=50, planned=5, **{"Relation Name": "orders"})
    return joins_tree(joins_node("Sort", 40.0, scan, rows=150), Execution_Time=50.0)


def test_times_are_those_of_the_whole_execution(plan):
    sort, scan = plan.tree
    assert (own_ms(plan, sort), own_ms(plan, scan), own_ms(plan, sort, scan)) == (10.0, 30.0, 40.0)
    assert inclusive_ms(plan, sort) == 40.0
    assert total_rows(scan) == 150


@pytest.mark.parametrize(
    ("ms", "share", "found"),
    [(12.5, 0.25, True), (12.4, 0.25, False), (5.0, 0.1, True), (4.9, 0.01, False)],
)
def test_large_is_a_share_of_the_execution_and_five_milliseconds(plan, ms, share, found):
    assert large(plan, ms, share) is found


def test_time_spent_is_told_with_its_share_and_never_more_than_everything(plan):
    assert spent(plan, 25.0) == "25 ms (50.0 % of the time)"
    assert spent(plan, 500.0) == "500 ms (100.0 % of the time)"


def test_a_row_of_evidence_names_the_node_and_its_numbers(plan):
    row = evidence(plan, plan.tree[1], bytes=8)
    assert row["node"] == 1
    assert row["table"] == "orders"
    assert (row["plan_rows"], row["actual_rows"], row["loops"], row["bytes"]) == (5, 50, 3, 8)
    assert (row["self_ms"], row["inclusive_ms"]) == (30.0, 30.0)


def test_a_node_is_called_by_its_type_and_table(plan):
    assert [where(node) for node in plan.tree] == ["Sort", "Seq Scan on orders"]
