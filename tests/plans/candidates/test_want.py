from perfkit.plans.candidates.want import wanted
from perfkit.plans.facts import ColumnFacts, Facts, IndexFacts, TableFacts
from perfkit.plans.read import read_plan


def scan(**more):
    return {
        "Node Type": "Seq Scan", "Schema": "s", "Relation Name": "t", "Alias": "t",
        "Filter": "(t.a = 1)", "Plan Rows": 10, "Total Cost": 2250.0,
    } | more  # fmt: skip


def want(root, facts=None):
    plan = read_plan({"Plan": root})
    node = next(one for one in plan.tree if one.relation)
    return wanted(plan, node, facts or Facts())


def run(kept, lost, loops=1, **more):
    return {
        "Actual Rows": kept, "Rows Removed by Filter": lost, "Actual Loops": loops,
        "Actual Total Time": 1.0, "Actual Startup Time": 0.0,
    } | more  # fmt: skip


def facts(rows=50_000.0, pages=500, **more):
    columns = {"a": ColumnFacts(name="a", type="integer", distinct=100.0)}
    table = TableFacts(schema="s", name="t", rows=rows, pages=pages, columns=columns, **more)
    return Facts(tables={("s", "t"): table})


def test_what_ran_is_measured():
    found = want(scan(**run(10, 39_990)))
    assert (found.table_rows, found.rows_read, found.rows_kept) == (40_000, 40_000, 10)
    assert found.large
    assert not want(scan(**run(10, 9_000))).large


def test_what_did_not_run_is_estimated_from_statistics_or_the_cost():
    assert want(scan(), facts()).rows_read == 50_000
    assert want(scan()).rows_read == 2250.0 / 0.0225
    assert want(scan(), facts(rows=None)).rows_read == 100_000


def test_few_wide_rows_are_large_by_their_pages():
    assert want(scan(**run(10, 4_000)), facts(rows=4_010.0, pages=2000)).large
    assert not want(scan(**run(10, 4_000)), facts(rows=4_010.0, pages=900)).large


def test_a_small_table_read_very_often_is_large():
    assert want(scan(**run(1, 999, loops=1001))).large
    assert not want(scan(**run(1, 999, loops=900))).large


def test_processes_share_one_execution():
    below = scan(**run(10, 9_990, loops=3), **{"Parallel Aware": True})
    found = want({"Node Type": "Gather", "Workers Planned": 2, "Plans": [below]} | run(30, 0))
    assert (found.rows_read, found.rows_kept, found.times) == (30_000, 30, 1)


def test_a_limit_stops_a_scan_early():
    found = want({"Node Type": "Limit", "Plan Rows": 1, "Plans": [scan()]}, facts())
    assert found.rows_read == 5_000  # one of ten rows kept


def test_what_a_partial_index_guarantees_belongs_to_the_conditions():
    index = IndexFacts(name="i", method="btree", keys=("b",), predicate="(a = 1)")
    node = scan(**{"Node Type": "Index Scan", "Index Name": "i", "Filter": "(t.c = 3)"})
    found = want(node, facts(indexes=(index,)))
    assert [p.column for p in found.conditions.predicates] == ["c", "a"]
    assert found.rows_read == 500  # a hundredth of the table is in the index


def test_a_partition_stands_for_its_whole():
    part = TableFacts(schema="s", name="t", rows=50_000.0, parent=("s", "whole"))
    whole = TableFacts(schema="s", name="whole", rows=90_000.0)
    found = want(scan(), Facts(tables={("s", "t"): part, ("s", "whole"): whole}))
    assert (found.relation, found.table) == ("whole", part)


def test_many_small_parts_are_large_together():
    parts = [scan(**run(1, 5_000), **{"Relation Name": name}) for name in ("t", "u", "v")]
    assert want({"Node Type": "Append", "Plans": parts} | run(3, 0)).large


def test_catalogues_and_scans_that_never_ran_want_nothing():
    assert want(scan(Schema="pg_catalog")) is None
    assert want(scan(Schema="pg_temp_3")) is None
    assert want(scan(Schema="information_schema")) is None
    assert want(scan(**run(0, 0, loops=0))) is None
