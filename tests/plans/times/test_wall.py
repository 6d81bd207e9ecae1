import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.times.wall import exclusive, own, parts, scaled, wall_ms


def tree_of(root):
    return read_plan({"Plan": root}).tree


def node(kind, ms, *below, loops=1, **more):
    return {
        "Node Type": kind, "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": loops, "Plans": list(below),
    } | more  # fmt: skip


def test_wall_time_is_time_times_loops_over_processes():
    tree = tree_of(node("Gather", 30.0, node("Seq Scan", 20.0, loops=3)))
    assert wall_ms(tree, [1.0, 3.0]) == [30.0, 20.0]


def test_the_parallel_part_is_as_long_as_its_slowest_process_but_not_longer_than_its_gather():
    workers = [{"Actual Total Time": 50.0, "Actual Loops": 1}]
    below = node("Sort", 30.0, node("Seq Scan", 20.0, loops=2), loops=2, Workers=workers)
    assert wall_ms(tree_of(node("Gather", 60.0, below)), [1.0, 2.0, 2.0]) == pytest.approx(
        [60.0, 50.0, 100 / 3]
    )
    assert wall_ms(tree_of(node("Gather", 45.0, below)), [1.0, 2.0, 2.0]) == pytest.approx(
        [45.0, 45.0, 30.0]
    )


def test_what_one_process_did_alone_is_not_stretched():
    workers = [{"Actual Total Time": 60.0, "Actual Loops": 1}]
    bitmap = node("Bitmap Index Scan", 10.0)
    tree = tree_of(node("Gather", 90.0, node("Heap", 40.0, bitmap, loops=2, Workers=workers)))
    assert wall_ms(tree, [1.0, 2.0, 1.0]) == [90.0, 60.0, 10.0]


def test_children_are_scaled_to_fit_with_all_below_them():
    tree = tree_of(node("A", 10.0, node("B", 15.0, node("C", 6.0)), node("D", 5.0)))
    assert scaled(tree, [10.0, 15.0, 6.0, 5.0], ()) == [10.0, 7.5, 3.0, 2.5]
    assert scaled(tree, [10.0, 15.0, 6.0, 5.0], {1}) == [10.0, 15.0, 6.0, 5.0]


def test_a_nodes_own_is_what_its_children_have_not():
    tree = tree_of(node("A", 0, node("B", 0, node("C", 0)), node("D", 0)))
    values = [10.0, 6.0, 7.0, 2.0]
    assert own(tree, values, ()) == [2.0, -1.0, 7.0, 2.0]
    assert exclusive(tree, values, {2}) == [2.0, 6.0, 7.0, 2.0]
    assert parts(tree[0], values, {3}) == 6.0
