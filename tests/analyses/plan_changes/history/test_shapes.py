import json

import pytest

from perfkit.analyses.plan_changes.history.shapes import Shapes, readable
from perfkit.plans.read import read_plan

TEXT = """Query Text: select * from t where a = {value}
Limit  (cost=0.00..{cost}.00 rows=1 width=4) (actual time=0.01..0.02 rows={rows} loops=1)
  Buffers: shared hit={rows}
  InitPlan 1 (returns $0)
    ->  Seq Scan on u  (cost=0.00..1.00 rows=1 width=4) (actual time=0.01..0.02 rows=1 loops=1)
  ->  {node} on t  (cost=0.00..{cost}.00 rows=1 width=4) (actual time=0.01..0.02 rows=1 loops=1)
        Filter: (a = '{value}'::text)
"""


def text(value="x", cost=5, rows=3, node="Seq Scan"):
    return TEXT.format(value=value, cost=cost, rows=rows, node=node)


def document(value="x", index=None, **more):
    node = {"Node Type": "Index Scan", "Relation Name": "t", "Filter": f"(a = '{value}')", **more}
    node |= {"Index Name": index} if index else {}
    return json.dumps({"Query Text": f"select '{value}'", "Plan": {"Node Type": "Limit",
                       "Plans": [node]}}, indent=2)  # fmt: skip


@pytest.mark.parametrize("make", [text, document])
def test_plans_that_differ_in_values_are_read_once(make):
    shapes = Shapes()
    found = {shapes.shape(make(value=f"v{n}")) for n in range(50)}
    assert found == {read_plan(make()).shape_id}
    assert len(shapes.known) == 1
    assert shapes.shape(make(value="(cost=1")) in found  # read again, and the same


def test_numbers_make_no_shape_and_nodes_do():
    shapes = Shapes()
    assert shapes.shape(text(cost=5)) == shapes.shape(text(cost=900, rows=70))
    assert shapes.shape(text()) != shapes.shape(text(node="Parallel Seq Scan"))
    assert shapes.shape(document(index="i")) != shapes.shape(document(index="j"))


def test_each_property_of_the_shape_is_looked_at():
    from perfkit.plans import shape

    shapes = Shapes()
    for name in (*shape._PROPERTIES, *shape._READS, "Parent Relationship"):
        if name == "Node Type":
            continue
        other = document(**{name: "SubPlan"})
        assert shapes.shape(other) == read_plan(other).shape_id, name


def test_what_is_cut_off_or_no_plan_is_counted_and_does_not_spoil_the_whole_one():
    shapes = Shapes()
    whole = text()
    assert shapes.shape(whole[: whole.index("->  Seq Scan on t")]) is None or shapes.unread == 0
    for bad in ("", "nothing", "{", document()[:-20], "Plan:\n  Node Type: x"):
        assert shapes.shape(bad) is None
    assert shapes.unread >= 5
    assert shapes.shape(whole) == read_plan(whole).shape_id
    assert readable(None) is None


def test_a_shape_is_described_by_its_scans():
    shapes = Shapes()
    assert shapes.names[shapes.shape(document(index="t_a"))] == "Index Scan using t_a on t"
