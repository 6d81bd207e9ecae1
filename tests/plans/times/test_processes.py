import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.times.processes import outer_child, process_counts, skews, slowest_ms


def node(kind, *below, loops=1, ms=10.0, **more):
    return {
        "Node Type": kind, "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": loops, "Plans": list(below),
    } | more  # fmt: skip


AWARE = {"Parallel Aware": True}


def counts(root):
    return process_counts(read_plan({"Plan": root}).tree)


@pytest.mark.parametrize(
    ("gather_loops", "child_loops", "processes"),
    [(1, 3, 3), (1, 2, 2), (1, 1, 1), (2, 6, 3), (4, 10, 2.5)],
)
def test_processes_are_the_childs_loops_for_each_of_the_gathers(
    gather_loops, child_loops, processes
):
    # leader off, no workers, a Gather in a loop, workers that did not always start
    root = node("Gather", node("Seq Scan", loops=child_loops), loops=gather_loops)
    assert counts(root) == [1, processes]


def test_launched_workers_are_not_asked():
    root = node("Gather", node("Seq Scan", loops=2), **{"Workers Launched": 2})
    assert counts(root) == [1, 2]


def test_everything_below_a_gather_is_shared_and_nothing_beside_it():
    inner = node("Nested Loop", node("Seq Scan", loops=3), node("Index Scan", loops=900), loops=3)
    assert counts(node("Hash Join", node("Gather", inner), node("Seq Scan"))) == [1, 1, 3, 3, 3, 1]


@pytest.mark.parametrize("relationship", ["InitPlan", "SubPlan"])
def test_what_hangs_on_the_gather_beside_its_outer_child_runs_in_the_leader(relationship):
    beside = node("Index Scan", loops=1000, **{"Parent Relationship": relationship})
    for children in ([beside, node("Seq Scan", loops=3)], [node("Seq Scan", loops=3), beside]):
        plan = read_plan({"Plan": node("Gather", *children)})
        found = process_counts(plan.tree)
        assert {plan.tree[n].kind: found[n] for n in (1, 2)} == {"Seq Scan": 3, "Index Scan": 1}
        assert outer_child(plan.tree, plan.root).kind == "Seq Scan"


def test_a_bitmap_of_several_indexes_is_built_by_one_process():
    bitmaps = node("BitmapAnd", node("Bitmap Index Scan"), node("Bitmap Index Scan"))
    assert counts(node("Gather", node("Bitmap Heap Scan", bitmaps, loops=3, **AWARE))) == [
        1, 3, 1, 1, 1,
    ]  # fmt: skip


def test_bitmaps_of_a_heap_scan_that_each_process_does_alone_are_shared():
    heap = node("Bitmap Heap Scan", node("Bitmap Index Scan", loops=30), loops=30)
    join = node("Nested Loop", node("Seq Scan", loops=3), heap, loops=3)
    assert counts(node("Gather", join)) == [1, 3, 3, 3, 3]


def test_a_parallel_hash_that_one_process_filled_took_its_time():
    once = node("Hash", node("Seq Scan", loops=1), loops=3, **AWARE)
    join = node("Hash Join", node("Seq Scan", loops=3), once, loops=3, **AWARE)
    assert counts(node("Gather", join)) == [1, 3, 3, 3, 1]
    together = node("Hash", node("Seq Scan", loops=3), loops=3, **AWARE)
    join = node("Hash Join", node("Seq Scan", loops=3), together, loops=3, **AWARE)
    assert counts(node("Gather", join)) == [1, 3, 3, 3, 3]


def test_a_member_of_a_parallel_append_that_one_process_ran_has_a_share():
    append = node("Append", node("Seq Scan", loops=1), node("Seq Scan", loops=2), loops=3, **AWARE)
    assert counts(node("Gather", append)) == [1, 3, 3, 3]


def test_a_gather_that_never_ran_divides_nothing():
    assert counts(node("Limit", node("Gather", node("Seq Scan", loops=0), loops=0))) == [1, 1, 1]


def workers(*times):
    return [{"Actual Total Time": ms, "Actual Loops": 1} for ms in times]


def test_the_leader_has_what_the_workers_have_not():
    scan = node("Seq Scan", loops=3, ms=40.0, Workers=workers(90.0, 10.0))  # leader: 20
    plan = read_plan({"Plan": node("Gather", scan)})
    assert slowest_ms(plan.tree[1]) == 90.0
    assert skews(plan.tree, [1.0, 3.0]) == pytest.approx([2.25, 2.25])
    scan = node("Seq Scan", loops=3, ms=40.0, Workers=workers(10.0, 10.0))
    assert slowest_ms(read_plan({"Plan": scan}).root) == 100.0


@pytest.mark.parametrize("told", [None, "two", [], [1], [{}], [{"Actual Total Time": "x"}]])
def test_without_times_of_each_worker_there_is_no_skew(told):
    plan = read_plan({"Plan": node("Gather", node("Seq Scan", loops=3) | {"Workers": told})})
    assert skews(plan.tree, [1.0, 3.0]) == [None, None]
