import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.times.counters import counts_blocks, io_total_ms, spilled_bytes, touched_blocks


def node(kind="Sort", **properties):
    names = {key.replace("_", " "): value for key, value in properties.items()}
    return read_plan({"Plan": {"Node Type": kind, "Actual Loops": 1} | names}).root


@pytest.mark.parametrize(
    ("times", "total"),
    [
        ({"I/O Read Time": 1.5, "I/O Write Time": 0.5}, 2.0),  # 9.2 to 14
        ({"I/O Read Time": 1.5, "Temp I/O Read Time": 1.0, "Temp I/O Write Time": 0.25}, 2.75),
        ({"Shared I/O Read Time": 1.0, "Local I/O Read Time": 2.0, "Temp I/O Write Time": 4.0}, 7),
        ({"Shared I/O Read Time": 0.0}, 0.0),
        ({}, None),
    ],
)
def test_io_is_the_sum_of_the_fields_of_each_version(times, total):
    plan = read_plan({"Plan": {"Node Type": "Seq Scan", **times}})
    assert io_total_ms(plan.root) == total


def test_a_sort_says_what_it_wrote_and_each_worker_its_own():
    disk = {"Sort Space Used": 100, "Sort Space Type": "Disk"}
    memory = {"Sort Space Used": 25, "Sort Space Type": "Memory"}
    assert spilled_bytes(node(**disk), 7) == 102_400
    assert spilled_bytes(node(**memory), 7) == 0
    assert spilled_bytes(node(**disk, Workers=[disk, memory]), None) == 204_800


def test_an_incremental_sort_wrote_once_for_each_group():
    groups = {
        "Group Count": 4,
        "Sort Space Disk": {"Average Sort Space Used": 10, "Peak Sort Space Used": 40},
    }
    assert spilled_bytes(node("Incremental Sort", **{"Full-sort Groups": groups}), None) == 40_960


def test_hashed_aggregates_and_stored_rows_say_it_too():
    assert spilled_bytes(node("Aggregate", Disk_Usage=8), None) == 8192
    assert spilled_bytes(node("Aggregate", Disk_Usage=0), None) == 0
    stored = {"Storage": "Disk", "Maximum Storage": 16}
    assert spilled_bytes(node("Materialize", **stored), None) == 16_384
    assert spilled_bytes(node("WindowAgg", **stored | {"Storage": "Memory"}), 3) == 0


def test_of_others_the_temporary_blocks_count_and_a_hash_is_estimated_without():
    batches = {"Hash Batches": 4, "Peak Memory Usage": 100}
    assert spilled_bytes(node("Hash", **batches), 5) == 40_960
    assert spilled_bytes(node("Hash", **batches), None) == 307_200
    assert spilled_bytes(node("Hash", **batches | {"Hash Batches": 1}), None) == 0
    assert spilled_bytes(node("CTE Scan"), 2) == 16_384
    assert spilled_bytes(node("Seq Scan"), None) is None


def test_a_real_spill_is_as_large_as_the_server_says(plan_of):
    plan = plan_of("select * from orders order by note, id", "work_mem = '64kB'")
    (row,) = plan.nodes[plan.nodes["node_type"] == "Sort"].to_dict("records")
    # 60,000 rows of more than 100 bytes; several merges write each of them several times
    assert 6_000_000 < row["spilled_bytes"] < row["self_temp_written_blocks"] * 8192
    plan = plan_of("select * from orders order by note, id", "work_mem = '100MB'")
    assert plan.nodes["spilled_bytes"].fillna(0).eq(0).all()


def test_a_hash_that_spills_writes_its_batches(plan_of):
    sql = "select count(*) from orders a join orders b using (id)"
    plan = plan_of(sql, "work_mem = '64kB'", "enable_mergejoin = off", "enable_nestloop = off",
                   "max_parallel_workers_per_gather = 0", "hash_mem_multiplier = 1")  # fmt: skip
    spilled = plan.nodes.set_index("node_type")["spilled_bytes"]
    if "Hash" in spilled.index:  # a server may see that the join with itself is none
        assert spilled["Hash"] > 0
        assert spilled["Hash Join"] > 0


def test_blocks_are_known_where_any_node_has_some():
    with_blocks = node("Seq Scan", **{"Local Hit Blocks": 3, "Shared Read Blocks": 4})
    assert counts_blocks([node("Result"), with_blocks])
    assert not counts_blocks([node("Result")])
    assert touched_blocks(with_blocks) == 7
