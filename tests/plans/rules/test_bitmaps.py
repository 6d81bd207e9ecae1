import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.bitmaps import lossy_bitmap, needed_mb

SQL = "select count(note) from events where owner in (1, 2)"
BY_BITMAP = ("enable_seqscan = off", "enable_indexscan = off")


def scan(made, lossy, exact=900, rechecked=5000, **more):
    return made(
        "Bitmap Heap Scan", Relation_Name="events", Lossy_Heap_Blocks=lossy,
        Exact_Heap_Blocks=exact, Rows_Removed_by_Index_Recheck=rechecked, **more,
    )  # fmt: skip


def found(plan):
    return lossy_bitmap(plan, Facts())


def test_a_bitmap_without_memory_is_found_and_the_memory_proposed_is_enough(scans_told, scans_plan):
    plan = scans_plan(SQL, "work_mem = '64kB'", *BY_BITMAP)
    (finding,) = scans_told(plan)
    assert finding.rule == "lossy-bitmap"
    assert finding.evidence[0]["lossy_blocks"] > 1000
    assert 0 < finding.saves_ms <= finding.evidence[0]["self_ms"]
    setting = finding.fix.snippet.removeprefix("SET LOCAL ").removesuffix(";")
    assert f"SET LOCAL {setting};" in finding.fix.test
    after = scans_plan(SQL, setting, *BY_BITMAP)
    assert not after.tree[1].number("Lossy Heap Blocks")
    assert scans_told(after) == []


@pytest.mark.parametrize(("lossy", "expected"), [(100, True), (99, False), (0, False)])
def test_a_tenth_of_the_pages_must_be_lossy(scans_made, lossy, expected):
    assert bool(found(scan(scans_made, lossy))) is expected


def test_lossy_pages_without_a_row_too_many_and_quick_scans_are_left_alone(scans_made):
    assert found(scan(scans_made, 500, rechecked=0)) == []
    assert found(scan(scans_made, 500, whole=2000.0)) == []


def test_pages_of_workers_count(scans_made):
    workers = [{"Worker Number": 0, "Lossy Heap Blocks": 300, "Exact Heap Blocks": 100}]
    (finding,) = found(scan(scans_made, 0, exact=100, Workers=workers))
    assert finding.evidence[0]["lossy_blocks"] == 300
    assert finding.evidence[0]["exact_blocks"] == 200


def test_more_pages_need_more_memory():
    assert needed_mb(1) == 1
    assert needed_mb(1_000_000) == 123
