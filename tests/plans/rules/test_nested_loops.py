import pytest

from perfkit.plans.facts import Facts, TableFacts
from perfkit.plans.rules.nested_loops import (
    many_loops,
    materialized_repeat,
    misjudged_loops,
    nl_misestimate,
    one_pass_ms,
)

MISJUDGED = (
    "select count(*) from orders o join customers c on c.id = o.customer_id where o.total % 10 = 3"
)
LOOKUPS = "select count(*) from {} o, lateral (select p.id from orders p where p.id = o.id limit 1)"
PAIRS = (
    "select count(*) from orders o join orders p on p.total > o.total and p.note < o.note "
    "where p.id <= 1500 and o.id <= {}"
)


def facts(rows, name="orders"):
    return Facts(tables={("", name): TableFacts(schema="", name=name, rows=rows)})


@pytest.fixture
def loop(joins_node, joins_tree):
    def tree(*, outer_rows=50_000, planned=3, inner_ms=0.01, loops=50_000, **more):
        outer = joins_node(
            "Seq Scan", 10.0, rows=outer_rows, planned=planned, **{"Relation Name": "users"}
        )
        inner = joins_node("Index Scan", inner_ms, loops=loops, **{"Relation Name": "orders"})
        root = joins_node("Nested Loop", 520.0, outer, inner, rows=outer_rows, planned=outer_rows)
        return joins_tree(root | more)

    return tree


def test_a_nested_loop_over_far_more_rows_than_planned_is_found(loop):
    (finding,) = nl_misestimate(loop(), Facts())
    assert "ran its inner side 50,000 times where 3 were expected: 500 ms" in finding.title
    assert [row["node"] for row in finding.evidence] == [0, 1, 2]
    assert finding.fix.snippet == "ANALYZE users;"
    assert "SET LOCAL enable_nestloop = off;" in finding.fix.test
    assert finding.keys == {"table": "users"}
    assert finding.saves_ms is None  # how large the inner table is, is not known


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"planned": 5000}, True),
        ({"planned": 5001}, False),  # less than ten times as many
        ({"loops": 1000, "inner_ms": 0.2}, True),
        ({"loops": 999, "inner_ms": 0.2}, False),  # hardly any loops
        ({"inner_ms": 0.0026}, True),
        ({"inner_ms": 0.0025}, False),  # less than a quarter of the time
        ({"Node Type": "Hash Join"}, False),
    ],
)
def test_loops_that_were_planned_or_are_cheap_are_left_alone(loop, more, found):
    assert bool(misjudged_loops(loop(**more))) is found


def test_a_loop_with_one_side_is_none(joins_node, joins_tree):
    outer = joins_node("Seq Scan", 60.0, rows=5000)
    init = joins_node("Result", 1.0, **{"Parent Relationship": "InitPlan"})
    assert misjudged_loops(joins_tree(joins_node("Nested Loop", 90.0, init, outer))) == []


@pytest.mark.parametrize(
    ("rows", "saved"), [(50_000, 400.0), (300_000, 150.0), (400_000, None), (10**9, None)]
)
def test_what_one_pass_would_save_depends_on_the_inner_table(loop, rows, saved):
    found = nl_misestimate(loop(), facts(rows))
    assert [f.saves_ms for f in found] == ([] if saved is None else [pytest.approx(saved)])


def test_one_pass_is_unknown_over_several_tables(joins_node, joins_tree):
    scans = [joins_node("Seq Scan", 1.0, **{"Relation Name": name}) for name in ("a", "b")]
    plan = joins_tree(joins_node("Hash Join", 9.0, *scans))
    assert one_pass_ms(plan, facts(5, "a"), plan.root) is None
    assert one_pass_ms(plan, facts(5, "a"), plan.tree[1]) == pytest.approx(0.006)


def test_the_lowest_wrong_node_below_the_outer_side_is_the_culprit(joins_node, joins_tree):
    low = joins_node("Seq Scan", 5.0, rows=50_000, planned=5, **{"Relation Name": "events"})
    outer = joins_node("Hash Join", 10.0, low, rows=50_000, planned=3)
    inner = joins_node("Index Scan", 0.01, loops=50_000, **{"Relation Name": "orders"})
    plan = joins_tree(joins_node("Nested Loop", 520.0, outer, inner, rows=50_000))
    (finding,) = nl_misestimate(plan, Facts())
    assert finding.fix.snippet == "ANALYZE events;"
    assert "node 2" in finding.fix.text


@pytest.mark.parametrize(
    ("more", "found"),
    [({"loops": 100_000}, True), ({"loops": 99_999}, False), ({"inner_ms": 0.001}, False)],
)
def test_a_hundred_thousand_planned_lookups_are_a_note(loop, more, found):
    plan = loop(**{"planned": 50_000, "loops": 100_000, "inner_ms": 0.005} | more)
    got = many_loops(plan, Facts())
    assert [f.severity for f in got] == ["info"] * found


def test_with_the_size_of_the_inner_table_lookups_are_judged(loop):
    plan = loop(planned=50_000, loops=100_000, inner_ms=0.005)
    (finding,) = many_loops(plan, facts(100_000))
    assert (finding.saves_ms, finding.severity) == (pytest.approx(300.0), "warning")
    assert many_loops(plan, facts(10**8)) == []  # nobody reads a hundred million rows instead


def test_a_misjudged_loop_is_not_told_as_a_planned_one_too(loop):
    assert many_loops(loop(loops=100_000, inner_ms=0.005), Facts()) == []


@pytest.mark.parametrize(
    ("removed", "rows", "found"),
    [(900, 1000, True), (899, 1000, False), (900, 999, False)],
)
def test_a_million_pairs_of_which_nine_tenths_are_thrown_away(
    joins_node, joins_tree, removed, rows, found
):
    outer = joins_node("Seq Scan", 1.0, rows=1000, planned=1000)
    inner = joins_node("Materialize", 0.1, loops=1000, rows=rows, planned=rows)
    root = joins_node("Nested Loop", 400.0, outer, inner, rows=9, planned=9,
                      **{"Rows Removed by Join Filter": removed * 1000})  # fmt: skip
    assert bool(materialized_repeat(joins_tree(root), Facts())) is found


def test_a_loop_chosen_by_mistake_is_found_on_a_real_server(joins_plan, joins_found):
    (finding,) = nl_misestimate(joins_plan(MISJUDGED), Facts())
    assert "10,000 times where 500 were expected" in finding.title
    assert "nl-misestimate" in joins_found(MISJUDGED)
    assert "row-estimate" not in joins_found(MISJUDGED)
    assert joins_found(MISJUDGED.replace("% 10 = 3", ">= 300")) == []


def test_lookups_by_the_hundred_thousand_are_found_on_a_real_server(joins_plan, joins_found):
    (finding,) = many_loops(joins_plan(LOOKUPS.format("orders")), Facts())
    assert "100,000 times, as planned" in finding.title
    assert "many-loops" in joins_found(LOOKUPS.format("orders"))
    few = "(select * from orders where id < 5000)"
    assert joins_found(LOOKUPS.format(few)) == []


def test_a_join_of_all_pairs_is_found_once_on_a_real_server(joins_found):
    assert joins_found(PAIRS.format(1500)) == ["materialized-repeat"]
    assert joins_found(PAIRS.format(10)) == []


@pytest.mark.parametrize(
    "sql",
    [
        (
            "select count(*) from (select * from orders where id <= 1500) o "
            "cross join (select * from orders where id <= 1500) p"
        ),
        "select count(*) from customers c join orders o on o.customer_id = c.id",
        "select count(*) from customers c left join orders o on o.customer_id = c.id + 1",
    ],
)
def test_pairs_that_are_all_wanted_and_hashed_joins_are_left_alone(joins_found, sql):
    assert joins_found(sql, "work_mem = '64MB'") == []
