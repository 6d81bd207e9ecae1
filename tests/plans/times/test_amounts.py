import pytest

from perfkit.plans.read import read_plan


def node(kind, *below, loops=1, io=0.0, hit=0, **more):
    return {
        "Node Type": kind, "Actual Loops": loops, "Actual Total Time": 100.0,
        "Actual Startup Time": 0.0, "Actual Rows": 1, "Shared Hit Blocks": hit,
        "Shared I/O Read Time": io, "Plans": list(below),
    } | more  # fmt: skip


def times(root):
    return read_plan({"Plan": root}).times


def test_io_is_divided_by_processes_below_a_gather_and_above_it():
    # three processes read for 60 ms in all; the Gather and the Sort above include the sum
    scan = node("Seq Scan", loops=3, io=60.0)
    found = times(node("Sort", node("Gather", scan, io=66.0), io=70.0))
    assert found.self_io_ms == [4.0, 6.0, 20.0]
    assert found.io_ms == [30.0, 26.0, 20.0]


def test_blocks_are_never_divided():
    found = times(node("Gather", node("Seq Scan", loops=3, hit=90), hit=100))
    assert found.self_blocks["hit_blocks"] == [10, 90]


@pytest.mark.parametrize("timed", [True, False])
def test_the_blocks_of_an_init_plan_are_its_own_also_without_times(timed):
    plan = node("Seq Scan", hit=40, io=4.0, **{"Parent Relationship": "InitPlan",
                "Subplan Name": "InitPlan 1 (returns $0)", "Actual Total Time": 30.0})  # fmt: skip
    reader = node("Seq Scan", Filter="(a > $0)", hit=55, io=5.0, **{"Actual Total Time": 50.0})
    root = node("Sort", plan, reader, hit=60, io=5.0)
    if not timed:
        for each in (root, plan, reader):
            del each["Actual Total Time"], each["Actual Startup Time"]
    found = times(root)
    assert found.self_blocks["hit_blocks"] == [5, 40, 15]
    assert found.self_io_ms == [0.0, 4.0, 1.0]
    assert found.io_ms == [5.0, 4.0, 5.0]
    assert (found.self_ms[0] is None) is (not timed)


def test_without_the_fields_nothing_is_known_and_not_zero():
    found = read_plan({"Plan": {"Node Type": "Result", "Actual Loops": 1}}).times
    assert found.self_io_ms == found.io_ms == [None]
    assert set(map(tuple, found.self_blocks.values())) == {(None,)}


def test_text_leaves_out_what_is_zero():
    plan = read_plan(
        "Sort  (cost=1.00..2.00 rows=1 width=4) (actual time=1.000..2.000 rows=1 loops=1)\n"
        "  Sort Key: a\n"
        "  Buffers: shared hit=3\n"
        "  ->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) "
        "(actual time=0.500..1.000 rows=1 loops=1)\n"
    )
    assert plan.nodes["self_hit_blocks"].tolist() == [3, 0]
    assert plan.nodes["self_read_blocks"].tolist() == [0, 0]
    assert plan.nodes["hit_blocks"].tolist() == [3, 0]


def test_the_io_of_a_real_servers_nodes_adds_up_to_that_of_the_whole(plan_of):
    plan = plan_of(
        "select * from orders order by note, id", "track_io_timing = on", "work_mem = '64kB'"
    )
    table = plan.nodes
    assert table["io_ms"][0] > 0
    assert table["self_io_ms"].sum() == pytest.approx(table["io_ms"][0])
    assert (table["self_io_ms"] <= table["self_ms"] + 0.01).all()
