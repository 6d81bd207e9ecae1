import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.index_scans import inefficient_index
from perfkit.plans.rules.skip_scans import skips

BY_INDEX = ("enable_seqscan = off", "enable_bitmapscan = off")


def test_an_index_searched_for_every_value_of_its_first_column_is_found(scans_told, scans_plan):
    plan = scans_plan("select * from pairs where b = 77", *BY_INDEX)
    if plan.root.number("Index Searches") is None:
        pytest.skip("this server does not count index searches")
    (finding,) = scans_told(plan)
    assert finding.rule == "inefficient-index"
    assert finding.evidence[0]["index_searches"] > 1000
    assert "(b)" in finding.fix.snippet
    assert 0 < finding.saves_ms <= finding.evidence[0]["self_ms"]


@pytest.mark.parametrize(
    "sql", ["select * from pairs where a = 7", "select * from pairs where a = 7 and b > 5000"]
)
def test_an_index_searched_by_its_first_column_is_right(scans_told, scans_plan, sql):
    assert scans_told(scans_plan(sql, *BY_INDEX)) == []


@pytest.mark.parametrize(
    ("searches", "loops", "condition", "expected"),
    [
        (1000, 1, "(t.b = 1)", True),
        (999, 1, "(t.b = 1)", False),
        (1000, 10, "(t.b = 1)", True),
        (1000, 11, "(t.b = 1)", False),
        (5000, 1, "(t.b = ANY ('{1,2}'::integer[]))", False),
    ],
)
def test_searches_are_many_by_the_thousand(scans_made, searches, loops, condition, expected):
    plan = scans_made(
        "Index Scan", Relation_Name="t", Alias="t", Index_Searches=searches, Actual_Loops=loops,
        Index_Cond=condition,
    )  # fmt: skip
    assert skips(plan, plan.root) is expected
    assert bool(inefficient_index(plan, Facts())) is expected


def test_quick_scans_and_other_nodes_are_left_alone(scans_made):
    for kind, whole in (("Index Scan", 2000.0), ("Bitmap Index Scan", 80.0)):
        plan = scans_made(kind, Index_Searches=5000, Index_Cond="(t.b = 1)", whole=whole)
        assert not skips(plan, plan.root)


def test_what_is_looked_up_comes_first_in_the_index(scans_made):
    plan = scans_made(
        "Index Scan", Relation_Name="t", Alias="t", Index_Searches=5000,
        Index_Cond="((t.a > 1) AND (t.b = 2))",
    )  # fmt: skip
    (finding,) = inefficient_index(plan, Facts())
    assert "(b, a)" in finding.fix.snippet


def test_a_condition_that_cannot_be_read_promises_nothing(scans_made):
    plan = scans_made("Index Scan", Relation_Name="t", Index_Searches=5000, Index_Cond="(((")
    (finding,) = inefficient_index(plan, Facts())
    assert (finding.saves_ms, finding.fix.snippet) == (None, "")
