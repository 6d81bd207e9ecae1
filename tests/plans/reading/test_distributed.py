"""Citus: shapes of its documentation; TEXT and JSON of one plan are the same nodes."""

from perfkit.plans.read import read_plan
from perfkit.plans.reading.distributed import below

COST = "(cost=0.00..1.00 rows=10 width=8) (actual time=0.1..0.2 rows=4 loops=1)"
TEXT = f"""
Custom Scan (Citus Adaptive)  {COST}
  ->  Distributed Subplan 3_1
        Intermediate Data Size: 18 bytes
        ->  Result  {COST}
            Planning Time: 0.010 ms
  Task Count: 32
  Tasks Shown: One of 32
  ->  Task
        Node: host=localhost port=9701 dbname=postgres
        ->  HashAggregate  {COST}
              Group Key: a
              ->  Seq Scan on t_102008 t  {COST}
            Planning Time: 0.040 ms
            Execution Time: 0.060 ms
Planning Time: 0.500 ms
Execution Time: 3.900 ms
"""
RUN = {
    "Startup Cost": 0.0, "Total Cost": 1.0, "Plan Rows": 10, "Plan Width": 8, "Actual Rows": 4,
    "Actual Startup Time": 0.1, "Actual Total Time": 0.2, "Actual Loops": 1,
}  # fmt: skip
SCAN = {
    "Node Type": "Seq Scan", "Parent Relationship": "Outer", "Relation Name": "t_102008",
    "Alias": "t", **RUN,
}  # fmt: skip
REMOTE = {
    "Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Simple", **RUN,
    "Group Key": ["a"], "Plans": [SCAN],
}  # fmt: skip
TASK = {
    "Node": "host=localhost port=9701 dbname=postgres",
    "Remote Plan": [[{"Plan": REMOTE, "Planning Time": 0.04, "Execution Time": 0.06}]],
}
SUBPLAN = {
    "Intermediate Data Size": "18 bytes",
    "PlannedStmt": [{"Plan": {"Node Type": "Result", **RUN}, "Planning Time": 0.01}],
}
QUERY = {
    "Subplans": [SUBPLAN],
    "Job": {"Task Count": 32, "Tasks Shown": "One of 32", "Tasks": [TASK]},
}
JSON = {
    "Plan": {
        "Node Type": "Custom Scan", "Custom Plan Provider": "Citus Adaptive", **RUN,
        "Distributed Query": QUERY,
    },
    "Planning Time": 0.5,
    "Execution Time": 3.9,
}  # fmt: skip


def described(plan):
    return [(n.parent_id, {k: v for k, v in n.properties.items() if k != "Subplan Name"})
            for n in plan.tree]  # fmt: skip


def test_remote_plans_are_nodes_in_both_formats():
    text, document = read_plan(TEXT), read_plan(JSON)
    assert described(text) == described(document)
    assert [node.kind for node in text.tree] == [
        "Custom Scan", "Distributed Subplan", "Result", "Task", "Aggregate", "Seq Scan",
    ]  # fmt: skip
    assert text.arrow.equals(document.arrow)
    assert text.shape_id == document.shape_id
    assert (text.planning_ms, text.execution_ms) == (0.5, 3.9)


def test_a_job_that_feeds_another_is_a_node_too():
    inner = {"Map Task Count": 4, "Merge Task Count": 8, "Tasks": [TASK]}
    own, plans = below({"Distributed Query": {"Job": {"Dependent Jobs": [inner]}}})
    assert own == {}
    assert plans[0]["Node Type"] == "MapMergeJob"
    assert plans[0]["Map Task Count"] == 4
    assert plans[0]["Plans"][0]["Node Type"] == "Task"


def test_odd_values_are_properties():
    for odd in (3, "x", [1], {"Job": 3, "Subplans": 4}, {"Job": {"Tasks": [3, None]}}):
        plan = read_plan({"Plan": {"Node Type": "Custom Scan", "Distributed Query": odd}})
        assert len(plan.tree) == 1
