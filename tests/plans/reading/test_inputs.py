import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.reading.inputs import lacking

ROW = "  (cost=0.00..1.00 rows=1 width=4)"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Hash Join", "  ->  Seq Scan on a"], ["Node 0 (Hash Join) lacks 1 of its 2 inputs"]),
        (["Limit", "  ->  Sort"], ["Node 1 (Sort) lacks its input"]),
        (["Limit", "  InitPlan 1", "    ->  Result"], ["Node 0 (Limit) lacks its input"]),
        (["Append"], []),
        (["Nested Loop", "  ->  Seq Scan on a", "  ->  Seq Scan on b"], []),
        (["Custom Scan (X)"], []),
    ],
)
def test_a_node_without_its_inputs_was_cut_off(lines, said):
    text = "\n".join(line if "InitPlan" in line else line + ROW for line in lines)
    found = read_plan(text).lost
    assert [one.partition(":")[0] for one in found] == said


def test_many_such_nodes_are_counted():
    tree = read_plan({"Plan": {"Node Type": "Append", "Plans": [{"Node Type": "Sort"}] * 50}}).tree
    found = lacking(tree)
    assert len(found) == 21
    assert found[-1] == "So do 30 more nodes."
