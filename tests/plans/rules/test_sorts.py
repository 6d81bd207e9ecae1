import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.sorts import sort_spill


@pytest.fixture
def sort(joins_node, joins_tree):
    def plan(ms=80.0, kb=10_240, space="Disk", kind="Sort", **more):
        root = joins_node(
            kind, ms,
            **{"Sort Key": ["note", "total DESC"], "Sort Method": "external merge",
               "Sort Space Type": space, "Sort Space Used": kb} | more,
        )  # fmt: skip
        return sort_spill(joins_tree(root), Facts())

    return plan


def megabytes(finding):
    return int(finding.fix.snippet.split("'")[1].removesuffix("MB"))


def test_a_sort_on_disk_says_how_much_memory_to_try(sort):
    (finding,) = sort()
    assert megabytes(finding) == 31  # 10 MB on disk, 3 times
    assert finding.evidence[0]["disk_bytes"] == 10 * 1024**2
    assert finding.evidence[0]["sort_key"] == "note, total DESC"
    assert finding.evidence[0]["method"] == "external merge"
    assert finding.title == (
        "The sort by note, total DESC takes 80 ms (100.0 % of the time) and writes 10 MB to disk"
    )
    assert finding.saves_ms is None  # no BUFFERS


@pytest.mark.parametrize("kb", [1, 341, 342, 300_000])
def test_the_memory_to_try_is_always_more_than_what_was_written(sort, kb):
    found = megabytes(sort(kb=kb)[0])
    assert found * 1024 > kb * 3
    assert (found - 1) * 1024 <= kb * 3


def test_sorts_in_memory_and_short_ones_are_left_alone(sort):
    assert sort(space="Memory") == []
    assert sort(ms=4.9) == []
    assert sort(kb=0) == []
    assert sort(kind="Materialize") == []


def test_many_or_missing_sort_keys_cost_the_finding_nothing(sort):
    assert sort(**{"Sort Key": None})[0].evidence[0]["sort_key"] == ""
    assert "by 40 keys takes" in sort(**{"Sort Key": [f"column_{i}" for i in range(40)]})[0].title


def test_one_process_may_sort_alone_what_several_wrote(sort):
    worker = {"Worker Number": 0, "Sort Space Type": "Disk", "Sort Space Used": 20_480}
    (finding,) = sort(Workers=[worker])
    assert megabytes(finding) == 91
    assert finding.evidence[0]["disk_bytes"] == 30 * 1024**2
    (finding,) = sort(space=None, Workers=[worker])  # the leader took no part
    assert finding.evidence[0]["processes_on_disk"] == 1


def test_an_incremental_sort_prints_its_groups(sort):
    groups = {"Sort Space Disk": {"Peak Sort Space Used": 2048}}
    (finding,) = sort(kind="Incremental Sort", space=None, **{"Pre-sorted Groups": groups})
    assert finding.evidence[0]["disk_bytes"] == 2 * 1024**2


@pytest.mark.parametrize(
    ("columns", "workers"),
    [("id", 0), ("total, id", 0), ("status, total", 0), ("note, id", 0), ("*", 2)],
)
def test_the_memory_proposed_is_enough_on_a_real_server(joins_plan, columns, workers):
    by = "note, total, id" if columns == "*" else columns
    sql = f"select {columns} from orders order by {by}"
    parallel = (f"max_parallel_workers_per_gather = {workers}", "min_parallel_table_scan_size = 0",
                "enable_indexscan = off", "enable_indexonlyscan = off")  # fmt: skip
    plan = joins_plan(sql, "work_mem = '128kB'", *parallel)
    (finding,) = sort_spill(plan, Facts())
    assert 0 < finding.saves_ms <= plan.execution_ms
    again = joins_plan(sql, finding.fix.snippet.removeprefix("SET LOCAL ").strip(";"), *parallel)
    assert sort_spill(again, Facts()) == []
