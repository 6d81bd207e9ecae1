import pytest

from perfkit.plans.facts import Facts, TableFacts
from perfkit.plans.rules.index_only import heap_fetches

BY_INDEX = ("enable_seqscan = off", "enable_bitmapscan = off")


def found(plan, facts=None):
    return heap_fetches(plan, facts or Facts())


def scan(made, fetches, rows=10_000, **more):
    return made(
        "Index Only Scan", Relation_Name="visits", Schema="public", Index_Name="visits_id_idx",
        Actual_Rows=rows, Heap_Fetches=fetches, **more,
    )  # fmt: skip


def test_an_index_only_scan_of_pages_that_changed_is_found(scans_told, scans_plan):
    plan = scans_plan("select count(*) from visits where id < 90000", *BY_INDEX)
    (finding,) = scans_told(plan)
    assert finding.rule == "heap-fetches"
    assert finding.confidence == "high"
    assert "public.visits with visits_id_idx" in finding.title
    assert finding.fix.snippet == "VACUUM (ANALYZE, VERBOSE) public.visits;"
    assert finding.evidence[0]["heap_fetches"] >= 89_999
    assert 0 < finding.saves_ms < plan.times.self_ms[1]


def test_the_same_scan_of_a_vacuumed_table_is_right(scans_told, scans_plan):
    plan = scans_plan("select count(*) from settled where id < 90000", *BY_INDEX)
    assert plan.tree[1].kind == "Index Only Scan"
    assert scans_told(plan) == []


@pytest.mark.parametrize(
    ("fetches", "rows", "severity"),
    [(999, 5000, None), (1000, 10_000, "info"), (1000, 10_001, None), (5000, 10_000, "critical")],
)
def test_a_tenth_of_the_rows_and_a_thousand_must_be_looked_up(scans_made, fetches, rows, severity):
    got = [finding.severity for finding in found(scan(scans_made, fetches, rows))]
    assert got == ([severity] if severity else [])


def test_quick_scans_and_other_scans_are_left_alone(scans_made):
    assert found(scan(scans_made, 9000, whole=2000.0)) == []
    assert found(scans_made("Index Scan", Heap_Fetches=9000)) == []


def test_the_share_of_visible_pages_is_shown_where_the_server_tells(scans_made):
    known = TableFacts(schema="public", name="visits", visible_share=0.25)
    (finding,) = found(scan(scans_made, 9000), Facts(tables={("public", "visits"): known}))
    assert finding.evidence[0]["visible_share"] == 0.25


def test_a_hostile_name_stays_inside_its_quotes(scans_made):
    (finding,) = found(
        scans_made("Index Only Scan", Relation_Name="a'b\"c", Heap_Fetches=9000, Actual_Rows=9000)
    )
    assert finding.fix.snippet == 'VACUUM (ANALYZE, VERBOSE) "a\'b""c";'
    assert "'\"a''b\"\"c\"'::regclass" in finding.fix.test
