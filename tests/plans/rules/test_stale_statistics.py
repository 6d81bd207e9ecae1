from datetime import UTC, datetime

import pytest

from perfkit.plans.facts import ColumnFacts, Facts, TableFacts
from perfkit.plans.rules.stale_statistics import stale_stats


def scan(made, planned, actual, **more):
    return made(
        Relation_Name="orders", Schema="public", Plan_Rows=planned, Actual_Rows=actual, **more
    )


def known(**more):
    columns = {"a": ColumnFacts(name="a", type="integer", null_share=0.0)}
    table = TableFacts(
        schema="public", name="orders", **({"rows": 5000, "columns": columns} | more)
    )
    return Facts(tables={("public", "orders"): table})


def found(plan, facts=None):
    return stale_stats(plan, facts or Facts())


def test_a_table_that_was_never_analysed_is_found(scans_told, scans_plan):
    (finding,) = scans_told(scans_plan("select count(*) from unknown_rows"))
    assert finding.rule == "stale-stats"
    assert finding.confidence == "high"
    assert finding.fix.snippet == "ANALYZE public.unknown_rows;"
    assert finding.saves_ms is None


def test_the_server_knows_that_it_was_never_analysed(scans_plan, scans_facts):
    plan = scans_plan("select count(*) from unknown_rows where id > 100")
    assert found(plan) == []
    (finding,) = found(plan, scans_facts("unknown_rows"))
    assert "no statistics" in finding.title


def test_a_table_with_fresh_statistics_is_right(scans_plan, scans_facts):
    for sql in ("select count(*) from events", "select count(*) from events where owner = 3"):
        assert found(scans_plan(sql), scans_facts("events")) == []


@pytest.mark.parametrize(
    ("planned", "actual", "expected"),
    [
        (1000, 2000, True),
        (1001, 2000, False),
        (2000, 1000, True),
        (400, 900, False),
        (1, 999, False),
        (1, 1000, True),
    ],
)
def test_twice_as_many_or_half_of_a_thousand_rows_are_wrong(scans_made, planned, actual, expected):
    assert bool(found(scan(scans_made, planned, actual))) is expected


def test_a_condition_may_be_misjudged_with_fresh_statistics(scans_made):
    filtered = scan(scans_made, 10, 5000, Filter="(a = 1)")
    assert found(filtered) == []
    assert found(filtered, known(modified=1000)) == []
    (finding,) = found(filtered, known(modified=1001, analyzed=datetime(2025, 1, 1, tzinfo=UTC)))
    assert "1,001 rows changed" in finding.title
    assert finding.evidence[0]["changed"] == 1001


def test_a_tenth_of_a_large_table_must_have_changed(scans_made):
    filtered = scan(scans_made, 10, 5000, Filter="(a = 1)")
    assert found(filtered, known(rows=50_000, modified=5000)) == []
    assert found(filtered, known(rows=50_000, modified=5001))


def test_hidden_column_statistics_are_not_missing_ones(scans_made):
    hidden = {"a": ColumnFacts(name="a", type="integer")}
    filtered = scan(scans_made, 10, 5000, Filter="(a = 1)")
    assert found(filtered, known(columns=hidden)) == []
    assert found(filtered, known(columns=hidden, rows=None))


def test_rows_that_nobody_asked_for_are_no_wrong_estimate(scans_made):
    below = scan(scans_made, 9000, 10).root.properties | {"Actual Loops": 1}
    assert found(scans_made("Limit", 80.0, dict(below))) == []
    assert found(scans_made("Merge Join", 80.0, dict(below))) == []
    subplan = dict(below) | {"Parent Relationship": "SubPlan"}
    assert found(scans_made("Result", 80.0, subplan)) == []
    outer = scans_made.node("Result", 1.0)
    for join in ({"Join Type": "Semi"}, {"Inner Unique": True}):
        assert found(scans_made("Hash Join", 80.0, outer, dict(below), **{
            key.replace(" ", "_"): value for key, value in join.items()
        })) == []  # fmt: skip
    assert found(scans_made("Hash Join", 80.0, outer, dict(below), Join_Type="Inner"))


def test_an_empty_side_of_a_join_and_a_window_that_stops_cut_short_too(scans_made):
    short = dict(scan(scans_made, 9000, 10).root.properties)
    for rows, expected in ((0, False), (7, True)):
        inner = scans_made.node("Hash", 1.0, Actual_Rows=rows)
        assert bool(found(scans_made("Hash Join", 90.0, short, inner))) is expected
    assert found(scans_made("WindowAgg", 90.0, short, Run_Condition="(x <= 5)")) == []
    assert found(scans_made("WindowAgg", 90.0, short))


def test_a_table_that_is_empty_does_no_harm(scans_made):
    assert found(scan(scans_made, 2550, 0)) == []


@pytest.mark.parametrize(("launched", "rows"), [(2, 3334), (0, 10_000)])
def test_a_parallel_scan_is_compared_over_all_its_processes(scans_made, launched, rows):
    below = scans_made.node(
        Relation_Name="orders", Parallel_Aware=True, Plan_Rows=4167, Actual_Rows=rows,
        Actual_Loops=launched + 1,
    )  # fmt: skip
    plan = scans_made("Gather", 90.0, below, Workers_Planned=2, Workers_Launched=launched,
                      Actual_Rows=10_000, Plan_Rows=10_000)  # fmt: skip
    assert found(plan) == []


def test_a_table_scanned_twice_is_told_once(scans_made):
    one = scans_made.node(Relation_Name="orders", Plan_Rows=10, Actual_Rows=5000)
    assert len(found(scans_made("Append", 99.0, one, dict(one)))) == 1


def test_a_partition_read_by_one_of_three_processes_is_counted_once(scans_made):
    member = scans_made.node(
        Relation_Name="p1", Parallel_Aware=True, Plan_Rows=25_009, Actual_Rows=42_514
    )
    append = scans_made.node(
        "Append", 90.0, member, member | {"Relation Name": "p2"},
        Parallel_Aware=True, Actual_Loops=3, Actual_Rows=28_343,
    )  # fmt: skip
    plan = scans_made(
        "Gather", 95.0, append, Workers_Planned=2, Workers_Launched=2, Actual_Rows=85_028
    )
    assert found(plan) == []
