import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.index_scans import discards, inefficient_index, order_by_limit

BY_INDEX = ("enable_seqscan = off", "enable_bitmapscan = off")
BY_BITMAP = ("enable_seqscan = off", "enable_indexscan = off")
RARE = "select * from events where kind = 'rare' order by at limit 10"


def scan(made, removed, kept=10, kind="Index Scan", **more):
    properties = {
        "Relation_Name": "t", "Alias": "t", "Index_Name": "t_a_idx", "Actual_Rows": kept,
        "Rows_Removed_by_Filter": removed, "Filter": "(t.b = 5)", "Index_Cond": "(t.a = 1)",
    }  # fmt: skip
    return made(kind, **properties | more)


def limited(made, removed, kept=10, **more):
    below = scan(made, removed, kept, **{"Index_Cond": None} | more).root.properties
    return made("Limit", 81.0, dict(below), Actual_Rows=kept)


@pytest.mark.parametrize("settings", [BY_INDEX, BY_BITMAP])
def test_an_index_that_finds_far_too_much_is_found(scans_told, scans_plan, scans_facts, settings):
    sql = "select * from events where owner = 7 and account = 57"
    plan = scans_plan(sql, *settings)
    (finding,) = scans_told(plan, scans_facts("events"))
    assert finding.rule == "inefficient-index"
    assert "throws away 20,000 of the 20,000 rows" in finding.title
    assert "owner" in finding.fix.snippet
    assert "account" in finding.fix.snippet
    assert "hypopg_create_index" in finding.fix.test
    assert 0 < finding.saves_ms <= finding.evidence[0]["self_ms"]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from events where owner = 7",
        "select * from events where owner = 7 and kind = 'usual'",
        "select * from events where code = 5 and kind = 'rare'",
        "select * from events where owner = 7 and account <> 8",
    ],
)
@pytest.mark.parametrize("settings", [BY_INDEX, BY_BITMAP])
def test_indexes_whose_rows_are_wanted_are_right(scans_told, scans_plan, sql, settings):
    assert scans_told(scans_plan(sql, *settings)) == []


@pytest.mark.parametrize(
    ("removed", "kept", "expected"),
    [(1000, 200, True), (999, 10, False), (1000, 201, False), (1000, 0, True)],
)
def test_five_rows_for_each_one_kept_and_a_thousand(scans_made, removed, kept, expected):
    plan = scan(scans_made, removed, kept)
    assert discards(plan, plan.root) is expected
    assert bool(inefficient_index(plan, Facts())) is expected


def test_rows_are_counted_over_all_loops(scans_made):
    assert inefficient_index(scan(scans_made, 50, 1, Actual_Loops=20), Facts())


def test_filters_that_no_index_column_serves_lossy_bitmaps_and_quick_scans(scans_made):
    for more in (
        {"Filter": "(NOT (hashed SubPlan 1))"},
        {"Filter": None, "Rows_Removed_by_Filter": 0, "Rows_Removed_by_Index_Recheck": 90_000},
        {"whole": 2000.0},
    ):
        assert inefficient_index(scan(scans_made, 5000, **more), Facts()) == []
    assert inefficient_index(scan(scans_made, 5000, kind="Seq Scan"), Facts()) == []


@pytest.mark.parametrize("sql", [RARE, "select min(at) from events where kind = 'rare'"])
def test_an_index_read_to_its_end_for_its_order_is_found(scans_told, scans_plan, scans_facts, sql):
    plan = scans_plan(sql)
    (finding,) = scans_told(plan, scans_facts("events"))
    assert finding.rule == "order-by-limit-wrong-index"
    assert finding.confidence == "high"
    assert "199,000 rows are thrown away" in finding.title
    assert "(kind, at)" in finding.fix.snippet
    assert 0 < finding.saves_ms <= finding.evidence[0]["self_ms"]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from events order by at limit 10",
        "select * from events where kind = 'usual' order by at limit 10",
        "select * from events where account = 5 order by id limit 2",
        "select max(at) from events",
        "select * from events where owner = 3 order by id limit 50",
    ],
)
def test_orders_that_are_filled_soon_are_right(scans_told, scans_plan, sql):
    assert scans_told(scans_plan(sql)) == []


@pytest.mark.parametrize(("removed", "expected"), [(1000, True), (999, False)])
def test_a_hundred_rows_for_each_one_returned(scans_made, removed, expected):
    assert bool(order_by_limit(limited(scans_made, removed), Facts())) is expected


def test_without_a_limit_or_with_a_lookup_it_is_another_finding(scans_made):
    assert order_by_limit(scan(scans_made, 90_000, Index_Cond=None), Facts()) == []
    assert order_by_limit(limited(scans_made, 90_000, Index_Cond="(t.a = 1)"), Facts()) == []
    assert order_by_limit(limited(scans_made, 90_000, Index_Cond="(t.a > 1)"), Facts())
    below = scan(scans_made, 90_000, Index_Cond=None).root.properties
    sort = scans_made.node("Sort", 90.0, dict(below))
    assert order_by_limit(scans_made("Limit", 91.0, sort), Facts()) == []


def test_the_order_wins_over_the_filter(scans_told, scans_made):
    plan = limited(scans_made, 90_000)
    assert inefficient_index(plan, Facts())
    assert [one.rule for one in scans_told(plan)] == ["order-by-limit-wrong-index"]
