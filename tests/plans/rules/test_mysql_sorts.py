import pytest

from perfkit.plans.mysql.reading import document, read
from perfkit.plans.read import read_plan
from perfkit.plans.rules.mysql_sorts import sort_for_limit, sort_spill, temporary_on_disk


def maria(ms=40.0, **sort):
    table = {
        "table_name": "o", "access_type": "ALL", "r_loops": 1, "rows": 60_000, "r_rows": 60_000,
        "r_filtered": 100, "r_table_time_ms": 20.0, "r_other_time_ms": 5.0,
    }  # fmt: skip
    filesort = {
        "sort_key": "o.a desc", "r_loops": 1, "r_total_time_ms": ms, "r_output_rows": 60_000,
        "r_used_priority_queue": False, "table": table,
    } | sort  # fmt: skip
    block = {
        "r_loops": 1, "r_total_time_ms": 50.0,
        "nested_loop": [{"read_sorted_file": {"r_rows": 60_000, "filesort": filesort}}],
    }  # fmt: skip
    return read({"query_block": block})


TREE = """\
-> Limit: 20 row(s)  (cost=1 rows=20) (actual time=80..80 rows=20 loops=1)
    -> Sort: o.a, limit input to 20 row(s) per chunk  (cost=1 rows=9) (actual time=80..80 rows=20 loops=1)
        -> Filter: (o.b = 3)  (cost=1 rows=6000) (actual time=0.1..60 rows={} loops=1)
            -> Table scan on o  (cost=1 rows=60000) (actual time=0.1..50 rows=60000 loops=1)
"""  # noqa: E501 - as the server prints it


def test_sorted_runs_on_disk_are_found():
    (finding,) = sort_spill(maria(r_sort_passes=3, r_buffer_size="2047KiB"), None)
    assert "sort_buffer_size" in finding.fix.snippet
    assert finding.evidence[0]["merge_passes"] == 3
    assert "15 ms" in finding.title


@pytest.mark.parametrize("passes", [{}, {"r_sort_passes": 0}, {"r_sort_passes": None}])
def test_a_sort_in_memory_is_innocent(passes):
    assert sort_spill(maria(**passes), None) == []


def test_a_quick_sort_is_innocent_even_on_disk():
    assert sort_spill(maria(ms=27.0, r_sort_passes=1), None) == []


def test_a_large_sort_for_a_limit_wants_an_index_in_that_order():
    (finding,) = sort_for_limit(maria(r_limit=20), None)
    assert "(a)" in finding.fix.snippet
    assert finding.saves_ms == pytest.approx(40)
    (tree,) = sort_for_limit(read(TREE.format(50_000)), None)
    assert "(b, a)" in tree.fix.snippet


@pytest.mark.parametrize(
    "innocent",
    [
        maria(), maria(r_limit=30_000), maria(r_limit="(varied across executions)"),
        maria(r_limit=20, ms=6.0), maria(r_limit=20, sort_key="rand()"),
    ],
)  # fmt: skip
def test_sorts_that_are_needed_are_innocent(innocent):
    assert sort_for_limit(innocent, None) == []


def test_what_is_told_of_the_scan_is_not_told_of_the_sort():
    assert sort_for_limit(read(TREE.format(12)), None) == []


def test_temporary_tables_on_disk_are_told_by_the_session():
    group = {"temporary_table": {"nested_loop": [{"table": {
        "table_name": "o", "r_loops": 1, "r_rows": 9, "r_table_time_ms": 40.0}}]}}  # fmt: skip
    found = document({"query_block": {"r_loops": 1, "r_total_time_ms": 50.0} | group})
    plan = read_plan(found | {"Created_tmp_disk_tables": 1})
    (finding,) = temporary_on_disk(plan, None)
    assert finding.rule == "mysql-temporary-disk"
    assert temporary_on_disk(read_plan(found | {"Created_tmp_disk_tables": 0}), None) == []
    assert temporary_on_disk(read_plan(found), None) == []
    assert temporary_on_disk(maria(), None) == []
