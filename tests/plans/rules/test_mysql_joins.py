import pytest

from perfkit.plans.mysql.reading import read
from perfkit.plans.rules.mysql_joins import dependent_subquery, join_buffer, misestimated_loop


def table(name, ms, **more):
    return {
        "table_name": name, "access_type": "ALL", "r_loops": 1, "rows": 10, "r_rows": 10,
        "filtered": 100, "r_filtered": 100, "r_table_time_ms": ms, "r_other_time_ms": 0.0,
    } | more  # fmt: skip


def plan(*parts, total=100.0, **more):
    block = {"r_loops": 1, "r_total_time_ms": total, "nested_loop": list(parts)} | more
    return read({"query_block": {"select_id": 1} | block})


def buffered(algorithm="BNL", pairs=5000, ms=60.0, **more):
    join = {
        "table": table("u", 1.0), "buffer_type": "flat", "join_type": algorithm, "r_loops": 1000,
        "r_filtered": 1.0, "r_effective_rows": pairs, "r_unpack_time_ms": ms,
        "r_other_time_ms": 0.0, "attached_condition": "u.country = t.b",
    } | more  # fmt: skip
    return plan({"table": table("t", 1.0)}, {"block-nl-join": join})


def test_comparing_every_pair_of_rows_is_found():
    (finding,) = join_buffer(buffered(), None)
    assert "compares 5,000,000 pairs" in finding.title
    assert "ADD INDEX idx_u_country (country)" in finding.fix.snippet


@pytest.mark.parametrize(
    "innocent", [buffered(pairs=50), buffered(ms=2.0), buffered("BNLH"), buffered("BKA")]
)
def test_small_and_hashed_joins_are_innocent(innocent):
    assert join_buffer(innocent, None) == []


def test_a_hash_join_without_a_condition_compares_every_pair():
    tree = """\
-> {}  (cost=1 rows=9) (actual time=1..90 rows=200000 loops=1)
    -> Table scan on a  (cost=1 rows=9) (actual time=1..2 rows=500 loops=1)
    -> Hash
        -> Table scan on b  (cost=1 rows=9) (actual time=1..2 rows=400 loops=1)
"""
    assert len(join_buffer(read(tree.format("Inner hash join (no condition)")), None)) == 1
    assert join_buffer(read(tree.format("Inner hash join (a.x = b.x)")), None) == []


def test_a_loop_that_ran_far_more_often_than_planned_names_the_estimate():
    outer = table("o", 5.0, rows=3, r_rows=5000)
    inner = table("u", 80.0, access_type="eq_ref", key="PRIMARY", r_loops=5000, r_rows=1, rows=1)
    (finding,) = misestimated_loop(plan({"table": outer}, {"table": inner}), None)
    assert "returned 5,000 rows where 3 were expected" in finding.title
    assert finding.fix.snippet == "ANALYZE TABLE o PERSISTENT FOR ALL;"
    right = table("o", 5.0, rows=5000, r_rows=5000)
    assert misestimated_loop(plan({"table": right}, {"table": inner}), None) == []
    assert misestimated_loop(plan({"table": outer}, {"table": inner | {"r_table_time_ms": 3.0}}),
                             None) == []  # fmt: skip


def dependent(loops, ms, **more):
    inner = table("x", ms, access_type="ref", key="k", r_loops=loops) | more
    block = {"select_id": 2, "r_loops": loops, "r_total_time_ms": ms,
             "nested_loop": [{"table": inner}]}  # fmt: skip
    cache = {"expression_cache": {"r_loops": 9000, "r_hit_ratio": 3.5, "query_block": block}}
    outer = table("o", 5.0, attached_condition="o.a > (subquery#2)")
    return plan({"table": outer}, subqueries=[cache])


def test_a_subquery_that_runs_once_per_row_is_found():
    (finding,) = dependent_subquery(dependent(5000, 70.0), None)
    assert "runs 5,000 times" in finding.title
    assert finding.evidence[0]["cache_hit_percent"] == 3.5


@pytest.mark.parametrize("innocent", [dependent(3, 70.0), dependent(5000, 4.0)])
def test_subqueries_that_run_seldom_or_quickly_are_innocent(innocent):
    assert dependent_subquery(innocent, None) == []


def test_a_subquery_that_lacks_an_index_is_told_as_a_scan():
    scan = {"access_type": "ALL", "r_rows": 60_000, "r_filtered": 0.1}
    assert dependent_subquery(dependent(5000, 70.0, **scan), None) == []
