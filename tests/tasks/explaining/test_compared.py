import pytest

from perfkit.errors import UsageError
from perfkit.tasks.explain import explain
from perfkit.tasks.explaining.compared import compared

SEARCH = "select max(note) from orders where total between 5 and 9"


def test_a_plan_beside_the_one_it_had_before_an_index(shop):
    before = explain(SEARCH, shop)
    with shop.connect() as connection:
        connection.exec_driver_sql("create index by_total on orders (total)")
    try:
        after = explain(SEARCH, shop)
    finally:
        with shop.connect() as connection:
            connection.exec_driver_sql("drop index by_total")
    result = compared(after, before, "yesterday")
    assert result.plan is after.plan
    assert result.other is before.plan
    assert result.headline == result.diff.headline
    assert "by_total" in result.headline
    assert result.totals["labels"] == ["this plan", "yesterday"]
    assert result.series["other"].num_rows == len(before.plan.tree)
    section = result.sections["what changed since yesterday"]
    assert section.column_names[:2] == ["change", "what"]
    assert "what changed since yesterday" in result.to_text()


def test_two_runs_of_one_statement_differ_in_nothing(shop):
    first, second = explain(SEARCH, shop), explain(SEARCH, shop)
    result = compared(second, first, "first")
    assert result.diff.findings == ()


def test_a_pasted_text_will_do(shop):
    text = "Seq Scan on orders  (cost=0.00..12325.00 rows=26 width=8)"
    assert compared(explain(SEARCH, shop), text, "pasted").other.root.kind == "Seq Scan"


def test_plans_without_a_table_in_common_are_a_mistake(shop):
    with pytest.raises(UsageError):
        compared(explain(SEARCH, shop), "Seq Scan on other  (cost=0.00..5 rows=1 width=8)", "x")
