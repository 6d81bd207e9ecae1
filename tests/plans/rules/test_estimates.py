import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.rules.estimates import nl_misestimate, row_estimate


def node(kind, ms, *below, loops=1, rows=1, planned=1, **more):
    return {
        "Node Type": kind, "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": loops, "Actual Rows": rows, "Plan Rows": planned, "Plans": list(below),
    } | more  # fmt: skip


def scan(ms=60.0, *, rows=5000, planned=5, **more):
    return node("Seq Scan", ms, rows=rows, planned=planned, **{"Relation Name": "users"} | more)


def plan(root):
    return read_plan({"Plan": root})


def loop(outer_rows=50_000, planned=3, inner_ms=0.01, loops=50_000, whole=520.0):
    outer = scan(10.0, rows=outer_rows, planned=planned)
    inner = node("Index Scan", inner_ms, loops=loops, **{"Relation Name": "orders"})
    return node("Nested Loop", whole, outer, inner, rows=outer_rows, planned=outer_rows)


@pytest.mark.parametrize(
    ("planned", "rows", "found"),
    [(5, 50, True), (5, 49, False), (50, 5, True), (49, 5, False), (0, 9, False), (0, 10, True)],
)
def test_a_factor_of_ten_either_way_is_wrong(planned, rows, found):
    assert bool(row_estimate(plan(scan(rows=rows, planned=planned)))) is found


def test_the_finding_says_what_was_expected_what_came_and_what_to_do():
    (finding,) = row_estimate(plan(scan(Schema="Shop")))
    assert finding.title == "Seq Scan on Shop.users: 5 rows per loop were expected, 5,000 came"
    assert finding.fix.snippet == 'ANALYZE "Shop".users;'
    assert (finding.severity, finding.confidence) == ("info", "low")
    assert finding.keys == {"table": "Shop.users"}
    assert finding.evidence[0] | {"inclusive_ms": 60.0} == finding.evidence[0]


@pytest.mark.parametrize("kind", ["Gather", "Materialize", "Memoize", "Hash", "Sort", "Result"])
def test_nodes_that_pass_rows_on_are_not_blamed(kind):
    assert row_estimate(plan(node(kind, 60.0, rows=5000, planned=5))) == []


def test_a_wrong_join_of_right_inputs_is_about_columns_that_depend_on_each_other():
    join = node(
        "Hash Join", 90.0, scan(20, planned=5000), scan(20, planned=5000), rows=9, planned=900
    )
    (finding,) = row_estimate(plan(join))
    assert finding.title.startswith("Hash Join: 900 rows")
    assert "CREATE STATISTICS" in finding.fix.text
    assert finding.fix.snippet == ""
    assert finding.keys == {}


@pytest.mark.parametrize(
    "root",
    [
        node("Limit", 61.0, scan(rows=5, planned=5000), rows=5, planned=5),
        node("Merge Join", 90.0, scan(rows=5, planned=5000), rows=5, planned=5),
        node("Nested Loop", 90.0, scan(1, rows=5), scan(rows=5, planned=5000), rows=5, planned=5)
        | {"Join Type": "Semi"},
        node("Result", 90.0, scan(rows=5, planned=5000) | {"Parent Relationship": "SubPlan"}),
    ],
)
def test_too_few_rows_below_somebody_who_stops_asking_are_no_wrong_estimate(root):
    assert row_estimate(plan(root)) == []


def test_too_many_rows_are_wrong_below_a_limit_too():
    (finding,) = row_estimate(plan(node("Limit", 61.0, scan(), rows=5, planned=5)))
    assert finding.evidence[0]["node"] == 1


def test_too_few_rows_on_the_outer_side_of_a_join_are_a_wrong_estimate():
    outer, inner = scan(rows=5, planned=5000), scan(1.0, rows=5)
    root = node("Hash Join", 90.0, outer, inner, rows=5, planned=5) | {"Join Type": "Inner"}
    (finding,) = row_estimate(plan(root))
    assert finding.evidence[0]["node"] == 1


def test_a_node_that_did_not_run_or_does_not_matter_says_nothing():
    assert row_estimate(plan(scan(4.0))) == []
    assert row_estimate(plan(node("Limit", 9.0, scan(0.0) | {"Actual Loops": 0}))) == []


def test_a_nested_loop_over_far_more_rows_than_planned_is_found():
    (finding,) = nl_misestimate(plan(loop()))
    assert "ran its inner side 50,000 times where 3 were expected" in finding.title
    assert [row["node"] for row in finding.evidence] == [0, 1, 2]
    assert finding.fix.snippet == "ANALYZE users;"
    assert finding.keys == {"table": "users"}


@pytest.mark.parametrize(
    "root",
    [
        loop(outer_rows=29, planned=3),  # less than ten times as many
        loop(loops=999),  # hardly any loops
        loop(inner_ms=0.001),  # a tenth of the time
        loop() | {"Node Type": "Hash Join"},
        node("Nested Loop", 90.0, scan()),  # a loop with one side is none
    ],
)
def test_loops_that_were_planned_or_are_cheap_are_left_alone(root):
    assert nl_misestimate(plan(root)) == []


def test_the_lowest_wrong_node_below_the_outer_side_is_the_culprit():
    low = scan(5.0, rows=50_000, planned=5, **{"Relation Name": "events"})
    outer = node("Hash Join", 10.0, low, rows=50_000, planned=3)
    inner = node("Index Scan", 0.01, loops=50_000, **{"Relation Name": "orders"})
    (finding,) = nl_misestimate(plan(node("Nested Loop", 520.0, outer, inner, rows=50_000)))
    assert finding.fix.snippet == "ANALYZE events;"


def test_what_a_loop_is_blamed_for_is_not_reported_twice():
    whole = plan(loop(whole=520.0) | {"Plan Rows": 50_000})
    assert row_estimate(whole) == []
