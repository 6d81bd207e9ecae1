import pytest

from perfkit.plans.reading.beginning import (
    arrows,
    first_line,
    missing_costs,
    missing_rows,
    query,
)

ROW = "  (cost=0.00..1.00 rows=1 width=4)"


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ([f"Result{ROW}"], 0),
        (["hello", "QUERY PLAN", f" Sort{ROW}", f"   ->  Result{ROW}"], 2),
        (["Result"], 0),
        (["select 1", "from t", "Seq Scan on t", "  Filter: a"], 2),
        (["Result", f"Sort{ROW}"], 1),  # numbers tell more than a name does
        ([f'Seq Scan on "a{"x"}', f'b"{ROW}'], 0),
        ([" Sort  (cos", "t=1.00..2.00 rows=1 width=3)"], 0),
        (["Query Text: select '", f"  Sort{ROW}", f"Result{ROW}"], 2),
        (["LOG: plan: Query Text: select 1", f"\tResult{ROW}"], 1),
        ([f"  ->  Sort{ROW}", f"     ->  Result{ROW}"], 0),
        (["Result (never executed)"], 0),
        ([], None),
        (["Filter: (cost=1)"], None),
    ],
)  # fmt: skip
def test_the_first_line_of_the_plan_is_found(lines, first):
    assert first_line(lines) == first


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (["LOG: plan:", "Query Text: select a", "  from t", "Query Parameters: $1 = '5'"],
         {"Query Text": "select a\n  from t", "Query Parameters": "$1 = '5'"}),
        (["Query Text: select 1"], {"Query Text": "select 1"}),
        (["Query Text: "], {}),
        (["x"], {}),
    ],
)  # fmt: skip
def test_the_statement_above_the_plan_is_kept(before, found):
    assert query(before) == found


def test_lines_are_compared_with_psqls_count():
    assert missing_rows(["a", "b", "(2 rows)", "c"]) == []
    assert missing_rows(["a", "b", "(1 row)"]) == []
    assert missing_rows(["a", "", "(2 lignes)"]) != []
    assert missing_rows(["a"]) == []


def test_costs_that_no_node_has_are_said():
    row = "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)"
    assert missing_costs([row, f"  ->  {row}"], 2) == []
    (said,) = missing_costs([f"{row}\\n  ->  {row}"], 1)
    assert "2 nodes" in said
    assert "1 of them" in said
    assert missing_costs(["(cost=" * 100_000], 0) == []


def test_arrows_are_counted():
    assert arrows(["Limit", "  ->  Sort", "        ->  Seq Scan on t", "a -> b"]) == 2
