from perfkit.plans.read import read_plan
from perfkit.tasks.proofs.compared import names_indexes


def test_indexes_are_used_where_nodes_scan_all_of_them():
    scan = {"Node Type": "Index Scan", "Index Name": "<13>btree_a"}
    part = {"Node Type": "Bitmap Index Scan", "Index Name": "b_part_2"}
    plan = read_plan([{"Plan": {"Node Type": "Append", "Plans": [scan, part]}}])
    assert names_indexes(plan, [["x", "<13>btree_a"]])
    assert names_indexes(plan, [["<13>btree_a"], ["b", "b_part_1", "b_part_2"]])
    assert not names_indexes(plan, [["<13>btree_a"], ["c"]])
    assert not names_indexes(plan, [["btree_a"]])
    assert not names_indexes(plan, [[]])
