"""What holds for every analysed plan, whatever it did and however its times were rounded."""

import json
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from simulated_plans import executions

from perfkit.plans.read import read_plan


def slack(plan):
    """Half a microsecond for each loop printed."""
    return 0.001 + 0.001 * sum(node.loops for node in plan.tree)


@settings(max_examples=300, deadline=None)
@given(ran=executions())
def test_consistent_times_are_attributed_to_who_spent_them(ran):
    plan = read_plan({"Plan": ran.printed()})
    assume(not any(node.loops and plan.tree[node.parent_id or 0].loops == 0 for node in plan.tree))
    allowed = slack(plan)
    assert plan.times.self_ms == pytest.approx(ran.truth(), abs=allowed)
    assert sum(plan.times.self_ms) == pytest.approx(plan.root.total_ms, rel=0.03, abs=allowed)
    assert plan.times.consistent


@settings(max_examples=100, deadline=None)
@given(ran=executions())
def test_every_block_is_counted_once(ran):
    plan = read_plan({"Plan": ran.printed()})
    own = plan.times.self_blocks["hit_blocks"]
    whole = plan.root.number("Shared Hit Blocks")
    if whole:
        assert sum(own) == whole


def scrambled(node, times):
    """The same tree with times that never were."""
    node["Actual Total Time"] = times.pop() if times else 0.0
    for below in node["Plans"]:
        scrambled(below, times)


@settings(max_examples=200, deadline=None)
@given(ran=executions(), times=st.lists(st.floats(0, 1e6), max_size=40))
def test_inconsistent_times_are_marked_and_still_add_up(ran, times):
    document = ran.printed()
    scrambled(document, times)
    plan = read_plan({"Plan": document})
    own = plan.times.self_ms
    assert all(ms >= 0 for ms in own)
    assert sum(own) == pytest.approx(plan.root.total_ms, rel=0.03, abs=slack(plan))
    for node, fine in zip(plan.tree, plan.times.timing_ok, strict=True):
        parts = [plan.tree[child] for child in node.children]
        excess = sum(one.total_ms for one in parts if one.relationship != "InitPlan")
        alone = node.kind != "Gather" and len(set(plan.times.processes)) == 1
        if alone and excess > node.total_ms + 0.04 * plan.root.total_ms + slack(plan):
            assert fine is False


def wide(count):
    """Nodes of all kinds that could cost more than their number: InitPlans, CTEs, Gathers."""

    def leaf(kind, ms, **more):
        return {"Node Type": kind, "Actual Loops": 1, "Actual Total Time": ms,
                "Actual Startup Time": 0.0, "Actual Rows": 1, "Plans": []} | more  # fmt: skip

    below = []
    for n in range(count // 6):
        name = {"Parent Relationship": "InitPlan"}
        below += [
            leaf("Result", 1.0, **name, **{"Subplan Name": f"InitPlan {n} (returns ${n})"}),
            leaf("Result", 1.0, **name, **{"Subplan Name": "CTE x"}),
            leaf("Seq Scan", 2.0, Filter=f"(a > ${n})"),
            leaf("CTE Scan", 2.0, **{"CTE Name": "x"}),
            leaf("Gather", 4.0, Plans=[leaf("Seq Scan", 3.0, **{"Actual Loops": 3})]),
        ]
    return {"Plan": leaf("Append", 1e6, Plans=below)}


def fastest(count, ways=3):
    document = wide(count)
    took = []
    for _ in range(ways):
        plan = read_plan(document)
        started = time.process_time()
        assert plan.arrow.num_rows == len(plan.tree)
        took.append(time.process_time() - started)
    return min(took)


def test_the_work_grows_with_the_plan_and_no_faster():
    small, large = fastest(4_800), fastest(19_200)
    assert large < 10 * small  # four times the nodes; quadratic work would be sixteen
    assert large < 10.0


def test_a_median_plan_takes_less_than_a_millisecond(plan_of):
    plan = plan_of(
        "select status, count(*) from orders o join users u on u.id = o.user_id group by 1"
    )
    document = json.loads(json.dumps({"Plan": _document(plan)}))
    took = []
    for _ in range(20):
        again = read_plan(document)
        started = time.process_time()
        assert again.times.consistent
        took.append(time.process_time() - started)
    assert sorted(took)[10] < 0.001


def _document(plan):
    nodes = [dict(node.properties) | {"Plans": []} for node in plan.tree]
    for node in plan.tree[1:]:
        nodes[node.parent_id]["Plans"].append(nodes[node.node_id])
    return nodes[0]
