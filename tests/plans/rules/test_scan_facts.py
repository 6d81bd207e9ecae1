import pytest

from perfkit.plans.rules.scan_facts import (
    evidence,
    rows_read,
    severity,
    table_keys,
    touched_blocks,
    where,
)


def test_rows_are_those_of_all_loops_and_of_what_conditions_threw_away(scans_made):
    plan = scans_made(Actual_Loops=3, Rows_Removed_by_Filter=20, Rows_Removed_by_Index_Recheck=5)
    assert rows_read(plan.root) == 3 * (10 + 20 + 5)


def test_blocks_are_the_nodes_own_and_unknown_without_buffers(scans_made):
    below = scans_made.node(Shared_Hit_Blocks=30, Shared_Read_Blocks=7)
    plan = scans_made("Sort", 90.0, below, Shared_Hit_Blocks=34, Shared_Read_Blocks=7)
    assert [touched_blocks(plan, node) for node in plan.tree] == [4, 37]
    assert touched_blocks(scans_made(), scans_made().root) is None


@pytest.mark.parametrize(("ms", "word"), [(50.0, "critical"), (49.9, "warning")])
def test_half_of_the_time_is_critical(scans_made, ms, word):
    assert severity(scans_made(whole=100.0), ms) == word


def test_evidence_leaves_out_what_is_not_known(scans_made):
    plan = scans_made(Relation_Name="orders", Filter="(a = 1)", Rows_Removed_by_Filter=5)
    assert evidence(plan, plan.root, filter="x") == {
        "node": 0, "node_type": "Seq Scan", "table": "orders", "condition": "(a = 1)",
        "rows_read": 15, "rows_kept": 10, "self_ms": 80.0, "filter": "x",
    }  # fmt: skip


def test_a_node_is_named_by_its_table_and_index(scans_made):
    named = scans_made("Index Scan", Relation_Name="t", Schema="s", Index_Name="i").root
    assert where(named) == "index scan on s.t with i"
    assert where(scans_made().root) == "sequential scan"
    assert table_keys(named) == {"table": "s.t"}
    assert table_keys(scans_made().root) == {}
