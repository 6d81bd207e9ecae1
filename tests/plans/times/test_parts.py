import pytest

from perfkit.plans.read import read_plan


def node(kind, ms, *below, loops=1, **more):
    return {
        "Node Type": kind, "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": loops, "Actual Rows": 1, "Plans": list(below),
    } | more  # fmt: skip


def plan(root, **document):
    return read_plan({"Plan": root} | {k.replace("_", " "): v for k, v in document.items()})


def test_the_parts_add_up_to_the_execution_time():
    found = plan(node("Sort", 80.0, node("Seq Scan", 50.0)), Execution_Time=81.5)
    assert found.parts == [("nodes", 80.0), ("rest", 1.5)]
    assert found.rest_ms == 1.5


def test_auto_explain_prints_no_execution_time_so_nothing_is_known_of_a_rest():
    found = plan(node("Sort", 80.0))
    assert found.parts == [("nodes", 80.0), ("rest", 0.0)]
    assert found.rest_ms is None


def test_times_that_disagree_show_in_a_negative_rest_and_rounding_does_not():
    assert plan(node("Sort", 80.0), Execution_Time=79.999).rest_ms == 0.0
    assert plan(node("Sort", 80.0), Execution_Time=70.0).rest_ms == -10.0


@pytest.mark.parametrize("root", [{"Node Type": "Result"}, {"Node Type": "R", "Actual Loops": 1}])
def test_without_times_there_are_no_parts(root):
    found = plan(root, Execution_Time=3.0)
    assert found.parts == []
    assert found.rest_ms is None
    assert found.notes == []


def jit(total, **more):
    return {"JIT": {"Functions": 3, "Timing": {"Total": total}} | more}


def test_jit_is_the_wait_and_not_the_sum_over_processes():
    workers = [{"Worker Number": n, **jit(ms)} for n, ms in enumerate((20.0, 30.0))]
    scan = node("Seq Scan", 40.0, loops=3)
    assert plan(node("Gather", 99.0, scan, Workers=workers), **jit(90.0)).jit_ms == 40.0
    assert plan(node("Gather", 99.0, scan), **jit(90.0)).jit_ms == 30.0
    assert plan(node("Seq Scan", 99.0), **jit(90.0)).jit_ms == 90.0
    assert plan(node("Seq Scan", 99.0)).jit_ms is None


def test_what_else_explain_printed_is_at_hand():
    found = plan(
        node("Result", 1.0), Settings={"work_mem": "64kB"}, Planning={"Memory Used": 8},
        Serialization={"Time": 0.5, "Format": "text"},
    )  # fmt: skip
    assert found.settings == {"work_mem": "64kB"}
    assert found.planning == {"Memory Used": 8}
    assert found.serialization["Format"] == "text"
    assert found.serialization_ms == 0.5
    assert plan(node("Result", 1.0)).settings == {}


def test_a_gather_without_times_per_worker_includes_the_wait_for_the_slowest():
    (note,) = plan(node("Gather", 90.0, node("Seq Scan", 40.0, loops=3))).notes
    assert "Node 0 (Gather) includes the wait for the slowest process" in note
    workers = [{"Actual Total Time": 40.0, "Actual Loops": 1}]
    assert not plan(node("Gather", 90.0, node("Seq Scan", 40.0, loops=2, Workers=workers))).notes
    assert not plan(node("Gather", 90.0, node("Seq Scan", 40.0, loops=1))).notes


def test_workers_that_ran_while_the_leader_was_elsewhere_are_told_and_not_inconsistent():
    workers = [{"Actual Total Time": 40.0, "Actual Loops": 1}]
    found = plan(node("Gather", 15.0, node("Seq Scan", 40.0, loops=2, Workers=workers)))
    assert "ran 25.000 ms on average while the leader did other things" in found.notes[0]
    assert found.times.self_ms == [0.0, 15.0]
    assert found.times.consistent


def test_a_member_that_one_process_ran_has_a_share_of_the_wall_time():
    members = [node("Seq Scan", 90.0), node("Seq Scan", 30.0, loops=3)]
    append = node("Append", 60.0, *members, loops=3, **{"Parallel Aware": True})
    (note,) = (note for note in plan(node("Gather", 70.0, append)).notes if "share" in note)
    assert note.startswith("Node 2 (Seq Scan) ran in one process")
    assert "90.000 ms" in note


def test_parts_that_exceed_the_whole_are_told():
    (note,) = plan(node("Result", 10.0, node("Seq Scan", 30.0))).notes
    assert note.startswith("Times disagree at node 0 (Result)")


@pytest.mark.parametrize("sql", ["select * from orders", "select count(*) from users"])
def test_serialization_and_memory_of_a_real_server_are_read(plan_of, sql):
    found = plan_of(sql, options="serialize text, memory, settings, buffers")
    assert found.serialization_ms is not None
    assert found.planning["Memory Used"] > 0
    assert found.settings is not None
    assert sum(ms for _, ms in found.parts) == pytest.approx(found.execution_ms, abs=0.01)
    assert 0 <= found.rest_ms < found.execution_ms
