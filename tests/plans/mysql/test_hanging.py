from perfkit.plans.mysql.hanging import hang_subqueries
from perfkit.plans.mysql.reading import read
from perfkit.plans.mysql.steps import Step


def subquery(number):
    return Step(properties={"Node Type": "Query Block", "select_id": number,
                            "subquery_of": "subqueries"})  # fmt: skip


def test_a_subquery_goes_below_the_step_that_names_it():
    scan = Step(properties={"Node Type": "Table Scan", "Filter": "a = (subquery#12)"})
    first, second = subquery(1), subquery(12)
    sort = Step(properties={"Node Type": "Sort"}, children=[scan])
    block = Step(properties={"Node Type": "Query Block"}, children=[sort, first, second])
    hang_subqueries(block)
    assert scan.children == [second]
    assert first in block.children


def test_a_cache_around_the_subquery_goes_with_it():
    scan = Step(properties={"Node Type": "Table Scan", "Join Filter": "x in (subquery#2)"})
    inner = Step(properties={"Node Type": "Query Block", "select_id": 2})
    told = {"Node Type": "Expression Cache", "subquery_of": "subqueries"}
    cache = Step(properties=told, children=[inner])
    block = Step(properties={"Node Type": "Query Block"}, children=[scan, cache])
    hang_subqueries(block)
    assert scan.children == [cache]


def test_a_subquery_in_a_sort_key_runs_in_the_sort(analyzed):
    plan = read(analyzed(
        "select a from tiny order by (select max(u.id + sleep(0.001)) from users u "
        "where u.country = tiny.b and u.id < 10)"
    ))  # fmt: skip
    sort = next(node for node in plan.tree if node.kind == "Sort")
    inner = next(node for node in plan.tree if node.relation == "u")
    assert sort.node_id in {node.node_id for node in plan.ancestors(inner)}
    assert plan.times.consistent
