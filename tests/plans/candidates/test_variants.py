import pytest

from perfkit.plans.candidates import candidates
from perfkit.plans.facts import ColumnFacts, Facts, TableFacts
from perfkit.plans.read import read_plan


def proposed(condition, null_share):
    """Return what is proposed for a scan of a million rows, by the share of rows without value."""
    columns = {
        "gone": ColumnFacts(name="gone", type="timestamptz", null_share=null_share),
        "owner": ColumnFacts(name="owner", type="integer", null_share=0.0, distinct=100.0),
    }
    table = TableFacts(schema="public", name="t", rows=1_000_000.0, pages=20_000, columns=columns)
    scan = {
        "Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t", "Schema": "public",
        "Filter": condition, "Actual Rows": 200, "Actual Loops": 1, "Plan Rows": 200,
        "Rows Removed by Filter": 999_800, "Actual Total Time": 90.0,
    }  # fmt: skip
    plan = read_plan({"Plan": scan})
    return [one.body for one in candidates(plan, Facts(tables={("public", "t"): table}))]


def test_the_few_rows_that_have_a_value_get_an_index_of_their_own():
    assert proposed("(gone IS NOT NULL)", 0.98) == ["(gone) WHERE gone IS NOT NULL"]


@pytest.mark.parametrize("null_share", [0.0, 0.5, None])
def test_what_most_rows_have_narrows_nothing(null_share):
    assert proposed("(gone IS NOT NULL)", null_share) == []


def test_a_rare_value_makes_the_index_on_other_columns_partial():
    both = proposed("((owner = 5) AND (gone IS NOT NULL))", 0.98)
    assert both == ["(owner) WHERE gone IS NOT NULL", "(owner)"]
