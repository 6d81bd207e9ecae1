import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.rules.sorts import sort_spill


def sort(ms=80.0, kb=10_240, space="Disk", **more):
    root = {
        "Node Type": "Sort", "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": 1, "Sort Key": ["note", "total DESC"], "Sort Method": "external merge",
        "Sort Space Type": space, "Sort Space Used": kb,
    }  # fmt: skip
    return read_plan({"Plan": root | more})


def test_a_sort_on_disk_says_how_much_memory_to_try():
    (finding,) = sort_spill(sort())
    assert finding.fix.snippet == "SET LOCAL work_mem = '26MB';"  # 10 MB on disk, 2.5 times
    assert finding.evidence[0]["disk_bytes"] == 10 * 1024**2
    assert finding.evidence[0]["sort_key"] == "note, total DESC"
    assert finding.evidence[0]["method"] == "external merge"
    assert finding.title.startswith("The sort by note, total DESC takes")


@pytest.mark.parametrize("kb", [1, 409, 410, 1_000_000])
def test_the_memory_to_try_is_always_more_than_what_was_written(kb):
    (finding,) = sort_spill(sort(kb=kb))
    megabytes = int(finding.fix.snippet.split("'")[1].removesuffix("MB"))
    assert megabytes * 1024 > kb * 2.5
    assert (megabytes - 1) * 1024 <= kb * 2.5


@pytest.mark.parametrize(
    "plan",
    [
        sort(space="Memory"),
        sort(ms=4.0),
        sort(kb=0),
        sort(**{"Node Type": "Incremental Sort"}),
        read_plan({"Plan": {"Node Type": "Sort", "Sort Key": ["a"]}}),
    ],
)
def test_sorts_in_memory_short_ones_and_planned_ones_are_left_alone(plan):
    assert sort_spill(plan) == []


def test_a_sort_key_that_is_missing_costs_the_finding_nothing():
    (finding,) = sort_spill(sort(**{"Sort Key": None}))
    assert finding.evidence[0]["sort_key"] == ""
