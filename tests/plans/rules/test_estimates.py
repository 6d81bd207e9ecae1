import pytest

from perfkit.plans.facts import ColumnFacts, Facts, TableFacts
from perfkit.plans.rules.estimates import correlated_columns, generic_plan, row_estimate

TOGETHER = "((users.a = 1) AND (users.b = 1))"


@pytest.fixture
def plan(joins_node, joins_tree):
    """Return the plan of a hash join whose outer side (node 1) is estimated wrongly."""

    def tree(condition="(users.a = 1)", *, rows=5000, planned=5, **more):
        scan = joins_node(
            "Seq Scan", 60.0, rows=rows, planned=planned,
            **{"Relation Name": "users", "Schema": "public", "Alias": "users",
               "Filter": condition} | more,
        )  # fmt: skip
        inner = joins_node("Hash", 9.0, joins_node("Seq Scan", 8.0))
        return joins_tree(joins_node("Hash Join", 90.0, scan, inner, rows=50, planned=50))

    return tree


def facts(**shares):
    columns = {
        name: ColumnFacts(name=name, type="integer", common=("1", "2"), shares=(share, 0.001))
        for name, share in shares.items()
    }
    table = TableFacts(schema="public", name="users", rows=50_000, columns=columns)
    return Facts(tables={("public", "users"): table})


def rules(plan, known=None):
    every = (row_estimate, correlated_columns, generic_plan)
    return [finding.rule for rule in every for finding in rule(plan, known or Facts())]


def test_the_finding_says_what_was_expected_what_came_and_what_to_do(plan):
    (finding,) = row_estimate(plan(), Facts())
    assert finding.title == ("Seq Scan on public.users: 5 rows per loop were expected, 5,000 came")
    assert finding.fix.snippet == "ANALYZE public.users;"
    assert finding.keys == {"table": "public.users"}
    assert finding.evidence[0]["node"] == 1
    assert finding.saves_ms is None


@pytest.mark.parametrize(("planned", "severity"), [(50, "warning"), (51, "info")])
def test_a_factor_of_a_hundred_is_more_than_a_note(plan, planned, severity):
    assert row_estimate(plan(planned=planned), Facts())[0].severity == severity


def test_each_wrong_estimate_is_told_by_one_rule(plan):
    assert rules(plan()) == ["row-estimate"]
    assert rules(plan(TOGETHER)) == ["correlated-columns"]
    assert rules(plan("((users.a = $1) AND (users.b = $2))")) == ["generic-plan"]
    assert rules(plan(rows=5)) == []


def test_too_few_rows_are_no_sign_of_columns_that_hold_together(plan):
    assert rules(plan(TOGETHER, rows=5, planned=5000)) == ["row-estimate"]


@pytest.mark.parametrize(
    ("shares", "rule", "confidence"),
    [
        ({"a": 0.1, "b": 0.1}, "correlated-columns", "high"),
        ({"a": 0.1, "b": 0.0001}, "row-estimate", "medium"),  # b alone is wrong: old statistics
        ({}, "correlated-columns", "medium"),  # nothing known of the columns
    ],
)
def test_statistics_of_the_single_columns_tell_which_it_is(plan, shares, rule, confidence):
    tree = plan(TOGETHER, planned=50)
    assert rules(tree, facts(**shares)) == [rule]
    (finding,) = (*row_estimate(tree, facts(**shares)), *correlated_columns(tree, facts(**shares)))
    assert finding.confidence == confidence


@pytest.mark.parametrize(
    "condition",
    [
        "(users.a = (InitPlan 1).col1)",
        "((users.note)::text = '$1'::text)",
    ],
)
def test_what_only_looks_like_a_parameter_makes_no_generic_plan(plan, condition):
    assert "generic-plan" not in rules(plan(condition))


def test_the_parameter_of_an_init_plan_is_none_of_the_statement(joins_node, joins_tree):
    init = joins_node("Result", 0.1, **{"Parent Relationship": "InitPlan",
                                        "Subplan Name": "InitPlan 1 (returns $0,$1)"})  # fmt: skip
    scan = {"Relation Name": "users", "Filter": "(a = $1)"}
    root = joins_node("Seq Scan", 60.0, init, rows=5, planned=5000, **scan)
    assert rules(joins_tree(root)) == ["row-estimate"]


def test_what_a_nested_loop_or_a_spilled_hash_is_told_for_is_not_told_twice(joins_node, joins_tree):
    outer = joins_node("Seq Scan", 10.0, rows=5000, planned=5, **{"Relation Name": "users"})
    inner = joins_node("Index Scan", 0.1, loops=5000, **{"Relation Name": "orders"})
    assert rules(joins_tree(joins_node("Nested Loop", 520.0, outer, inner))) == []
    table = joins_node("Hash", 50.0, outer | {"Actual Total Time": 40.0}, rows=5000, planned=5,
                       **{"Hash Batches": 4, "Original Hash Batches": 1})  # fmt: skip
    assert (
        rules(joins_tree(joins_node("Hash Join", 90.0, joins_node("Seq Scan", 9.0), table))) == []
    )


GROUPED = "select d, count(*) from {} where a = 1 and b = 1 and c = 1 group by d"


def test_columns_that_depend_on_each_other_are_found_on_a_real_server(joins_plan, joins_found):
    (finding,) = correlated_columns(joins_plan(GROUPED.format("places")), Facts())
    assert "a, b, c together" in finding.title
    assert "ON a, b, c FROM public.places" in finding.fix.snippet
    assert "correlated-columns" not in joins_found(GROUPED.format("places_known"))
    assert "row-estimate" not in joins_found(GROUPED.format("places_known"))


def test_an_expression_that_statistics_do_not_know_is_found_on_a_real_server(joins_plan):
    sql = "select o.* from orders o join places p on p.d = o.total where o.total % 10 = 3"
    (finding,) = row_estimate(joins_plan(sql, "enable_nestloop = off"), Facts())
    assert "500 rows per loop were expected, 10,000 came" in finding.title


@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders where total % 10 = 3",
        "select * from orders where total % 10 = 3 limit 5",
        "select count(*) from orders where total % 10 = 3",
        "select total % 10, count(*) from orders group by 1",
    ],
)
def test_estimates_on_which_nothing_was_built_are_left_alone(joins_plan, sql):
    assert rules(joins_plan(sql)) == []


def test_a_generic_plan_is_found_with_the_value_it_does_not_fit(joins_plan):
    prepared = ("prepare one(text) as select d, count(*) from places where kind = $1 group by 1",)
    forced = "plan_cache_mode = force_generic_plan"
    (finding,) = generic_plan(joins_plan("execute one('usual')", forced, before=prepared), Facts())
    assert "without knowing $1" in finding.title
    assert finding.fix.snippet == "SET LOCAL plan_cache_mode = force_custom_plan;"
    custom = joins_plan("execute one('usual')", before=prepared)
    assert generic_plan(custom, Facts()) == []


def test_a_generic_plan_that_fits_its_value_is_left_alone(joins_found):
    prepared = ("prepare two(int) as select d, count(*) from places where cell = $1 group by 1",)
    forced = "plan_cache_mode = force_generic_plan"
    assert joins_found("execute two(7)", forced, before=prepared) == []
