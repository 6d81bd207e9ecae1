from perfkit.plans.read import read_plan
from perfkit.tasks.proofs.compared import names_index


def test_an_index_is_used_where_any_node_scans_it():
    scan = {"Node Type": "Index Scan", "Index Name": "<13>btree_a"}
    plan = read_plan([{"Plan": {"Node Type": "Limit", "Plans": [scan]}}])
    assert names_index(plan, ["x", "<13>btree_a"])
    assert not names_index(plan, ["btree_a"])
    assert not names_index(plan, [])
