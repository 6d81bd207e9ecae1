"""The share of a sorted table that joins above it must leave, and plans that have none."""

import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.top_n import top_n_without_index


def joined(made, rows, out, **more):
    named = {"Relation_Name": "t", "Alias": "t"} | more
    scan = made.node("Seq Scan", 40.0, Actual_Rows=rows, **named)
    join = made.node(
        "Hash Join", 90.0, scan, made.node("Hash", 5.0), Join_Type="Inner", Actual_Rows=out
    )
    sort = made.node("Sort", 95.0, join, Sort_Key=["t.a"], Actual_Rows=10)
    return made("Limit", 96.0, sort, Actual_Rows=10)


@pytest.mark.parametrize(
    ("out", "found"), [(80_000, True), (40_000, True), (39_999, False), (20_000, False)]
)
def test_half_of_the_sorted_table_finds_its_partner(scans_made, out, found):
    assert bool(top_n_without_index(joined(scans_made, 80_000, out), Facts())) is found


def test_what_is_no_table_gets_no_index(scans_made):
    plan = joined(scans_made, 80_000, 80_000, Relation_Name=None, Node_Type="Function Scan")
    assert top_n_without_index(plan, Facts()) == []


def test_a_sort_that_never_ran_says_nothing(scans_made):
    scan = scans_made.node(Relation_Name="t", Alias="t", Actual_Rows=0, Actual_Loops=0)
    sort = scans_made.node("Sort", 0.0, scan, Sort_Key=["a"], Actual_Rows=0, Actual_Loops=0)
    assert top_n_without_index(scans_made("Limit", 96.0, sort, Actual_Rows=0), Facts()) == []
