import pytest

from perfkit.plans.mysql.reading import read
from perfkit.plans.rules.mysql_scans import full_scan, index_with_filter, readings


def maria(ms=40.0, rows=60_000, filtered=0.02, **table):
    scan = {
        "table_name": "o", "access_type": "ALL", "r_loops": 1, "rows": rows, "r_rows": rows,
        "r_filtered": filtered, "r_table_time_ms": ms, "r_other_time_ms": 0.0,
        "attached_condition": "o.a = 1 and o.b > 2",
    } | table  # fmt: skip
    block = {"r_loops": 1, "r_total_time_ms": 80.0, "nested_loop": [{"table": scan}]}
    return read({"query_block": block})


TREE = """\
-> Filter: (o.a = 1)  (cost=1 rows=6000) (actual time=0.1..{} rows={} loops=1)
    -> {}  (cost=1 rows=60000) (actual time=0.1..30 rows={} loops=1)
"""


def test_a_full_scan_that_keeps_a_tenth_is_found():
    (finding,) = full_scan(maria(), None)
    assert finding.rule == "mysql-full-scan"
    assert finding.severity == "critical"
    assert "takes 40 ms (50.0 % of the time): it reads 60,000 rows to keep 12" in finding.title
    assert "ADD INDEX idx_o_a_b (a, b), ALGORITHM=INPLACE, LOCK=NONE" in finding.fix.snippet
    assert finding.fix.test.startswith("SELECT COUNT(*)")


def test_in_a_tree_the_filter_stands_above_the_scan():
    (finding,) = full_scan(read(TREE.format(40, 12, "Table scan on o", 60_000)), None)
    assert finding.evidence[0]["node"] == 1
    assert finding.saves_ms == pytest.approx(40)
    assert full_scan(read(TREE.format(40, 12_000, "Table scan on o", 60_000)), None) == []


@pytest.mark.parametrize(
    "innocent",
    [
        maria(filtered=90), maria(ms=3.0), maria(rows=900), maria(filtered=100),
        maria(access_type="ref", key="k", filtered=100), maria(r_loops=0, r_rows=None),
    ],
)  # fmt: skip
def test_innocent_scans_yield_nothing(innocent):
    assert full_scan(innocent, None) == []
    assert index_with_filter(innocent, None) == []


def test_an_index_that_reads_five_rows_for_one_lacks_a_column():
    lookup = {"access_type": "ref", "key": "k", "used_key_parts": ["s"], "filtered": 10}
    (finding,) = index_with_filter(maria(r_filtered=10, **lookup), None)
    assert "Reading k of o" in finding.title
    assert "(s, a, b)" in finding.fix.snippet
    assert full_scan(maria(r_filtered=10, **lookup), None) == []
    assert index_with_filter(maria(r_filtered=30, **lookup), None) == []
    assert index_with_filter(maria(rows=1000, r_filtered=10, **lookup), None) == []


def test_many_loops_count_like_many_rows():
    loop = maria(rows=2000, r_loops=30)
    assert [each.read for each in readings(loop)] == [60_000]
    assert len(full_scan(loop, None)) == 1


def test_a_condition_that_no_index_serves_needs_thought():
    (finding,) = full_scan(maria(attached_condition="lower(o.a) = 'x'"), None)
    assert (finding.fix.snippet, finding.effort) == ("", "medium")
