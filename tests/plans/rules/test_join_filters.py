import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.join_filters import join_filter

PAIRS = "select count(*) from accounts a join tiny t on a.name like t.name || '%'"


def found(plan):
    return join_filter(plan, Facts())


def loop(made, removed, kept=10, ms=80.0, **more):
    return made("Nested Loop", ms, Rows_Removed_by_Join_Filter=removed, Actual_Rows=kept, **more)


def test_comparing_every_pair_is_found(scans_plan):
    plan = scans_plan(PAIRS)
    (finding,) = found(plan)
    assert finding.evidence[0]["pairs_removed"] == 1_000_000
    assert finding.saves_ms <= finding.evidence[0]["self_ms"]
    assert "SET LOCAL enable_nestloop = off;" in finding.fix.test


def test_a_join_that_looks_its_partners_up_is_right(scans_plan):
    plan = scans_plan("select count(*) from accounts a join tiny t on a.name = t.name")
    assert found(plan) == []


@pytest.mark.parametrize(
    ("removed", "kept", "expected"),
    [(100_000, 1000, True), (99_999, 10, False), (100_000, 1001, False)],
)
def test_a_hundred_pairs_for_each_one_kept(scans_made, removed, kept, expected):
    assert bool(found(loop(scans_made, removed, kept))) is expected


def test_quick_joins_and_filters_of_scans_are_left_alone(scans_made):
    assert found(loop(scans_made, 500_000, whole=2000.0)) == []
    assert found(scans_made(Rows_Removed_by_Filter=500_000)) == []


def test_an_equality_is_not_advised_to_become_one(scans_made):
    outer = scans_made.node("Seq Scan", 1.0, Alias="o", Relation_Name="o")
    inner = scans_made.node("Seq Scan", 1.0, Alias="i", Relation_Name="i")
    more = {"Rows_Removed_by_Join_Filter": 500_000, "Actual_Rows": 20}
    equal = scans_made("Nested Loop", 800.0, outer, inner, Join_Filter="(o.a = i.a)", **more)
    other = scans_made("Nested Loop", 800.0, outer, inner, Join_Filter="(o.a < i.a)", **more)
    assert "The condition is an equality" in join_filter(equal, Facts())[0].fix.text
    assert "Give the join a condition" in join_filter(other, Facts())[0].fix.text
