import pytest

from perfkit.plans import rules
from perfkit.plans.facts import Facts, TableFacts
from perfkit.plans.read import read_plan
from perfkit.plans.rules.subplans import correlated_subplan, cte_materialized

COUNTS = "select (select count(*) from orders o where o.customer_id = c.id) from customers c"


@pytest.fixture
def subplan(joins_node, joins_tree):
    def plan(ms=0.02, loops=10_000, **more):
        low = joins_node(
            "Index Scan", ms, loops=loops,
            **{"Parent Relationship": "SubPlan", "Subplan Name": "SubPlan 1",
               "Relation Name": "orders"} | more,
        )  # fmt: skip
        return joins_tree(joins_node("Seq Scan", 250.0, low, **{"Relation Name": "customers"}))

    return plan


@pytest.fixture
def cte(joins_node, joins_tree):
    def plan(*, kept=100, body="Seq Scan", column="id", scans=1, **more):
        low = joins_node(
            body, 80.0, rows=1000,
            **{"Parent Relationship": "InitPlan", "Subplan Name": "CTE x"} | more,
        )  # fmt: skip
        named = {"CTE Name": "x", "Alias": "x", "Filter": f"(x.{column} = 5)"}
        read = joins_node("CTE Scan", 90.0, rows=kept, **named)
        return joins_tree(joins_node("Append", 95.0 * scans, low, *[read] * scans))

    return plan


@pytest.mark.parametrize(
    ("ms", "loops", "found"),
    [(0.2, 1000, True), (0.2, 999, False), (0.00625, 10_000, True), (0.0062, 10_000, False)],
)
def test_a_thousand_calls_and_a_quarter_of_the_time(subplan, ms, loops, found):
    assert bool(correlated_subplan(subplan(ms, loops), Facts())) is found


def test_a_subquery_told_once_names_how_often_it_ran(subplan):
    (finding,) = correlated_subplan(subplan(), Facts())
    assert finding.title == (
        "A subquery ran 10,000 times, once per row: 200 ms (80.0 % of the time)"
    )
    assert [row["node"] for row in finding.evidence] == [1, 0]
    assert finding.saves_ms is None


def test_what_a_join_would_save_depends_on_the_table(subplan):
    known = {("", "orders"): TableFacts(schema="", name="orders", rows=90_000)}
    (finding,) = correlated_subplan(subplan(), Facts(tables=known))
    assert finding.saves_ms == pytest.approx(100.0)


def test_init_plans_and_hashed_subplans_run_once(subplan):
    assert correlated_subplan(subplan(200.0, 1), Facts()) == []
    plan = subplan(**{"Parent Relationship": "InitPlan"})
    assert correlated_subplan(plan, Facts()) == []


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, True),
        ({"kept": 101}, False),
        ({"kept": 50, "scans": 2}, True),
        ({"kept": 51, "scans": 2}, False),
        ({"body": "Limit"}, False),
        ({"body": "WindowAgg"}, False),
        ({"body": "Recursive Union"}, False),
        ({"body": "ModifyTable"}, False),
        ({"body": "Aggregate", "Group Key": ["orders.id"]}, True),
        ({"body": "Aggregate", "Group Key": ["orders.total"]}, False),
        ({"column": "a + x.b"}, False),  # no plain column
    ],
)
def test_a_tenth_kept_by_a_condition_that_could_move_inside(cte, more, found):
    assert bool(cte_materialized(cte(**more), Facts())) is found


def test_a_cte_says_what_is_kept_of_it_and_saves_at_least_the_reading(cte):
    (finding,) = cte_materialized(cte(), Facts())
    assert "100 of its 1,000 rows (10.0 %) are kept" in finding.title
    assert finding.fix.snippet == "WITH x AS NOT MATERIALIZED ("
    assert finding.saves_ms == pytest.approx(10.0)
    assert cte_materialized(cte(scans=2, kept=9), Facts())[0].confidence == "low"


@pytest.mark.parametrize(
    ("guilty", "innocent", "rule"),
    [
        (
            COUNTS,
            (
                "select c.id, count(o.id) from customers c "
                "left join orders o on o.customer_id = c.id group by 1"
            ),
            "correlated-subplan",
        ),
        (
            "with x as materialized (select * from orders) select * from x where id = 5",
            "with x as not materialized (select * from orders) select * from x where id = 5",
            "cte-materialized",
        ),
        (
            "with x as (select * from orders) select * from x a, x b where a.id = 5 and b.id = 6",
            "with x as (select * from orders) select count(*) from x a join x b using (id)",
            "cte-materialized",
        ),
    ],
)
def test_a_real_server_shows_both(joins_found, guilty, innocent, rule):
    assert joins_found(guilty, "work_mem = '64MB'") == [rule]
    assert joins_found(innocent, "work_mem = '64MB'") == []


@pytest.mark.parametrize(
    "sql",
    [
        "with x as materialized (select * from orders) select count(*) from x where total < 900",
        (
            "with x as materialized (select customer_id, count(*) as n from orders group by 1) "
            "select * from x where n > 100"
        ),
        (
            "with x as materialized (select * from orders order by total limit 50000) "
            "select * from x where id = 5"
        ),
        "select count(*) from orders where customer_id in (select id from customers)",
        "select (select max(total) from orders) - total from orders",
        (
            "select count(*) from customers c where exists "
            "(select from orders o where o.customer_id = c.id)"
        ),
    ],
)
def test_subqueries_and_ctes_that_are_right_are_left_alone(joins_found, sql):
    assert joins_found(sql, "work_mem = '64MB'") == []


def test_a_subquery_that_lacks_an_index_is_left_to_the_index(joins_plan):
    sql = "select (select count(*) from orders o where o.note = c.name) from customers c limit 20"
    assert correlated_subplan(joins_plan(sql), Facts()) == []


NOT_IN = """
Seq Scan on a  (cost=0.00..42000000.00 rows=5000 width=4) (actual time=30.0..45210.1 rows=10 loops=1)
  Filter: (NOT (SubPlan 1))
  Rows Removed by Filter: 19990
  SubPlan 1
    ->  Materialize  (cost=0.00..7500.00 rows=300000 width=4) (actual time=0.001..2.2 rows=150200 loops=20000)
          ->  Seq Scan on b  (cost=0.00..4300.00 rows=300000 width=4) (actual time=0.01..21.1 rows=300000 loops=1)
Execution Time: 45215.0 ms
"""  # noqa: E501 - as the server prints it


def test_not_in_is_advised_to_become_not_exists_and_no_index_is_missed():
    findings = rules.findings(read_plan(NOT_IN), Facts())
    assert [one.rule for one in findings] == ["correlated-subplan"]
    assert "NOT EXISTS" in findings[0].fix.text
