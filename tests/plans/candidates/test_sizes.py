from perfkit.plans.candidates.sizes import executions, limit_of, processes, removed, rows
from perfkit.plans.read import read_plan


def ran(kind, rows_, loops, *plans, **more):
    return {
        "Node Type": kind, "Actual Rows": rows_, "Actual Loops": loops, "Plan Rows": 7,
        "Actual Total Time": 1.0, "Actual Startup Time": 0.0, "Plans": list(plans),
    } | more  # fmt: skip


def planned(kind, rows_, *plans, **more):
    return {"Node Type": kind, "Plan Rows": rows_, "Plans": list(plans)} | more


def read(root):
    return read_plan({"Plan": root})


def test_rows_are_those_of_one_execution():
    plan = read(ran("Seq Scan", 4, 10, **{"Rows Removed by Filter": 6}))
    assert (rows(plan, plan.root), removed(plan, plan.root)) == (4, 6)
    assert executions(plan, plan.root) == 10


def test_parallel_workers_share_one_execution():
    scan = ran("Seq Scan", 5, 3, **{"Parallel Aware": True, "Rows Removed by Filter": 2})
    plan = read(ran("Gather", 15, 1, scan))
    assert (rows(plan, plan.tree[1]), removed(plan, plan.tree[1])) == (15, 6)
    assert executions(plan, plan.tree[1]) == 1


def test_what_every_worker_reads_alone_is_executed_by_each():
    inner = ran("Seq Scan", 5, 3)
    outer = ran("Seq Scan", 5, 3, **{"Parallel Aware": True})
    plan = read(ran("Gather", 15, 1, ran("Nested Loop", 5, 3, outer, inner)))
    assert executions(plan, plan.tree[3]) == 3


def test_planned_rows_of_a_process_are_multiplied():
    plan = read(
        planned("Gather", 100, planned("Seq Scan", 40, **{"Parallel Aware": True}),
                **{"Workers Planned": 2})
    )  # fmt: skip
    assert processes(plan, plan.tree[1]) == 2.4
    assert rows(plan, plan.tree[1]) == 96


def test_the_inner_side_is_planned_once_per_outer_row():
    loop = planned("Nested Loop", 9, planned("Seq Scan", 30), planned("Seq Scan", 4))
    plan = read(loop)
    assert executions(plan, plan.tree[2]) == 30
    assert executions(plan, plan.tree[1]) == 1
    kept = planned("Nested Loop", 9, planned("Seq Scan", 30),
                   planned("Materialize", 4, planned("Seq Scan", 4)))  # fmt: skip
    plan = read(kept)
    assert executions(plan, plan.tree[3]) == 1


def test_a_limit_reads_what_its_offset_skips():
    plan = read(ran("Limit", 5, 1, ran("Sort", 25, 1)))
    assert limit_of(plan, plan.root) == 25
    plan = read(planned("Limit", 5, planned("Sort", 1000)))
    assert limit_of(plan, plan.root) == 5


def test_what_never_ran_has_no_rows():
    plan = read(ran("Seq Scan", 0, 0))
    assert rows(plan, plan.root) == 0
    assert removed(plan, plan.root) is None


def test_a_limit_that_found_nothing_would_have_read_on():
    plan = read(ran("Limit", 0, 1, ran("Sort", 0, 1)))
    assert limit_of(plan, plan.root) == 7
