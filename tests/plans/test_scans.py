import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.read import read_plan
from perfkit.plans.scans import executions, matters, wasteful_groups, wasteful_scans


def scan(ms=80.0, *, kept=10, removed=99_990, loops=1, **more):
    return {
        "Node Type": "Seq Scan", "Relation Name": "orders", "Filter": "(user_id = 5)",
        "Actual Total Time": ms, "Actual Startup Time": 0.0, "Actual Loops": loops,
        "Actual Rows": kept, "Plan Rows": kept, "Rows Removed by Filter": removed,
    } | more  # fmt: skip


def plan(root, **document):
    return read_plan({"Plan": root} | document)


def wasteful(root, **document):
    return wasteful_scans(plan(root, **document))


@pytest.mark.parametrize(
    ("ms", "whole", "expected"),
    [
        (5.0, 100.0, True),  # exactly both thresholds
        (4.999, 10.0, False),  # nobody waits
        (5.0, 100.1, False),  # less than 5 % of the whole
        (5.0, 0.0, False),  # a whole that took no time
    ],
)
def test_a_node_matters_from_five_ms_and_five_per_cent_on(ms, whole, expected):
    found = plan(scan(ms), **{"Execution Time": whole})
    assert matters(found, found.root) is expected


def test_a_node_without_times_does_not_matter():
    found = plan({"Node Type": "Seq Scan"})
    assert not matters(found, found.root)


def test_a_scan_tells_what_it_read_kept_and_what_would_spare_it():
    (found,) = wasteful(scan(kept=10, removed=99_990))
    assert (found.rows_read, found.rows_kept, found.self_ms) == (100_000, 10, 80.0)
    assert found.read_per_kept == 10_000
    assert found.candidate.columns == ("user_id",)


def test_loops_multiply_rows_and_a_scan_that_keeps_nothing_is_no_division_by_zero():
    (found,) = wasteful(scan(2.0, kept=0, removed=20_000, loops=50))
    assert (found.rows_read, found.rows_kept) == (1_000_000, 0)
    assert found.read_per_kept == 1_000_000


@pytest.mark.parametrize(
    ("kept", "removed", "found"),
    [(1000, 9000, True), (1001, 8999, False), (0, 10_000, True), (0, 9999, False)],
)
def test_ninety_per_cent_of_ten_thousand_rows_must_be_thrown_away(kept, removed, found):
    assert bool(wasteful(scan(kept=kept, removed=removed))) is found


@pytest.mark.parametrize(
    ("hit", "read", "loops", "found"),
    [(600, 400, 1, True), (600, 399, 1, False), (1000, 0, 2, False), (2000, 0, 2, True)],
)
def test_few_but_wide_rows_count_by_the_blocks_of_one_execution(hit, read, loops, found):
    wide = scan(kept=1, removed=99, loops=loops)
    wide |= {"Shared Hit Blocks": hit, "Shared Read Blocks": read}
    assert bool(wasteful(wide)) is found


@pytest.mark.parametrize(
    "root",
    [
        scan(loops=0),
        scan(removed=0),
        scan() | {"Node Type": "Index Scan"},
        {"Node Type": "Seq Scan", "Relation Name": "orders", "Filter": "(user_id = 5)"},
    ],
)
def test_scans_that_did_not_run_or_used_an_index_are_left_alone(root):
    assert wasteful(root) == []


def test_a_condition_no_index_serves_is_still_a_wasteful_scan():
    (found,) = wasteful(scan(Filter="(note ~~ '%x%'::text)"))
    assert found.candidate is None


def test_the_rows_of_a_parallel_scan_are_those_of_all_processes():
    below = scan(40.0, kept=0, removed=4000, loops=3) | {"Parallel Aware": True}
    gather = {
        "Node Type": "Gather", "Actual Total Time": 41.0, "Actual Startup Time": 0.0,
        "Actual Loops": 1, "Actual Rows": 0, "Plan Rows": 1, "Plans": [below],
    }  # fmt: skip
    (found,) = wasteful(gather)
    assert found.rows_read == 12_000
    assert found.self_ms == 40.0


@pytest.mark.parametrize(
    ("kept", "removed", "loops", "found"),
    [
        (0, 500, 200, True),
        (0, 500, 199, False),  # fewer than 100,000 rows in all
        (0, 499, 1000, False),  # a few pages, which an index does not beat
        (60, 440, 1000, False),  # keeps too much
    ],
)
def test_a_small_table_that_is_read_again_and_again_counts(kept, removed, loops, found):
    assert bool(wasteful(scan(1.0, kept=kept, removed=removed, loops=loops))) is found


def members(*scans, kind="Append"):
    whole = sum(one["Actual Total Time"] for one in scans)
    return plan(scan(whole) | {"Node Type": kind, "Filter": None, "Plans": list(scans)})


@pytest.mark.parametrize("kind", ["Append", "Merge Append"])
def test_scans_of_partitions_matter_together(kind):
    together = members(*[scan(1.0, removed=1000, kept=1)] * 10, kind=kind)
    assert wasteful_scans(together) == []
    assert [len(group) for group in wasteful_groups(together)] == [10]


def test_partitions_that_keep_their_rows_or_are_small_together_are_left_alone():
    assert wasteful_groups(members(*[scan(1.0, removed=1000, kept=900)] * 10)) == []
    assert wasteful_groups(members(*[scan(1.0, removed=999, kept=0)] * 10)) == []
    assert wasteful_groups(members(*[scan(0.4, removed=9000, kept=0)] * 10)) == []
    assert wasteful_groups(members(*[scan(1.0, removed=5000, kept=0)] * 10, kind="Result")) == []


def test_no_scan_is_in_two_groups():
    groups = wasteful_groups(members(scan(50.0), scan(2.0), scan(2.0, kept=99_990)))
    assert sorted(one.node.node_id for group in groups for one in group) == [1, 2]


def test_one_execution_is_shared_by_its_processes():
    below = scan(40.0, kept=0, removed=4000, loops=6) | {"Parallel Aware": True}
    whole = plan(scan(41.0, loops=2) | {"Node Type": "Gather", "Filter": None, "Plans": [below]})
    assert executions(whole, whole.tree[1]) == 2


@given(kept=st.integers(0, 10**6), removed=st.integers(0, 10**6), ms=st.floats(0, 1e5))
def test_whatever_is_found_keeps_at_most_a_tenth_of_a_large_table(kept, removed, ms):
    for found in wasteful(scan(ms, kept=kept, removed=removed)):
        assert found.rows_kept <= 0.1 * found.rows_read + 1e-6
        assert found.rows_read >= 10_000
        assert found.self_ms >= 5.0
