import pytest

from perfkit.errors import BadRecord
from perfkit.plans.read import read_plan
from perfkit.plans.reading.tree import nodes

SCAN = {"Node Type": "Seq Scan", "Relation Name": "orders"}


def relationships(kind, *given, text=False):
    below = [{**SCAN, "Parent Relationship": one} for one in given]
    tree = nodes({"Node Type": kind, "Plans": below}, {}, None, text=text)
    return [node.relationship for node in tree[1:]]


def test_nodes_are_depth_first_and_know_each_other():
    inner = {"Node Type": "Hash", "Plans": [SCAN]}
    tree = nodes({"Node Type": "Hash Join", "Plans": [SCAN, inner]}, {}, None)
    assert [(node.node_id, node.parent_id, node.depth) for node in tree] == [
        (0, None, 0), (1, 0, 1), (2, 0, 1), (3, 2, 2),
    ]  # fmt: skip
    assert [node.children for node in tree] == [[1, 2], [], [3], []]
    assert all("Plans" not in node.properties for node in tree)


def test_the_given_document_stays_as_it_was():
    plan = {"Node Type": "Append", "Plans": [dict(SCAN)]}
    nodes(plan, {}, "select from s.orders")
    assert plan == {"Node Type": "Append", "Plans": [SCAN]}


def test_inputs_have_one_name_in_all_versions():
    assert relationships("ModifyTable", "Member") == ["Outer"]  # up to 13
    assert relationships("ModifyTable", "Outer") == ["Outer"]
    assert relationships("ModifyTable", "Member", "Member") == ["Member", "Member"]
    assert relationships("ModifyTable", "InitPlan", "Member") == ["InitPlan", "Outer"]
    assert relationships("Custom Scan", "child") == ["child"]
    assert relationships("Custom Scan", "child", "child") == ["children", "children"]
    assert relationships("Append", "Member") == ["Member"]


def test_a_schema_that_only_the_statement_names_is_known():
    text = (
        "Query Text: SELECT * FROM crm.notes n\nSeq Scan on notes n  (cost=0.00..1 rows=1 width=4)"
    )
    assert read_plan(text).root.qualified == "crm.notes"
    assert read_plan(text.replace("crm.notes", "notes")).root.qualified == "notes"
    assert read_plan(text.replace("crm.notes n", "a.notes JOIN b.notes")).root.qualified == "notes"


@pytest.mark.parametrize(
    ("key", "value"),
    [("Plan Rows", 1e100), ("Total Cost", 1e120), ("Actual Rows", 1e17), ("Plan Rows", None)],
)
def test_the_planners_largest_estimates_are_numbers(key, value):
    assert nodes({**SCAN, key: value}, {}, None)[0].properties[key] == value


@pytest.mark.parametrize(
    ("key", "value"),
    [("Plan Rows", 1e201), ("Actual Rows", 1e19), ("Actual Loops", True), ("Temp Read Blocks", "3"),
     ("Total Cost", -0.5), ("Actual Total Time", float("nan"))],
)  # fmt: skip
def test_what_cannot_have_been_measured_is_refused(key, value):
    with pytest.raises(BadRecord, match=f"'{key}' of node 0"):
        nodes({**SCAN, key: value}, {}, None)
